"""Losses of one row, from logits; every setting is an argument, never a constant.

A loss takes ``(logits, targets, settings)``: logits of shape (n_rows, n_outputs), a
tuple of arrays sliced together, and a dict of scalars. It returns one value a row.
"""

from skopt_nn._backend import keras

ops = keras.ops


def cross_entropy(logits, targets, settings):
    """Softmax cross-entropy with class indices; ``label_smoothing`` in [0, 1].

    References
    ----------
    C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. "Rethinking the Inception
    Architecture for Computer Vision". CVPR 2016. arXiv:1512.00567 (label smoothing).
    """
    (labels,) = targets
    n_classes = logits.shape[-1]
    smoothing = settings["label_smoothing"]
    hard = ops.one_hot(ops.cast(labels, "int32"), n_classes)
    soft = hard * (1 - smoothing) + smoothing / n_classes
    return -ops.sum(soft * ops.log_softmax(logits), axis=-1)


def binary_cross_entropy(logits, targets, settings):
    """Mean over the outputs of the sigmoid cross-entropy with 0/1 indicators."""
    (indicators,) = targets
    smoothing = settings["label_smoothing"]
    soft = ops.cast(indicators, logits.dtype) * (1 - smoothing) + smoothing / 2
    # log(1 + e^z) - y z, which overflows for no z
    return ops.mean(ops.softplus(logits) - soft * logits, axis=-1)


def squared_error(logits, targets, settings):
    """Mean over the outputs of the squared error."""
    (values,) = targets
    return ops.mean(ops.square(logits - values), axis=-1)


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


LOSSES = {
    loss.__name__: loss
    for loss in (
        cross_entropy,
        binary_cross_entropy,
        squared_error,
        distilled_cross_entropy,
        distilled_binary_cross_entropy,
        distilled_squared_error,
    )
}
