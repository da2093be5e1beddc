"""What may happen around the epochs of a training."""

from typing import Any, Protocol

import numpy as np

from skopt_nn._backend import keras


class Run(Protocol):
    """A training as its hooks see it.

    Attributes
    ----------
    model : keras.Model
        Up to date after ``sync()``.
    epoch : int
        The epoch under way, counted from 0 when the network was built.
    last_epoch : int
        The last one planned.
    is_last : bool
        Whether no epoch follows.
    may_stop : bool
        Whether the epoch under way is one that training may be stopped behind: not if a
        schedule has more than a quarter of its way ahead.
    logs : dict of str to float
        ``"loss"`` and ``"learning_rate"`` of the epoch that has ended and, with
        held-out rows, ``"val_loss"``.
    history : dict of str to list of float
        The logs of all epochs of this training.
    n_steps : int
        Steps of each epoch.
    learning_rate : float
        Hooks may change it between epochs.
    rates : ndarray of shape (n_steps,) or None
        A hook may set the rate of each step in ``begin_epoch``; None is
        ``learning_rate`` times the schedule. Before the next epoch it is None again.
    stopping : bool
        Set by a hook that wants training to end with this epoch.
    """

    model: keras.Model
    epoch: int
    last_epoch: int
    is_last: bool
    may_stop: bool
    logs: dict[str, float]
    history: dict[str, list[float]]
    n_steps: int
    learning_rate: float
    rates: np.ndarray | None
    stopping: bool

    def log(self, name: str, value: float) -> None:
        """Add to the logs of the epoch that has ended, and to the history."""

    def plan(self, n_epochs: int) -> None:
        """Let so many epochs follow the one under way."""

    def sync(self) -> None:
        """Give the model the weights trained so far."""

    def read(self) -> None:
        """Take over the weights that the model has been given."""

    def snapshot(self) -> Any:
        """A copy of weights and optimizer state."""

    def restore(self, snapshot: Any) -> None:
        """Go back to a copy."""


class Hook:
    """Does nothing. Subclasses say what happens at the points that they override."""

    def begin(self, run: Run) -> None:
        """Before the first epoch."""

    def begin_epoch(self, run: Run) -> None:
        """Before an epoch."""

    def end_epoch(self, run: Run) -> None:
        """Behind an epoch whose loss and weights are finite."""

    def break_off(self, run: Run) -> None:
        """Behind an epoch whose loss or weights overflowed: training ends."""

    def end(self, run: Run) -> None:
        """Behind the last epoch."""
