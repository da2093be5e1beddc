"""From what users call X to flat rows, and what one sample looks like."""

import math
from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.preprocessing import StandardScaler

from skopt_nn import training
from skopt_nn._compat import warn
from skopt_nn.estimators._columns import check_frame

# Samples whose two axes are at least so long may be images.
_LEAST_SIDE = 8
# Rows that end in zeros behind so many numbers of others may be texts.
_LENGTHS_OF_TEXTS, _ROWS_THAT_TELL = 4, 256
# Of float64: a megabyte at a time.
_CHUNK_VALUES = 2**17


def as_rows(X, expected=None):
    """Flat rows for ``validate_data`` and the shape that one sample came in.

    Samples of several axes are viewed as rows; whatever else X is stays as it is.
    """
    check_frame(X)
    if getattr(getattr(X, "dtype", None), "kind", "f") in "mM":
        raise ValueError(
            f"X must hold numbers, got dates or times ({X.dtype}). Subtract a date and "
            "divide by a unit, such as (X - X.min()) / np.timedelta64(1, 'D')."
        )
    if _holds_samples(X):
        X = _array_of(X)
    if not isinstance(X, np.ndarray) or X.ndim <= 2:
        _check_several(X, expected)
        return X, None
    shape = X.shape[1:]
    if expected is not None and not _is_same_sample(shape, expected):
        raise ValueError(
            f"X must have samples of shape {expected} or rows of {math.prod(expected)} "
            f"values, got samples of shape {shape} (X.shape={X.shape}). One sample "
            "alone is X[np.newaxis]."
        )
    return X.reshape(X.shape[0], math.prod(shape)), shape


def _check_several(X, expected):
    """Refuse one sample of two axes, which looks like rows of few values."""
    shape = getattr(X, "shape", ())
    if expected is None or len(shape) != 2 or shape[1] == math.prod(expected):
        return
    if _is_same_sample(shape, expected):
        raise ValueError(
            f"X must have samples of shape {expected}, and has the shape of one. Pass "
            "X[np.newaxis] for it alone."
        )


def _holds_samples(X):
    """Whether X is a list, has several axes, or is an array of arrays."""
    if isinstance(X, (list, tuple)) or getattr(X, "ndim", 0) > 2:
        return True
    is_row = isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind == "O"
    return is_row and all(hasattr(sample, "shape") for sample in X)


def _array_of(X):
    try:
        return np.asarray(list(X) if getattr(X, "ndim", 0) == 1 else X)
    except ValueError as err:
        shapes = {getattr(sample, "shape", None) for sample in X} - {None}
        got = f", got {sorted(shapes)[:3]}" if len(shapes) > 1 else ""
        raise ValueError(
            f"X must hold samples of one shape{got}: {err} Resize images, pad or cut "
            "series."
        ) from err


@contextmanager
def numbers_wanted(X):
    """Say who takes texts or missing values where X has some and numbers are needed."""
    try:
        yield
    except ValueError as err:
        if str(err).startswith("Input X contains NaN"):
            raise ValueError(
                "Input X contains NaN, and a network of convolutions takes no missing "
                "values. Pad series with a number, such as 0; fill gaps, as by "
                "sklearn.impute.SimpleImputer; for a table take TabularClassifier or "
                "TabularRegressor, which take NaN as it is."
            ) from err
        if "could not convert string" not in str(err) or not _has_texts(X):
            raise
        raise ValueError(
            f"X must hold numbers: {err}. TabularClassifier and TabularRegressor take "
            "columns of strings and categories as they are, TokenSequencer makes "
            "texts to rows of numbers, and images are read into an array first."
        ) from err


def _has_texts(X):
    dtypes = [X.dtype] if hasattr(X, "dtype") else getattr(X, "dtypes", [None])
    return not all(getattr(dtype, "kind", "O") in "biuf" for dtype in dtypes)


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


def warn_of_axes(received, dtype):
    """Say how samples were read that look like images whose channels are not last.

    Parameters
    ----------
    received : tuple of int or None
        Shape of one sample; the caller gave no ``input_shape``.
    dtype : dtype
    """
    if received is None:
        return
    read = hint = None
    if len(received) == 2 and min(received) >= _LEAST_SIDE:
        if dtype == np.uint8 or received[0] == received[1]:
            read = "series of {} steps, each of {} channels"
            hint = f"Images of one channel have input_shape={(*received, 1)}"
    elif len(received) == 3 and received[0] in (1, 3) and min(received[1:]) > 3:
        read = "images of {} x {} pixels, each of {} channels"
        hint = "Where channels are first, transpose X by (0, 2, 3, 1)"
    if read is not None:
        warn(
            f"Samples of shape {received} are read as {read.format(*received)}. "
            f"{hint}; pass input_shape={received} if that is right."
        )


