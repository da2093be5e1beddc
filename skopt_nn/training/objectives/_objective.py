"""What is learned: a loss, targets and settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

# From logits of shape (n_rows, n_outputs), a tuple of targets and the settings one
# value a row. Written with keras.ops, it runs on every backend.
Loss = Callable[[Any, tuple, Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Objective:
    """One loss, what it compares the logits with, and its numbers.

    Attributes
    ----------
    loss : function
        ``loss(logits, targets, settings)`` gives one value a row. Programs are shared
        by objectives of one loss: whatever varies is in targets or settings.
    targets : tuple of ndarray of shape (n_rows, ...)
    settings : mapping of str to float
        Arguments of the program, so that another value asks for no compilation.
    labelled : ndarray of shape (n_rows,), bool, or None
        Which rows have a label of their own beside what a teacher says; None for all.
    """

    loss: Loss
    targets: tuple[np.ndarray, ...]
    settings: Mapping[str, float] = field(default_factory=dict)
    labelled: np.ndarray | None = None

    def take(self, indices: np.ndarray) -> "Objective":
        targets = tuple(target[indices] for target in self.targets)
        labelled = None if self.labelled is None else self.labelled[indices]
        return replace(self, targets=targets, labelled=labelled)


def of_prediction(loss: Loss) -> Loss:
    """How rows that are not trained on are judged: by the same loss, or by another
    that it names, such as the loss of what several members predict together."""
    return getattr(loss, "of_prediction", loss)
