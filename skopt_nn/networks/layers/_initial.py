"""Values that weights start with, by numpy: the same bits on every backend."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skopt_nn._backend import keras, on_device


@keras.saving.register_keras_serializable(package="skopt_nn")
class Constant(keras.initializers.Initializer):
    """A value everywhere, filled in by numpy: JAX compiles a program for each shape.

    Parameters
    ----------
    value : float or array that is broadcast to the shape, default=0.0
    """

    def __init__(self, value: float | np.ndarray = 0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        return on_device(np.full(shape, self.value, dtype=np.float32))

    def get_config(self):
        return {"value": self.value}


ZEROS = Constant(0.0)
ONES = Constant(1.0)


class Role(NamedTuple):
    """What a layer says of one of its weights, as the attribute ``role`` of it.

    Attributes
    ----------
    decays : bool
        Whether weight decay is meant for it.
    draw : function
        ``draw(rng, shape)`` gives its initial values.
    """

    decays: bool
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A kernel from Glorot's uniform distribution.

    References
    ----------
    X. Glorot, Y. Bengio. "Understanding the difficulty of training deep feedforward
    neural networks". AISTATS 2010, PMLR 9, 249-256.
    """
    return glorot_uniform_of(shape, rng, shape)


def glorot_uniform_of(
    kernel: tuple[int, ...], rng: np.random.Generator, shape: tuple[int, ...]
) -> np.ndarray:
    """Numbers from the distribution of a kernel that has another shape."""
    limit = glorot_limit(kernel)
    return rng.uniform(-limit, limit, shape)


def glorot_limit(kernel: tuple[int, ...]) -> float:
    """The largest weight that a kernel of this shape starts with."""
    *window, fan_in, fan_out = kernel
    return math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))


def he_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A kernel from He's normal distribution.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun. "Delving Deep into Rectifiers: Surpassing
    Human-Level Performance on ImageNet Classification". ICCV 2015. arXiv:1502.01852.
    """
    return rng.normal(0, math.sqrt(2 / math.prod(shape[:-1])), shape)


def glorot_uniform_each(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Kernels from Glorot's uniform distribution, one for each of the first axis."""
    return np.stack([glorot_uniform(rng, shape[1:]) for _ in range(shape[0])])


def unit_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Vectors, along the last axis, whose norm is about that of one number."""
    limit = shape[-1] ** -0.5
    return rng.uniform(-limit, limit, shape)


def unit_vector(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A direction: mixtures of independent kernels by it vary as one of them does."""
    vector = rng.normal(size=shape)
    return vector / np.linalg.norm(vector)


def low_frequencies(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Frequencies of waves that are long beside standardised values."""
    return rng.normal(0, 0.1, shape)


def nothing(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Zeros, of weights that decay all the same."""
    return np.zeros(shape)


KERNEL = Role(decays=True, draw=glorot_uniform)
DEPTHWISE_KERNEL = Role(decays=True, draw=he_normal)
MEMBER_KERNEL = Role(decays=True, draw=glorot_uniform_each)
TEMPLATES = Role(decays=True, draw=glorot_uniform_each)
MIXTURE = Role(decays=False, draw=unit_vector)
EMBEDDING = Role(decays=False, draw=unit_uniform)
EMBEDDING_SLOPES = Role(decays=True, draw=nothing)
FREQUENCIES = Role(decays=False, draw=low_frequencies)


def draw_weights(model: keras.Model, seed: int) -> keras.Model:
    """Draw every weight whose layer says how; the others keep their constants."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        role = getattr(variable, "role", None)
        if role is not None:
            values = role.draw(rng, variable.shape)
            variable.assign(on_device(values.astype(np.float32)))
    return model
