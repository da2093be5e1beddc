"""What a backend has to do for the loop over epochs."""

from typing import Any, Protocol

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._rows import Examples


class Trainer(Protocol):
    """Trains one model; made from it, an objective, parameters and a state.

    Attributes
    ----------
    model : keras.Model
        Written to by ``sync`` only, unless the backend trains the model itself.
    optimizer_state : list of ndarray
    """

    model: keras.Model

    @property
    def optimizer_state(self) -> list[np.ndarray]: ...

    def train(
        self, examples: Examples, order: np.ndarray, size: int, rates: np.ndarray
    ) -> None:
        """Take the rows in this order, ``size`` to a step, each with its own rate."""
        ...

    def loss(self) -> float:
        """Weighted mean of the losses of the rows last trained on."""
        ...

    def is_sound(self) -> bool:
        """Whether the weights are finite, and so are products with them."""
        ...

    def evaluate(self, examples: Examples, size: int) -> float:
        """Weighted mean of the losses of rows that are not trained on."""
        ...

    def read(self) -> None:
        """Take over the weights that the model has been given."""
        ...

    def sync(self) -> None:
        """Give the model the weights trained so far."""
        ...

    def snapshot(self) -> Any:
        """A copy of weights and optimizer state on the host."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Go back to a copy."""
        ...
