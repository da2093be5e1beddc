"""Where rows enter a network."""

import math

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks.layers import Embedding, Standardize


def entrance(recipe):
    """Input of flat rows, and standardised samples of the shape they stand for."""
    rows = keras.Input((math.prod(recipe.input_shape),), name="rows")
    x = keras.layers.Reshape(recipe.input_shape, name="reshape")(rows)
    return rows, Standardize(recipe.statistics_shape, name="standardize")(x)


def token_entrance(recipe):
    """Input of flat rows of token ids, and a vector in place of each."""
    rows = keras.Input((math.prod(recipe.input_shape),), name="rows")
    size, width = recipe.vocabulary_size, recipe.embedding_dim
    x = Embedding(size, width, name="embedding")(rows)
    return rows, keras.layers.Reshape(recipe.entered_shape, name="reshape")(x)


def get_statistics(model: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale of the network's first layer; 0 and 1 of one for token ids."""
    if all(layer.name != "standardize" for layer in model.layers):
        return np.zeros(1, np.float32), np.ones(1, np.float32)
    layer = model.get_layer("standardize")
    numbers = keras.ops.convert_to_numpy
    return numbers(layer.mean), numbers(layer.scale)


def set_statistics(model: keras.Model, mean: np.ndarray, scale: np.ndarray) -> None:
    """Tell the network's first layer what it is to subtract and divide by."""
    layer = model.get_layer("standardize")
    layer.mean.assign(on_device(np.asarray(mean, dtype=np.float32)))
    layer.scale.assign(on_device(np.asarray(scale, dtype=np.float32)))
