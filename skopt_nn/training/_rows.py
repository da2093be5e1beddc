"""Rows that a batch can be cut from, and what is to be learned of them."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from skopt_nn.training.objectives import Objective

# A program converts these as they are; others are converted when a batch is cut.
_PROGRAM_DTYPES = (np.float32, np.float16, np.uint8)


class Rows(Protocol):
    """Samples by their index, wherever they are kept."""

    def __len__(self) -> int: ...

    def take(self, indices: np.ndarray) -> np.ndarray:
        """A new array of shape (n_indices, n_features) that a program takes."""
        ...


@dataclass(frozen=True)
class ArrayRows:
    """Rows of an array of any numeric dtype, in memory or mapped into it.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
    origin : ndarray of shape (n_features,), float64, or None
        What is subtracted before single precision would lose the differences of values
        that are large.
    """

    X: np.ndarray
    origin: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, indices: np.ndarray) -> np.ndarray:
        x = self.X[indices]
        return as_input(x if self.origin is None else x - self.origin)


@dataclass(frozen=True)
class RowsView:
    """Some of the rows of others; no row is copied before its batch is cut."""

    rows: Rows
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, indices: np.ndarray) -> np.ndarray:
        return self.rows.take(self.indices[indices])


class Batch(NamedTuple):
    """Inputs, targets and weights of as many rows as a step takes."""

    x: np.ndarray
    targets: tuple[np.ndarray, ...]
    weights: np.ndarray


@dataclass(frozen=True)
class Examples:
    """Rows, what is to be learned of each, and how much each counts.

    Attributes
    ----------
    rows : Rows
    objective : Objective
        Its targets have an entry for each row.
    weights : ndarray of shape (n_rows,), float32
    row_weights : ndarray of shape (n_rows,), float32, or None
        What each counts in a score, where that is not its weight in the loss.
    """

    rows: Rows
    objective: Objective
    weights: np.ndarray
    row_weights: np.ndarray | None = None

    @property
    def score_weights(self) -> np.ndarray:
        return self.weights if self.row_weights is None else self.row_weights

    def __len__(self) -> int:
        return len(self.weights)

    def take(self, indices: np.ndarray, n_real: int) -> Batch:
        """A batch; rows from the position ``n_real`` on only fill it up."""
        weights = self.weights[indices]
        weights[n_real:] = 0
        return Batch(
            self.rows.take(indices), self.objective.take(indices).targets, weights
        )

    def view(self, indices: np.ndarray) -> "Examples":
        return Examples(
            RowsView(self.rows, indices),
            self.objective.take(indices),
            self.weights[indices],
            None if self.row_weights is None else self.row_weights[indices],
        )


def as_input(x: np.ndarray) -> np.ndarray:
    """Rows as programs take them: what JAX would convert by a program of its own."""
    return x if x.dtype in _PROGRAM_DTYPES else x.astype(np.float32)
