"""Parameters that several estimators share, a group a class."""

from numbers import Real
from typing import Any

from skopt_nn import networks
from skopt_nn._parameters import (
    COUNT,
    SHARE,
    OneOf,
    Range,
    parameter,
    parameters,
)
from skopt_nn.estimators._targets import LOSSES


@parameters
class Network:
    """Parameters of a convolutional network.

    Parameters
    ----------
    %(parameters)s
    """

    filters: tuple[int, ...] | str = parameter(
        "auto",
        [tuple, list, OneOf(("auto",))],
        'tuple of int or "auto"',
        kw_only=False,
    )
    """Output channels of the convolution of each stage. ``()`` is a network
    without convolutions, a multilayer perceptron. ``"auto"`` is ``(24, 48, 96)``, and
    ``(96,)`` for texts, rows of token ids.
    """
    input_shape: tuple[int, ...] | None = parameter(
        None, [tuple, list, None], "tuple of int"
    )
    """Shape of one sample with its channels, such as ``(28, 28, 1)`` for an image,
    ``(100, 3)`` for a series or ``(8, 8, 8, 1)`` for a volume. If None it is
    that of X: samples of 2, 3 or 4 axes end with their channels; rows are a
    series of one channel whose columns have units of their own.
    """
    kernel_size: int | tuple[int, ...] | str = parameter(
        "auto", [COUNT, tuple, list, OneOf(("auto",))], 'int, tuple of int or "auto"'
    )
    """Width of the convolutions' windows along each axis, in pixels or steps: one of
    all stages, or one for each. ``"auto"`` is 9 for series of at least 32 steps, 4 for
    texts, and 3 for images, volumes, shorter series and rows without ``input_shape``.
    """
    pool_size: int | tuple[int, ...] | str = parameter(
        "auto", [COUNT, tuple, list, OneOf(("auto",))], 'int, tuple of int or "auto"'
    )
    """Factor by which the max pooling of each stage shrinks each axis; 1 for none. It
    may be one for each stage. ``"auto"`` is 2, 1 for texts, and for series of at least
    32 steps what leaves about 32 of them. Stages that would leave less than a pixel are
    left out; rows without ``input_shape`` are pooled as long as they last.
    """
    dense_units: tuple[int, ...] | str = parameter(
        "auto", [tuple, list, OneOf(("auto",))], 'tuple of int or "auto"'
    )
    """Units of the dense layers between the last stage and the output. ``"auto"`` is
    none, and ``(128,)`` without stages.
    """
    activation: str = parameter("relu", OneOf(networks.ACTIVATIONS), "str")
    """Name of the activation function, one of ``skopt_nn.networks.ACTIVATIONS``."""
    normalization: str | None = parameter(
        "auto",
        [OneOf(("auto", *networks.NORMALIZATIONS)), None],
        '{"auto", "batch", "layer"}',
    )
    """Normalization between each layer and its activation; None for none. ``"auto"`` is
    ``"batch"``, and None for texts and without stages.
    """
    dropout: float | str = parameter(
        "auto", [SHARE, OneOf(("auto",))], 'float or "auto"'
    )
    """Fraction of the values before the output, and behind each dense layer, set to
    zero in training, in [0, 1). ``"auto"`` is 0, and 0.5 for texts.
    """


