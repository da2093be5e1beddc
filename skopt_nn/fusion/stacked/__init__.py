"""Members combined by an estimator that learns from their out-of-fold outputs."""
