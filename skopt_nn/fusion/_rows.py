"""Rows of whatever X is, and which of them count."""

import numpy as np
from scipy.sparse import issparse


def take_rows(X, rows):
    """Return the given rows of an array, sparse matrix, frame or list, as its kind."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[row] for row in rows]
    return X[rows]


def rows_that_count(y, weight):
    """Return the indices of the rows whose weight is not zero."""
    return np.arange(len(y)) if weight is None else np.flatnonzero(weight)


def resample(sample_weight, offset):
    """Draw as many rows as there are, each ``n * weight`` times rounded up or down.

    Systematic resampling: one ``offset`` in (0, 1) places an even comb over the
    cumulated weights, so that equal weights return every row exactly once and a row
    of weight zero is never drawn.
    """
    share = np.cumsum(sample_weight) / np.sum(sample_weight)
    comb = (np.arange(len(share)) + offset) / len(share)
    return np.searchsorted(share, comb, side="right").clip(max=len(share) - 1)


def as_array(X):
    """Return X as one plain 2-D array, a row a sample."""
    X = X.toarray() if issparse(X) else np.asarray(X)
    return X.reshape(len(X), -1)