def warn_of_token_ids(X):
    """Say how rows were read that look like token ids: whole numbers, of several
    lengths, with zeros behind them and nowhere else. The first rows tell.
    """
    X = X[:_ROWS_THAT_TELL]
    if X.dtype.kind not in "iu" or X.min() != 0:
        return
    is_id = X != 0
    lengths = is_id.sum(axis=1)
    if len(np.unique(lengths)) < _LENGTHS_OF_TEXTS:
        return
    if (is_id == (np.arange(X.shape[1]) < lengths[:, np.newaxis])).all():
        warn(
            "Rows of whole numbers, padded with zeros, are read as values and not as "
            'token ids. Those of TokenSequencer are for a CNN* with vocabulary_size="'
            'auto"; pass input_shape=(n_columns, 1) if they are values.'
        )


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


def equal_rows(X, y, weights):
    """Index of each distinct row of X and y, in sorted order, and its summed weight.

    A batch of the whole set is a set: repeating a row and doubling its weight are
    then the same to the bit.
    """
    _, of_x = np.unique(X, axis=0, return_inverse=True)
    _, of_y = np.unique(y, axis=0, return_inverse=True)
    pair = of_x * (of_y.max() + 1) + of_y
    _, first, of_pair = np.unique(pair, return_index=True, return_inverse=True)
    return first, np.bincount(of_pair, weights=weights)


def check_range(X):
    """Refuse what float64 holds and float32, in which batches are cut, does not."""
    if X.dtype.kind == "f" and X.dtype.itemsize > 4:
        largest = np.finfo(np.float32).max
        if X.max() > largest or X.min() < -largest:
            raise ValueError(
                "Input X contains infinity or a value too large for dtype('float32')."
            )


# Single precision has about 24 bits; a column whose mean is so many deviations away
# from zero would keep half of them.
_FAR = 2**12


def from_origin(examples, recipe):
    """Examples less what single precision cannot add to them, and what that is.

    It is None, and examples stay as they are, unless there are columns far from zero.
    """
    views, rows = [], examples.rows
    while isinstance(rows, training.RowsView):
        views.append(rows)
        rows = rows.rows
    origin = _origin(rows.X, views, recipe)
    if origin is None:
        return examples, None
    rows = replace(rows, origin=origin)
    for view in reversed(views):
        rows = replace(view, rows=rows)
    return replace(examples, rows=rows), origin


def _origin(X, views, recipe):
    if X.dtype in (np.float32, np.float16, np.uint8) or not recipe.standardizes:
        return None
    seen = np.arange(len(X))
    for view in reversed(views):
        seen = seen[view.indices]
    size = max(_CHUNK_VALUES // X.shape[1], 1)
    scaler = StandardScaler()
    for rows in chunks(len(seen), size):
        scaler.partial_fit(X[seen[rows]].astype(np.float64))
    mean, deviation = _of_channels(scaler, recipe)
    is_far = (deviation > 0) & (np.abs(mean) > _FAR * deviation)
    if not is_far.any():
        return None
    # One for all pixels of a channel: another for each would be another picture.
    origin = np.where(is_far, mean, 0.0).reshape(recipe.statistics_shape)
    return np.broadcast_to(origin, recipe.input_shape).ravel()


def statistics(examples, recipe):
    """Weighted mean and standard deviation of each channel, or of each column.

    They are summed in float64 over chunks of rows: X itself may be uint8 and large.
    """
    scaler = StandardScaler()
    size = max(_CHUNK_VALUES // math.prod(recipe.input_shape), 1)
    for rows in chunks(len(examples), size):
        x = examples.rows.take(rows).astype(np.float64)
        scaler.partial_fit(x, sample_weight=examples.weights[rows])
    mean, scale = _of_channels(scaler, recipe)
    # What float32 cannot tell from a constant is one.
    scale[scale <= np.abs(mean) * np.finfo(np.float32).eps] = 1
    shape = recipe.statistics_shape
    return mean.reshape(shape), scale.reshape(shape)


def _of_channels(scaler, recipe):
    """Mean and standard deviation of each channel, from those of the columns."""
    mean, variance = scaler.mean_, scaler.var_
    if not recipe.per_column:
        n_channels = recipe.input_shape[-1]
        of_column = mean.reshape(-1, n_channels)
        mean = of_column.mean(axis=0)
        spread = variance.reshape(-1, n_channels) + (of_column - mean) ** 2
        variance = spread.mean(axis=0)
    return mean, np.sqrt(variance)


def chunks(n_rows, size):
    """Indices of all rows, ``size`` at a time."""
    for start in range(0, n_rows, size):
        yield np.arange(start, min(start + size, n_rows))
