"""Outputs of a teacher beside labels or values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_softmax

from skopt_nn._backend import keras
from skopt_nn.training.objectives._labels import binary_cross_entropy, cross_entropy
from skopt_nn.training.objectives._members import MembersLoss
from skopt_nn.training.objectives._objective import Loss, Objective

ops = keras.ops

# Below this a teacher's probability says nothing; and the most below 1 in float32.
_LEAST, _MOST = 1e-12, 1 - 1e-7


@dataclass(frozen=True)
class SoftLoss:
    """A loss of labels' logits, and what it compares them with.

    What it needs of a teacher is computed once, by numpy: in each step it would take a
    fifth of the time of a small network.

    Attributes
    ----------
    loss : Loss
        Its last target is what ``prepared`` gives.
    prepared : function
        ``prepared(outputs, settings)`` of a teacher's probabilities, floored.
    """

    loss: Loss
    prepared: Callable[[np.ndarray, Mapping[str, float]], np.ndarray]


def soft_cross_entropy(logits, targets, settings):
    """``T^2 KL(teacher_T || student_T)``, of probabilities at temperature ``T``.

    The factor ``T^2`` keeps the size of the gradient, which shrinks as ``1 / T^2``.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean. "Distilling the Knowledge in a Neural Network".
    NIPS 2014 Deep Learning Workshop. arXiv:1503.02531.
    """
    teacher, least = targets[-1][:, :-1], targets[-1][:, -1]
    student = ops.log_softmax(logits / settings["temperature"], axis=-1)
    divergence = least - ops.sum(teacher * student, axis=-1)
    return settings["temperature"] ** 2 * divergence


def tempered(outputs, settings):
    """``p^(1/T)``, normalised, the softmax of the teacher's logits over ``T``; and,
    last, the least that a cross-entropy with them can be, negative.
    """
    logarithms = log_tempered(outputs, settings)
    teacher = np.exp(logarithms)
    return np.column_stack([teacher, np.sum(teacher * logarithms, axis=1)])


def log_tempered(outputs, settings):
    """Their logarithms."""
    return log_softmax(_logarithm(outputs) / settings["temperature"], axis=1)


def soft_binary_cross_entropy(logits, targets, settings):
    """The same for each output by itself, with sigmoids; mean over the outputs."""
    teacher, least = targets[-1][:, :-1], targets[-1][:, -1]
    student = logits / settings["temperature"]
    # Of two Bernoulli distributions with logits t and s the divergence is
    # sigmoid(t) (t - s) + softplus(s) - softplus(t).
    crossed = ops.mean(ops.softplus(student) - teacher * student, axis=-1)
    return settings["temperature"] ** 2 * (least + crossed)


def tempered_odds(outputs, settings):
    """Probabilities of log-odds over ``T``, and the least of their cross-entropy."""
    odds = log_odds(outputs, settings) / settings["temperature"]
    teacher = expit(odds)
    least = np.mean(teacher * odds - np.logaddexp(0, odds), axis=1)
    return np.column_stack([teacher, least])


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
    difference = targets[-1] - _centred(logits)
    return ops.mean(ops.square(difference), axis=-1) / 2


def centred_logarithms(outputs, settings):
    """Logits of the teacher, but for a number a row."""
    logarithms = _logarithm(outputs)
    return logarithms - logarithms.mean(axis=1, keepdims=True)


def matched_log_odds(logits, targets, settings):
    """The same for each output by itself: of log-odds, which have no centre."""
    return ops.mean(ops.square(targets[-1] - logits), axis=-1) / 2


def log_odds(outputs, settings):
    """The teacher's, finite."""
    kept = np.clip(outputs, _LEAST, _MOST)
    return np.log(kept) - np.log1p(-kept)


def decoupled_cross_entropy(logits, targets, settings):
    """``T^2 (KL of the label against the rest + beta KL within the rest)``.

    In `soft_cross_entropy` the second part counts the less, the surer the teacher is.

    References
    ----------
    B. Zhao, Q. Cui, R. Song, Y. Qiu, J. Liang. "Decoupled Knowledge Distillation".
    CVPR 2022. arXiv:2203.08679.
    """
    teacher = targets[-1]
    student = ops.log_softmax(logits / settings["temperature"], axis=-1)
    label = ops.one_hot(ops.cast(targets[0], "int32"), logits.shape[-1]) > 0.5
    own, rest, within = _decoupled(teacher, label)
    own_student, rest_student, within_student = _decoupled(student, label)
    of_label = ops.exp(own) * (own - own_student) + ops.exp(rest) * (
        rest - rest_student
    )
    parts = ops.exp(within) * (within - within_student)
    of_rest = ops.sum(ops.where(label, 0.0, parts), axis=-1)
    return settings["temperature"] ** 2 * (of_label + settings["beta"] * of_rest)


def _logarithm(outputs):
    return np.log(np.maximum(outputs, _LEAST, dtype=np.float64))


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
SOFT_LOSSES: Mapping[str, Mapping[Loss, SoftLoss]] = {
    "soft": {
        cross_entropy: SoftLoss(soft_cross_entropy, tempered),
        binary_cross_entropy: SoftLoss(soft_binary_cross_entropy, tempered_odds),
    },
    "logits": {
        cross_entropy: SoftLoss(matched_logits, centred_logarithms),
        binary_cross_entropy: SoftLoss(matched_log_odds, log_odds),
    },
    "decoupled": {cross_entropy: SoftLoss(decoupled_cross_entropy, log_tempered)},
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
    members = hard.loss if isinstance(hard.loss, MembersLoss) else None
    of_labels = hard.loss if members is None else members.loss
    soft = SOFT_LOSSES[method].get(of_labels)
    if soft is None:
        loss = Distilled(of_labels, OfTeacher(of_labels))
    else:
        loss = Distilled(of_labels, soft.loss)
        outputs = soft.prepared(outputs, settings).astype(np.float32)
    return replace(
        hard,
        loss=loss if members is None else replace(members, loss=loss),
        targets=(*hard.targets, outputs, alpha),
        settings={**hard.settings, **settings},
        labelled=alpha < 1,
    )
