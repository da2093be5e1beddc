"""Where rows enter a network."""

import math

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks.layers import Standardize


def entrance(recipe):
    """Input of flat rows, and standardised samples of the shape they stand for."""
    rows = keras.Input((math.prod(recipe.input_shape),), name="rows")
    x = keras.layers.Reshape(recipe.input_shape, name="reshape")(rows)
    return rows, Standardize(recipe.statistics_shape, name="standardize")(x)


def set_statistics(model: keras.Model, mean: np.ndarray, scale: np.ndarray) -> None:
    """Tell the network's first layer what it is to subtract and divide by."""
    layer = model.get_layer("standardize")
    layer.mean.assign(on_device(np.asarray(mean, dtype=np.float32)))
    layer.scale.assign(on_device(np.asarray(scale, dtype=np.float32)))
