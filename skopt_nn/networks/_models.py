"""Models and the values of their variables."""

import math
from collections.abc import Sequence

import numpy as np

from skopt_nn._backend import keras, on_device, to_host
from skopt_nn.networks._recipe import with_architecture
from skopt_nn.networks.layers import Dropout


def hidden_features(model: keras.Model) -> keras.Model:
    """The same network, ending where its last layer begins."""
    features = keras.Model(model.input, model.get_layer("logits").input)
    whole = model.architecture
    return with_architecture(
        features, ("features", whole.key), lambda: hidden_features(whole.make())
    )


def n_parameters(model: keras.Model) -> int:
    """Number of values that training changes; a shared layer counts once."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def get_values(model: keras.Model) -> list[np.ndarray]:
    """The values of all variables, seeds of dropout masks included."""
    return to_host(_variables(model))


def set_values(model: keras.Model, values: Sequence[np.ndarray]) -> keras.Model:
    """Give a model the values of another one of its architecture."""
    variables = _variables(model)
    expected = [_kind(variable.shape, variable.dtype) for variable in variables]
    got = [_kind(value.shape, value.dtype) for value in values]
    if got != expected:
        raise ValueError(f"the network has arrays of {expected}, got {got}")
    for variable, value in zip(variables, values):
        variable.assign(on_device(value))
    return model


def copy(model: keras.Model) -> keras.Model:
    """Another model of the same architecture and values."""
    return set_values(model.architecture.make(), get_values(model))


def zero_logits(model: keras.Model) -> None:
    """Let a network of this package start from logits of zero."""
    for variable in model.get_layer("logits").trainable_variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))


def set_dropout(model: keras.Model, rate: float) -> None:
    """Change the rate of all dropout layers, which is a variable of each."""
    for layer in model.layers:
        if isinstance(layer, Dropout):
            layer.rate_value.assign(np.float32(rate))


def _kind(shape, dtype):
    # States of dropout's seeds are integers of one kind or another, by the backend.
    name = str(dtype)
    return tuple(shape), "int" if name.startswith(("int", "uint")) else name


def _variables(model):
    return [*model.trainable_variables, *model.non_trainable_variables]
