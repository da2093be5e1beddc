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
    value : float, default=0.0
    """

    def __init__(self, value=0.0):
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
    *window, fan_in, fan_out = shape
    limit = math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))
    return rng.uniform(-limit, limit, shape)


KERNEL = Role(decays=True, draw=glorot_uniform)


def draw_weights(model: keras.Model, seed: int) -> keras.Model:
    """Draw every weight whose layer says how; the others keep their constants."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        role = getattr(variable, "role", None)
        if role is not None:
            values = role.draw(rng, variable.shape)
            variable.assign(on_device(values.astype(np.float32)))
    return model
