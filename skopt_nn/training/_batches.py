"""Batches of one shape: the last one is filled up with rows of weight zero."""

from collections.abc import Iterator

import numpy as np

from skopt_nn.training._rows import Batch, Examples


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
    examples: Examples, order: np.ndarray, size: int, *, filled: bool = True
) -> Iterator[Batch]:
    """Cut examples in the given order into batches of ``size`` rows.

    The last one is filled up, or smaller if not ``filled``.
    """
    for start in range(0, len(order), size):
        indices = order[start : start + size]
        n_real = len(indices)
        if filled and n_real < size:
            indices = np.concatenate([indices, np.repeat(indices[:1], size - n_real)])
        yield examples.take(indices, n_real)


def stacks(
    examples: Examples, order: np.ndarray, size: int, depth: int
) -> Iterator[tuple[int, Batch]]:
    """Cut examples in the given order into stacks of ``depth`` batches.

    Yields how many batches of a stack hold rows, and arrays of shape
    ``(depth, size, ...)``: whatever the last stack lacks has weight zero.
    """
    n_rows = depth * size
    starts = range(0, len(order), n_rows)
    for start, batch in zip(starts, batches(examples, order, n_rows)):
        n_real = min(n_rows, len(order) - start)
        targets = tuple(_stacked(target, depth) for target in batch.targets)
        stack = Batch(_stacked(batch.x, depth), targets, _stacked(batch.weights, depth))
        yield -(-n_real // size), stack


def _stacked(array, depth):
    return array.reshape(depth, -1, *array.shape[1:])


def epoch_order(n_rows: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows in one epoch, a function of seed and epoch alone.

    Training that is resumed at an epoch thus goes on as if it had never stopped.
    """
    return np.random.default_rng([seed, epoch]).permutation(n_rows)
