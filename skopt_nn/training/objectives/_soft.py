"""Outputs of a teacher beside labels or values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training.objectives._labels import binary_cross_entropy, cross_entropy
from skopt_nn.training.objectives._members import MembersLoss
from skopt_nn.training.objectives._objective import Loss, Objective

ops = keras.ops

# Below this a teacher's probability says nothing; and the most below 1 in float32.
_LEAST, _MOST = 1e-12, 1 - 1e-7


def soft_cross_entropy(logits, targets, settings):
    """``T^2 KL(teacher_T || student_T)``, of probabilities at temperature ``T``.

    The factor ``T^2`` keeps the size of the gradient, which shrinks as ``1 / T^2``. The
    teacher's probabilities are tempered here: ``p^(1/T)``, normalised, is the softmax
    of its logits over ``T``.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean. "Distilling the Knowledge in a Neural Network".
    NIPS 2014 Deep Learning Workshop. arXiv:1503.02531.
    """
    teacher, student = _tempered(logits, targets, settings)
    divergence = ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)
    return settings["temperature"] ** 2 * divergence


def soft_binary_cross_entropy(logits, targets, settings):
    """The same for each output by itself, with sigmoids; mean over the outputs."""
    temperature = settings["temperature"]
    teacher, student = _log_odds(targets) / temperature, logits / temperature
    # Of two Bernoulli distributions with logits t and s the divergence is
    # sigmoid(t) (t - s) + softplus(s) - softplus(t).
    divergence = ops.mean(
        ops.sigmoid(teacher) * (teacher - student)
        + ops.softplus(student)
        - ops.softplus(teacher),
        axis=-1,
    )
    return temperature**2 * divergence


def matched_logits(logits, targets, settings):
    """Half the mean squared difference of centred logits.

    That of classes is free of temperature: it is what `soft_cross_entropy` tends to as
    the temperature grows.

    References
    ----------
    T. Kim, J. Oh, N. Kim, S. Cho, S.-Y. Yun. "Comparing Kullback-Leibler Divergence
    and Mean Squared Error Loss in Knowledge Distillation". IJCAI 2021.
    arXiv:2105.08919.
    """
    teacher = ops.log(ops.maximum(targets[-1], _LEAST))
    difference = _centred(teacher) - _centred(logits)
    return ops.mean(ops.square(difference), axis=-1) / 2


def matched_log_odds(logits, targets, settings):
    """The same for each output by itself: of log-odds, which have no centre."""
    return ops.mean(ops.square(_log_odds(targets) - logits), axis=-1) / 2


def decoupled_cross_entropy(logits, targets, settings):
    """``T^2 (KL of the label against the rest + beta KL within the rest)``.

    In `soft_cross_entropy` the second part counts the less, the surer the teacher is.

    References
    ----------
    B. Zhao, Q. Cui, R. Song, Y. Qiu, J. Liang. "Decoupled Knowledge Distillation".
    CVPR 2022. arXiv:2203.08679.
    """
    teacher, student = _tempered(logits, targets, settings)
    label = ops.one_hot(ops.cast(targets[0], "int32"), logits.shape[-1]) > 0.5
    own, rest, within = _decoupled(teacher, label)
    own_student, rest_student, within_student = _decoupled(student, label)
    of_label = ops.exp(own) * (own - own_student) + ops.exp(rest) * (
        rest - rest_student
    )
    parts = ops.exp(within) * (within - within_student)
    of_rest = ops.sum(ops.where(label, 0.0, parts), axis=-1)
    return settings["temperature"] ** 2 * (of_label + settings["beta"] * of_rest)


def _tempered(logits, targets, settings):
    """Logarithms of the probabilities of teacher and student."""
    temperature = settings["temperature"]
    teacher = ops.log(ops.maximum(targets[-1], _LEAST)) / temperature
    return ops.log_softmax(teacher, axis=-1), ops.log_softmax(
        logits / temperature, axis=-1
    )


def _log_odds(targets):
    kept = ops.clip(targets[-1], _LEAST, _MOST)
    return ops.log(kept) - ops.log1p(-kept)


def _centred(logits):
    return logits - ops.mean(logits, axis=-1, keepdims=True)


def _decoupled(log_probabilities, label):
    """Of the label, of all others together, and of each of them among these."""
    own = ops.sum(ops.where(label, log_probabilities, 0.0), axis=-1)
    others = ops.where(label, -1e9, log_probabilities)
    rest = ops.logsumexp(others, axis=-1)
    return own, rest, others - rest[:, None]


@dataclass(frozen=True)
class OfTeacher:
    """A loss of values, of those that a teacher says."""

    loss: Loss

    def __call__(self, logits, targets, settings):
        return self.loss(logits, targets[-1:], settings)


@dataclass(frozen=True)
class Distilled:
    """``(1 - alpha) hard + alpha soft``.

    Its targets are those of the hard loss, a teacher's outputs, and an ``alpha`` for
    each row; the soft loss has all but the last.
    """

    hard: Loss
    soft: Loss

    def __call__(self, logits, targets, settings):
        *known, outputs, alpha = targets
        hard = self.hard(logits, tuple(known), settings)
        soft = self.soft(logits, (*known, outputs), settings)
        return (1 - alpha) * hard + alpha * soft


# By method, the soft losses beside those of labels.
SOFT_LOSSES: Mapping[str, Mapping[Loss, Loss]] = {
    "soft": {
        cross_entropy: soft_cross_entropy,
        binary_cross_entropy: soft_binary_cross_entropy,
    },
    "logits": {
        cross_entropy: matched_logits,
        binary_cross_entropy: matched_log_odds,
    },
    "decoupled": {cross_entropy: decoupled_cross_entropy},
}


def distilled(
    hard: Objective,
    outputs: np.ndarray,
    alpha: np.ndarray,
    method: str = "soft",
    settings: Mapping[str, float] = {},
) -> Objective:
    """An objective of labels or values, and a teacher's outputs of weight ``alpha``.

    Parameters
    ----------
    hard : Objective
    outputs : ndarray of shape (n_rows, n_outputs)
        Probabilities or values.
    alpha : ndarray of shape (n_rows,)
    method : str
        One of `SOFT_LOSSES`; values have but one.
    settings : mapping of str to float
        ``temperature`` and ``beta``, where the method has them.
    """
    return replace(
        hard,
        loss=_distilled(hard.loss, SOFT_LOSSES[method]),
        targets=(*hard.targets, outputs, alpha),
        settings={**hard.settings, **settings},
        labelled=alpha < 1,
    )


def _distilled(loss: Loss, of_labels: Mapping[Loss, Loss]) -> Loss:
    if isinstance(loss, MembersLoss):
        return replace(loss, loss=_distilled(loss.loss, of_labels))
    return Distilled(loss, of_labels.get(loss) or OfTeacher(loss))
