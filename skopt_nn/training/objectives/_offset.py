"""Logits that come on top of given ones: what a model before said."""

from dataclasses import dataclass, replace

import numpy as np

from skopt_nn.training.objectives._members import MembersLoss
from skopt_nn.training.objectives._objective import Loss, Objective


@dataclass(frozen=True)
class Offset:
    """The loss of the sum of logits and offsets, which are the last of its targets.

    References
    ----------
    J. H. Friedman. "Greedy Function Approximation: A Gradient Boosting Machine". Annals
    of Statistics 29(5), 2001, 1189-1232. doi:10.1214/aos/1013203451.
    """

    loss: Loss

    def __call__(self, logits, targets, settings):
        *known, offsets = targets
        return self.loss(logits + offsets, tuple(known), settings)


def on_top(objective: Objective, offsets: np.ndarray) -> Objective:
    """The objective of logits that are added to these, of shape (n_rows, n_outputs)."""
    targets = (*objective.targets, offsets)
    return replace(objective, loss=_on_top(objective.loss), targets=targets)


def _on_top(loss: Loss) -> Loss:
    if isinstance(loss, MembersLoss):
        return replace(loss, loss=_on_top(loss.loss))
    return Offset(loss)


def offsets_of(objective: Objective) -> np.ndarray | None:
    """What logits are added to in this objective, if they are."""
    loss = objective.loss
    loss = loss.loss if isinstance(loss, MembersLoss) else loss
    return objective.targets[-1] if isinstance(loss, Offset) else None