@parameters
class Stages:
    """Parameters of the stages of a convolutional network.

    Parameters
    ----------
    %(parameters)s
    """

    block: str = parameter("auto", OneOf(("auto", *networks.BLOCKS)), "str")
    """What a stage is made of. ``"plain"``: convolutions; ``"residual"``: one, then
    blocks of two whose output is added to their input [3]_; ``"separable"``:
    convolutions of each channel by itself, then across channels, except for the
    first [4]_; ``"inception"``: several widths side by side, ``kernel_size`` and its
    half and quarter, from fewer channels [5]_. ``"auto"`` is ``"plain"``, and
    ``"inception"`` for texts.
    """
    depth: int | tuple[int, ...] = parameter(
        1, [COUNT, tuple, list], "int or tuple of int"
    )
    """Convolutions of each stage, the first of which pools; with residual blocks, the
    first one and so many less one blocks. It may be one for each stage.
    """
    head: str = parameter("auto", OneOf(("auto", *networks.HEADS)), "str")
    """What the last stage's pixels become: all of them side by side
    (``"flatten"``), or the ``"average"`` or ``"max"`` of each channel. ``"auto"``
    flattens up to 16 pixels, rows without ``input_shape``, and up to 32,768 features of
    images where convolutions are few and narrow (their number times the last of
    ``filters`` is below 200); it is ``"max"`` for texts and ``"average"`` otherwise.
    """


@parameters
class Fitting:
    """Parameters of a fit as a whole.

    Parameters
    ----------
    %(parameters)s
    """

    augmentation: Any = parameter(
        "auto", [dict, tuple, list, str, None], "dict, tuple of str or str"
    )
    """How samples are changed at random in training: names of changes, or a dict of
    them and their strengths. ``"shift"`` and ``"scale"``: by up to so many pixels, by
    a factor of up to 1 + the strength; ``"flip"``: with this probability;
    ``"roll"``: closed outlines, by up to this part; ``"rotation"``: by up to so many
    degrees; ``"noise"``: of this part of the standard deviation; ``"erasing"``,
    ``"time_mask"``, ``"frequency_mask"``: windows of this part of an axis;
    ``"mixup"``, ``"cutmix"``: two rows made one, by a share of this Beta distribution.
    ``"token_dropout"``: token ids become unknown, with this probability. ``"auto"``
    shifts images of at least 16 pixels on each side by up to 2, forgets 0.3 of the
    tokens of texts and changes nothing else; None for nothing.
    """
    callbacks: list | None = parameter(
        None, [list, tuple, None], "list of keras.callbacks.Callback"
    )
    """Keras callbacks with hooks of epochs; each fit uses copies of them."""
    warm_start: bool = parameter(False, "boolean")
    """Whether fit goes on from the last fit, with its weights and optimizer state.
    Parameters of training and dropout may change in between, those of the
    network may not.
    """
    random_state: Any = parameter(
        None, "random_state", "int, RandomState instance or None"
    )
    """Seeds initial weights, order of rows, dropout and the held-out part. With an
    int a fit repeats to the bit, if it has as many threads. None draws from the
    operating system; the global state of numpy is never touched.
    """
    verbose: int = parameter(0, "verbose")
    """Whether to print a line an epoch."""


@parameters
class ClassifierOptions:
    """Parameters of classifiers.

    Parameters
    ----------
    %(parameters)s
    """

    class_weight: dict | str | None = parameter(
        None, [dict, OneOf(("balanced",)), None], 'dict or "balanced"'
    )
    """Weight of each class, by label; "balanced" for weights inversely
    proportional to the classes' frequencies. It multiplies ``sample_weight``.
    """
    label_smoothing: float = parameter(0.0, SHARE)
    """Part of each label that is spread evenly over all classes, in [0, 1) [2]_."""


@parameters
class RegressorOptions:
    """Parameters of regressors.

    Parameters
    ----------
    %(parameters)s
    """

    loss: str = parameter("squared_error", OneOf(LOSSES.keys()), "str")
    """What is to be small: ``"squared_error"`` (predictions are means),
    ``"absolute_error"`` (medians), ``"quantile"``, ``"huber"`` (means that outliers
    move little), ``"poisson"`` for counts and rates of at least zero, or ``"gamma"``
    for values above zero; predictions of the last two are above zero.
    """
    quantile: float = parameter(0.5, Range(Real, 0, 1, closed="neither"))
    """The one that ``loss="quantile"`` predicts, in (0, 1). Ignored otherwise."""
