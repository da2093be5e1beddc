"""Blocks that the networks of this room are built from."""

import math

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks._convolution import Convolution
from skopt_nn.networks._layers import (
    ONES,
    ZEROS,
    BatchNormalization,
    Dropout,
    Standardize,
)
from skopt_nn.networks._pooling import MaxPooling

ACTIVATIONS = (
    "elu",
    "gelu",
    "hard_sigmoid",
    "leaky_relu",
    "linear",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
)
# Pooling before these gives the same values and leaves them less to do.
_MONOTONE = set(ACTIVATIONS) - {"gelu", "mish", "silu"}
NORMALIZATIONS = ("batch", "layer")
_NORMALIZATION = {"beta_initializer": ZEROS, "gamma_initializer": ONES}


def entrance(input_shape, table):
    """Input of flat rows, reshaped to one sample and standardised.

    A table (columns of unrelated units) is standardised column by column, anything
    with space or time in it channel by channel.
    """
    rows = keras.Input((math.prod(input_shape),), name="rows")
    x = keras.layers.Reshape(input_shape, name="reshape")(rows)
    statistics_shape = input_shape if table else input_shape[-1:]
    return rows, Standardize(statistics_shape, name="standardize")(x)


def normalize(x, normalization, name):
    if normalization == "batch":
        # Keras averages over 100 steps, which is more than some fits have.
        return BatchNormalization(
            momentum=0.9,
            moving_mean_initializer=ZEROS,
            moving_variance_initializer=ONES,
            **_NORMALIZATION,
            name=f"{name}_normalization",
        )(x)
    if normalization == "layer":
        return keras.layers.LayerNormalization(
            **_NORMALIZATION, name=f"{name}_normalization"
        )(x)
    return x


def activate(x, activation, name):
    return keras.layers.Activation(activation, name=f"{name}_activation")(x)


def convolution(filters, kernel_size, normalization, name, pool_size=1):
    # Batch normalization subtracts the mean: a bias before it would do nothing.
    return Convolution(
        filters,
        kernel_size,
        use_bias=normalization != "batch",
        kernel_initializer=ZEROS,
        pool_size=pool_size,
        name=name,
    )


def convolution_stage(
    x, filters, *, kernel_size, pool_size, activation, normalization, name
):
    """Convolution, normalization, activation and pooling, in the cheapest order."""
    monotone = activation in _MONOTONE
    fused = pool_size if monotone and normalization is None else 1
    x = convolution(filters, kernel_size, normalization, name, fused)(x)
    x = normalize(x, normalization, name)
    if fused == 1 and monotone:
        x = pool(x, pool_size, name)
    x = activate(x, activation, name)
    return x if monotone else pool(x, pool_size, name)


def dense(units, normalization, name):
    return keras.layers.Dense(
        units,
        use_bias=normalization != "batch",
        kernel_initializer=ZEROS,
        bias_initializer=ZEROS,
        name=name,
    )


def pool(x, pool_size, name):
    return x if pool_size == 1 else MaxPooling(pool_size, name=f"{name}_pooling")(x)


def pooling_width(x, pool_size, table):
    """``pool_size``, or 1 for a table that is too narrow to be pooled."""
    return 1 if table and min(x.shape[1:-1]) < pool_size else pool_size


def dropout(x, rate, seed, name):
    # Always there, whatever the rate: a grid over rates is then one program.
    return Dropout(rate, seed, name=f"{name}_dropout")(x)


def logits(x, n_outputs):
    return keras.layers.Dense(
        n_outputs, kernel_initializer=ZEROS, bias_initializer=ZEROS, name="logits"
    )(x)


def pooled_shape(input_shape, n_stages, pool_size):
    """Spatial shape behind ``n_stages`` poolings; a zero where nothing is left."""
    return tuple(size // pool_size**n_stages for size in input_shape[:-1])


def initialize(model, seed):
    """Draw every kernel from Glorot's uniform distribution, on any backend alike.

    References
    ----------
    X. Glorot, Y. Bengio. "Understanding the difficulty of training deep feedforward
    neural networks". AISTATS 2010, PMLR 9, 249-256.
    """
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        if variable.name != "kernel":
            continue
        *window, fan_in, fan_out = variable.shape
        limit = math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))
        kernel = rng.uniform(-limit, limit, variable.shape)
        variable.assign(on_device(kernel.astype(np.float32)))
    return model


def set_statistics(model, mean, scale):
    """Tell the network's first layer what it is to subtract and divide by."""
    layer = model.get_layer("standardize")
    layer.mean.assign(on_device(np.asarray(mean, dtype=np.float32)))
    layer.scale.assign(on_device(np.asarray(scale, dtype=np.float32)))
