"""Soft targets of a teacher beside labels or values."""

from dataclasses import replace

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training.objectives._labels import binary_cross_entropy, cross_entropy
from skopt_nn.training.objectives._objective import Loss, Objective
from skopt_nn.training.objectives._values import squared_error

ops = keras.ops


def distilled_cross_entropy(logits, targets, settings):
    """``(1 - alpha) CE(labels) + alpha T^2 KL(teacher_T || student_T)``.

    The factor ``T^2`` keeps the size of the soft targets' gradient, which shrinks as
    ``1 / T^2``. The teacher's probabilities are tempered here: ``p^(1/T)``, normalised,
    is the softmax of its logits over ``T``. ``alpha`` has a value for each row.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean. "Distilling the Knowledge in a Neural Network".
    NIPS 2014 Deep Learning Workshop. arXiv:1503.02531.
    """
    labels, probabilities, alpha = targets
    temperature = settings["temperature"]
    tiny = 1e-12  # below this a teacher's probability says nothing
    teacher = ops.log_softmax(
        ops.log(ops.maximum(probabilities, tiny)) / temperature, axis=-1
    )
    student = ops.log_softmax(logits / temperature, axis=-1)
    divergence = ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)
    hard = cross_entropy(logits, (labels,), settings)
    return (1 - alpha) * hard + alpha * temperature**2 * divergence


def distilled_binary_cross_entropy(logits, targets, settings):
    """The same for each output by itself, with sigmoids; mean over the outputs."""
    indicators, probabilities, alpha = targets
    temperature = settings["temperature"]
    least, most = 1e-12, 1 - 1e-7  # of float32 between 0 and 1
    kept = ops.clip(probabilities, least, most)
    teacher = (ops.log(kept) - ops.log1p(-kept)) / temperature
    student = logits / temperature
    # Of two Bernoulli distributions with logits t and s the divergence is
    # sigmoid(t) (t - s) + softplus(s) - softplus(t).
    divergence = ops.mean(
        ops.sigmoid(teacher) * (teacher - student)
        + ops.softplus(student)
        - ops.softplus(teacher),
        axis=-1,
    )
    hard = binary_cross_entropy(logits, (indicators,), settings)
    return (1 - alpha) * hard + alpha * temperature**2 * divergence


def distilled_squared_error(logits, targets, settings):
    """``(1 - alpha) (y - z)^2 + alpha (teacher - z)^2``, mean over the outputs."""
    values, soft, alpha = targets
    return (1 - alpha) * squared_error(logits, (values,), settings) + (
        alpha * squared_error(logits, (soft,), settings)
    )


_DISTILLED: dict[Loss, Loss] = {
    cross_entropy: distilled_cross_entropy,
    binary_cross_entropy: distilled_binary_cross_entropy,
    squared_error: distilled_squared_error,
}


def distilled(
    hard: Objective,
    soft_targets: np.ndarray,
    alpha: np.ndarray,
    temperature: float | None = None,
) -> Objective:
    """An objective of labels or values, and soft targets of weight ``alpha`` a row."""
    more = {} if temperature is None else {"temperature": temperature}
    return replace(
        hard,
        loss=_DISTILLED[hard.loss],
        targets=(*hard.targets, soft_targets, alpha),
        settings={**hard.settings, **more},
    )
