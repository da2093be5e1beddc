"""From what users call X to flat rows, and what one sample looks like."""

import math
from numbers import Integral

import numpy as np

from skopt_nn.networks import pooled_shape
from skopt_nn.training import Rows

_CHUNK_ROWS = 4096


def as_rows(X, expected=None):
    """Flat rows for ``validate_data`` and the shape that one sample came in.

    Samples of several axes are viewed as rows; whatever else X is stays as it is.
    """
    if isinstance(X, (list, tuple)) or getattr(X, "ndim", 0) > 2:
        X = np.asarray(X)
    if not isinstance(X, np.ndarray) or X.ndim <= 2:
        return X, None
    shape = X.shape[1:]
    if expected is not None and not _is_same_sample(shape, expected):
        raise ValueError(
            f"X must have samples of shape {expected} or rows of {math.prod(expected)} "
            f"values, got samples of shape {shape} (X.shape={X.shape})."
        )
    return X.reshape(X.shape[0], math.prod(shape)), shape


def are_sound(X, n_features, dtypes):
    """Whether ``validate_data`` would give X back as it is.

    For one row it takes a third of the time that the prediction does.
    """
    return (
        type(X) is np.ndarray
        and X.dtype in dtypes
        and X.ndim == 2
        and X.shape[1] == n_features
        and len(X) > 0
        and _is_finite(X)
    )


def _is_finite(X):
    with np.errstate(invalid="ignore"):
        return np.isfinite(X.sum(dtype=np.float64))


def _is_same_sample(received, expected):
    """Equal, or equal but for the last axis of a single channel."""
    return tuple(received) == tuple(expected) or (
        expected[-1] == 1 and tuple(received) == tuple(expected[:-1])
    )


def infer_sample_shape(received, input_shape, n_features):
    """Shape of one sample with channels, and whether X is a table.

    Without ``input_shape``, samples of 2, 3 or 4 axes end with their channels; rows
    are a series of one channel, whose columns may have units of their own.
    """
    if input_shape is None:
        return ((n_features, 1), True) if received is None else (received, False)
    if math.prod(input_shape) != n_features:
        raise ValueError(
            f"input_shape={tuple(input_shape)} stands for {math.prod(input_shape)} "
            f"values, but each sample of X has {n_features}. Give the shape of one "
            "sample with its channels, such as (28, 28, 1), or reshape X."
        )
    if received is not None and not _is_same_sample(received, input_shape):
        raise ValueError(
            f"input_shape={tuple(input_shape)} is not the shape of the samples of X, "
            f"{received}. Channels come last: transpose X, or give it as rows of "
            f"{n_features} values if they are in the order of input_shape."
        )
    return tuple(int(size) for size in input_shape), False


def check_input_shape(input_shape):
    if input_shape is None:
        return
    if not input_shape or not all(
        isinstance(size, Integral) and size > 0 for size in input_shape
    ):
        raise ValueError(
            "input_shape must be None or a tuple of positive ints, the shape of one "
            f"sample with its channels, such as (28, 28, 1); got {input_shape!r}."
        )


def merge_equal_rows(X, y, weights):
    """Each distinct row once, in sorted order, with the sum of its weights.

    A batch of the whole set is a set: repeating a row and doubling its weight are
    then the same to the bit.
    """
    _, of_x = np.unique(X, axis=0, return_inverse=True)
    _, of_y = np.unique(y, axis=0, return_inverse=True)
    pair = of_x * (of_y.max() + 1) + of_y
    _, first, of_pair = np.unique(pair, return_index=True, return_inverse=True)
    return X[first], y[first], np.bincount(of_pair, weights=weights)


def weighted_rows(X, targets, weights):
    """Training rows, their weights in (0, 1]; those of no weight are left out.

    Only ratios of weights matter: relative to the largest, none overflows.
    """
    weights = (weights / weights.max()).astype(np.float32)
    rows = Rows(X, targets, weights)
    return rows if weights.all() else subset(rows, np.flatnonzero(weights))


def subset(rows, indices):
    return Rows(
        rows.X[indices],
        tuple(target[indices] for target in rows.targets),
        rows.weights[indices],
    )


def check_stages(sample_shape, table, filters, pool_size):
    """Convolutions need 1 to 3 spatial axes that outlast the poolings."""
    if not filters:
        return
    if not 2 <= len(sample_shape) <= 4:
        raise ValueError(
            "Convolutions need samples of 1 to 3 spatial axes and one of channels, "
            f"got samples of shape {sample_shape}. Set input_shape to such a shape, or "
            "filters=() for a network without convolutions."
        )
    left = pooled_shape(sample_shape, len(filters), pool_size)
    if not table and min(left) < 1:
        raise ValueError(
            f"filters={tuple(filters)} are {len(filters)} stages, each of which "
            f"divides the {sample_shape[:-1]} pixels of a sample by "
            f"pool_size={pool_size}: fewer than one would be left. Use fewer stages "
            "or a smaller pool_size."
        )


def statistics(rows, weights, sample_shape, table):
    """Weighted mean and standard deviation of each channel, or of each column.

    They are summed in float64 over chunks of rows: X itself may be uint8 and large.
    """
    shape = tuple(sample_shape) if table else (sample_shape[-1],)
    total = weights.sum(dtype=np.float64)
    mean = _weighted_sum(rows, weights, lambda x: x) / total
    mean = mean if table else _per_channel(mean, shape)
    centre = mean if table else np.tile(mean, rows.shape[1] // len(mean))
    variance = _weighted_sum(rows, weights, lambda x: (x - centre) ** 2) / total
    variance = variance if table else _per_channel(variance, shape)
    scale = np.sqrt(variance)
    # What float32 cannot tell from a constant is one.
    scale[scale <= np.abs(mean) * np.finfo(np.float32).eps] = 1
    return mean.reshape(shape), scale.reshape(shape)


def _weighted_sum(rows, weights, function):
    total = np.zeros(rows.shape[1])
    for start in range(0, len(rows), _CHUNK_ROWS):
        chunk = slice(start, start + _CHUNK_ROWS)
        total += weights[chunk] @ function(rows[chunk].astype(np.float64))
    return total


def _per_channel(values, shape):
    return values.reshape(-1, shape[0]).mean(axis=0)


def check_sizes(name, sizes):
    if not all(isinstance(size, Integral) and size > 0 for size in sizes):
        raise ValueError(
            f"{name} must be a tuple of positive ints, one a layer (empty for none), "
            f"got {sizes!r}."
        )
