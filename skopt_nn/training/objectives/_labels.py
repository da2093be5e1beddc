"""Labels: class indices, or 0/1 indicators of several labels."""

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
