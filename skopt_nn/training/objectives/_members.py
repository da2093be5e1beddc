"""Several members that learn side by side, and predict together."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skopt_nn._backend import keras
from skopt_nn.training.objectives._labels import binary_cross_entropy, cross_entropy
from skopt_nn.training.objectives._objective import Loss
from skopt_nn.training.objectives._values import gamma_deviance, poisson_deviance

ops = keras.ops


def mean_values(logits):
    """The mean over the members of values."""
    return ops.mean(logits, axis=1)


def mean_exponentials(logits):
    """The logarithm of the mean of exponentials."""
    return ops.logsumexp(logits, axis=1) - math.log(logits.shape[1])


def mean_probabilities(logits):
    """Logits of the mean of softmax probabilities."""
    return mean_exponentials(ops.log_softmax(logits, axis=-1))


def mean_sigmoids(logits):
    """Logits of the mean of sigmoid probabilities."""
    yes = ops.logsumexp(ops.log_sigmoid(logits), axis=1)
    return yes - ops.logsumexp(ops.log_sigmoid(-logits), axis=1)


# Of other losses predictions are the logits themselves.
_POOLED: dict[Loss, Callable[[Any], Any]] = {
    cross_entropy: mean_probabilities,
    binary_cross_entropy: mean_sigmoids,
    poisson_deviance: mean_exponentials,
    gamma_deviance: mean_exponentials,
}


def of_members(loss: Loss) -> "MembersLoss":
    """The loss of members, from that of one."""
    return MembersLoss(loss, _POOLED.get(loss, mean_values))


@dataclass(frozen=True)
class MembersLoss:
    """The mean of the members' losses: each learns by itself.

    Its logits have shape ``(n_rows, n_members, n_outputs)``.

    Attributes
    ----------
    loss : function
        That of one member, of logits of shape ``(n_rows, n_outputs)``.
    pooled : function
        Logits of what the members predict together, from the logits of all.
    """

    loss: Loss
    pooled: Callable[[Any], Any]

    def __call__(self, logits, targets, settings):
        n_members, n_outputs = logits.shape[1:]
        each = ops.reshape(logits, (-1, n_outputs))
        repeated = tuple(ops.repeat(target, n_members, axis=0) for target in targets)
        losses = self.loss(each, repeated, settings)
        return ops.mean(ops.reshape(losses, (-1, n_members)), axis=1)

    def of_prediction(self, logits, targets, settings):
        """The loss of what they predict together, which is less than their mean."""
        return self.loss(self.pooled(logits), targets, settings)
