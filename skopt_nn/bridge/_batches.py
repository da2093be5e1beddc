"""Rows in the order of a seed, cut into batches for ``keras.Model.fit``."""

import math

import numpy as np
from scipy.sparse import issparse

from skopt_nn._backend import keras
from skopt_nn.training._batches import epoch_order

_DEFAULT_BATCH_SIZE = 32
_DEFAULT_PADDED = 256
_SMALLEST_PADDED = 2


class Batches(keras.utils.PyDataset):
    """Batches of arrays, sparse matrices, or lists and dicts of them.

    Keras shuffles arrays with numpy's global random state. Here the order of an epoch
    is a function of ``seed`` and ``epoch`` alone, so that training on from epoch 3
    sees what training from the start would have seen. Rows are copied, and sparse ones
    become dense, only within their batch.

    Parameters
    ----------
    data : tuple of length 1, 2 or 3
        ``(X,)``, ``(X, y)`` or ``(X, y, sample_weight)``.
    rows : ndarray of int or None
        Indices of the rows to take; None for all.
    batch_size : int or None
        None is 32, as in Keras, or 256 if ``padded``; -1 is all rows.
    seed : int or None
        None keeps the order of the rows.
    padded : bool
        Whether batches have powers of two of rows, the last one by repeating its last
        row: a few programs then predict any number of rows, and what they give for a
        row does not hang on its place among them.
    """

    def __init__(self, data, rows=None, *, batch_size=None, seed=None, padded=False):
        super().__init__()
        # tf.data takes a list for an array.
        data = keras.tree.lists_to_tuples(data)
        self.data = keras.tree.map_structure(_sliceable, data)
        self.rows = np.arange(n_rows(self.data)) if rows is None else rows
        self.size = _size(batch_size, len(self.rows), padded)
        self.seed = seed
        self.padded = padded
        self._order = self.rows

    def begin(self, epoch):
        if self.seed is not None:
            self._order = self.rows[epoch_order(len(self.rows), self.seed, epoch)]

    @property
    def num_batches(self):
        return math.ceil(len(self.rows) / self.size)

    def __getitem__(self, index):
        rows = self._order[index * self.size : (index + 1) * self.size]
        if self.padded:
            rows = np.pad(rows, (0, _bucket(len(rows)) - len(rows)), mode="edge")
        return keras.tree.map_structure(lambda part: _take(part, rows), self.data)


def joined(X, y, sample_weight):
    """What Keras reads as a batch: ``(X,)``, ``(X, y)`` or with weights behind."""
    if y is None:
        return (X,)
    if sample_weight is None:
        return X, y
    return X, y, keras.tree.map_structure(lambda _: sample_weight, y)


def n_rows(data):
    """Number of rows of the first array in a tree of them."""
    return keras.tree.flatten(data)[0].shape[0]


def split_off_last(rows, fraction):
    """All but the last rows, and those: Keras' ``validation_split``."""
    n_kept = math.floor(len(rows) * (1.0 - fraction))
    if n_kept in (0, len(rows)):
        raise ValueError(
            f"validation_split={fraction} of {len(rows)} samples leaves no sample to "
            f"{'train on' if n_kept == 0 else 'validate with'}. Give more samples or "
            "another validation_split."
        )
    return rows[:n_kept], rows[n_kept:]


def is_sliceable(data):
    """Whether rows can be taken out of each part; else Keras has to read the data."""
    parts = keras.tree.flatten(data)
    return all(part is None or hasattr(part, "shape") for part in parts)


def _size(batch_size, n_samples, padded):
    if batch_size == -1:
        return n_samples
    if not padded:
        return int(batch_size or _DEFAULT_BATCH_SIZE)
    size = int(batch_size or _DEFAULT_PADDED)
    return max(_SMALLEST_PADDED, 1 << (size.bit_length() - 1))


def _bucket(n_samples):
    return max(_SMALLEST_PADDED, 1 << (n_samples - 1).bit_length())


def _sliceable(part):
    return part.tocsr() if issparse(part) else np.asarray(part)


def _take(part, rows):
    taken = part[rows]
    if issparse(taken):
        taken = taken.toarray()
    if taken.dtype.kind == "f":
        return taken.astype(keras.config.floatx(), copy=False)
    return taken
