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


@parameters
class Network:
    """Parameters of a convolutional network.

    Parameters
    ----------
    %(parameters)s
    """

    filters: tuple[int, ...] = parameter(
        (32, 64), [tuple, list], "tuple of int", kw_only=False
    )
    """Output channels of the convolution of each stage. ``()`` is a network
    without convolutions, a multilayer perceptron.
    """
    input_shape: tuple[int, ...] | None = parameter(
        None, [tuple, list, None], "tuple of int"
    )
    """Shape of one sample with its channels, such as ``(28, 28, 1)`` for an image,
    ``(100, 3)`` for a series or ``(8, 8, 8, 1)`` for a volume. If None it is
    that of X: samples of 2, 3 or 4 axes end with their channels; rows are a
    series of one channel whose columns have units of their own.
    """
    kernel_size: int = parameter(3, COUNT)
    """Width of the convolutions' windows along each axis, in pixels."""
    pool_size: int = parameter(2, COUNT)
    """Factor by which the max pooling behind each stage shrinks each axis; 1 for
    none. It must leave at least one pixel, except in rows without
    ``input_shape``, which are pooled as long as they last.
    """
    dense_units: tuple[int, ...] = parameter((128,), [tuple, list], "tuple of int")
    """Units of the dense layers between the last stage and the output."""
    activation: str = parameter("relu", OneOf(networks.ACTIVATIONS), "str")
    """Name of the activation function, one of ``skopt_nn.networks.ACTIVATIONS``."""
    normalization: str | None = parameter(
        None, [OneOf(networks.NORMALIZATIONS), None], '{"batch", "layer"}'
    )
    """Normalization between each layer and its activation."""
    dropout: float = parameter(0.0, SHARE)
    """Fraction of the values behind each dense layer set to zero in training, in
    [0, 1).
    """


@parameters
class Fitting:
    """Parameters of a fit as a whole.

    Parameters
    ----------
    %(parameters)s
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
    label_smoothing: float = parameter(0.0, Range(Real, 0, 1, closed="both"))
    """Part of each label that is spread evenly over all classes, in [0, 1] [2]_."""
