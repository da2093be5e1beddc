"""Batches of one shape: the last one is filled up with rows of weight zero."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rows:
    """Arrays that are sliced together.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        Any numeric dtype; rows are converted when a batch is cut, by the program.
    targets : tuple of ndarray of shape (n_rows, ...)
    weights : ndarray of shape (n_rows,), float32
    """

    X: np.ndarray
    targets: tuple
    weights: np.ndarray

    def __len__(self):
        return len(self.X)

    def take(self, indices: np.ndarray, n_real: int) -> tuple:
        weights = self.weights[indices]
        weights[n_real:] = 0
        targets = tuple(target[indices] for target in self.targets)
        return self.X[indices], targets, weights


def bucket(n_rows: int) -> int:
    """``n_rows`` rounded up by less than an eighth, to one of few sizes.

    Folds that differ by a row then have batches of one shape.
    """
    step = 1 << max(n_rows.bit_length() - 4, 0)
    return -(-n_rows // step) * step


def batch_rows(n_rows: int, batch_size: int | None) -> int:
    """Rows of each batch; ``batch_size=None`` takes the whole set at once."""
    if batch_size is None or n_rows < batch_size:
        return bucket(n_rows)
    return batch_size


def batches(
    rows: Rows, order: Sequence[int], size: int, *, filled: bool = True
) -> Iterator[tuple]:
    """Cut ``rows`` in the given order into batches of ``size`` rows.

    The last one is filled up, or smaller if not ``filled``.
    """
    for start in range(0, len(order), size):
        indices = order[start : start + size]
        n_real = len(indices)
        if filled and n_real < size:
            indices = np.concatenate([indices, np.repeat(indices[:1], size - n_real)])
        yield rows.take(indices, n_real)


def stacks(
    rows: Rows, order: Sequence[int], size: int, depth: int
) -> Iterator[tuple[int, tuple]]:
    """Cut ``rows`` in the given order into stacks of ``depth`` batches.

    Yields how many batches of a stack hold rows, and arrays of shape
    ``(depth, size, ...)``: whatever the last stack lacks has weight zero.
    """
    n_rows = depth * size
    starts = range(0, len(order), n_rows)
    for start, (x, targets, weights) in zip(starts, batches(rows, order, n_rows)):
        n_real = min(n_rows, len(order) - start)
        targets = tuple(_stacked(target, depth) for target in targets)
        stack = _stacked(x, depth), targets, _stacked(weights, depth)
        yield -(-n_real // size), stack


def _stacked(array, depth):
    return array.reshape(depth, -1, *array.shape[1:])


def epoch_order(n_rows: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows in one epoch, a function of seed and epoch alone.

    Training that is resumed at an epoch thus goes on as if it had never stopped.
    """
    return np.random.default_rng([seed, epoch]).permutation(n_rows)
