"""From what users call X to flat rows, and what one sample looks like."""

import math
from numbers import Integral

import numpy as np

from skopt_nn.networks import pooled_shape

_CHUNK_ROWS = 4096


def as_rows(X, sample_shape=None):
    """View samples of any shape as flat rows; leave the rest to ``validate_data``."""
    if isinstance(X, (list, tuple)):
        X = np.asarray(X)
    shape = getattr(X, "shape", ())
    if len(shape) <= 2 or not isinstance(X, np.ndarray):
        return X
    if sample_shape is not None and not _is_same_sample(shape[1:], sample_shape):
        raise ValueError(
            f"X must have samples of shape {sample_shape} or rows of "
            f"{math.prod(sample_shape)} values, got samples of shape {shape[1:]} "
            f"(X.shape={shape})."
        )
    return X.reshape(shape[0], math.prod(shape[1:]))


def _is_same_sample(received, expected):
    """Equal, or equal but for the last axis of a single channel."""
    return tuple(received) == tuple(expected) or (
        expected[-1] == 1 and tuple(received) == tuple(expected[:-1])
    )


def infer_sample_shape(X, input_shape, n_features):
    """Shape of one sample with channels, and whether X is a table.

    Without ``input_shape``, samples of 2, 3 or 4 axes end with their channels; rows
    are a series of one channel, whose columns may have units of their own.
    """
    if input_shape is None:
        sample_shape = np.shape(X)[1:]
        if len(sample_shape) < 2:
            return (n_features, 1), True
        return tuple(sample_shape), False
    if math.prod(input_shape) != n_features:
        raise ValueError(
            f"input_shape={tuple(input_shape)} stands for {math.prod(input_shape)} "
            f"values, but each sample of X has {n_features}. Give the shape of one "
            "sample with its channels, such as (28, 28, 1), or reshape X."
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
            f"filters={tuple(filters)} are {len(filters)} stages, each of which divides "
            f"the {sample_shape[:-1]} pixels of a sample by pool_size={pool_size}: fewer "
            "than one would be left. Use fewer stages or a smaller pool_size."
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
