"""Rows to validate on, as every ``fit`` is given them."""

VALIDATION = ("X_val", "y_val", "sample_weight_val")


def check_validation(validation):
    """Refuse a part of the rows to validate on that comes without the others."""
    X, y, weights = validation
    if (X is None) != (y is None) or (X is None and weights is not None):
        got = [name for name, of in zip(VALIDATION, validation) if of is not None]
        raise ValueError(
            f"X_val and y_val must be given together, got {' and '.join(got)} alone."
        )
