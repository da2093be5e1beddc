"""Stages of convolution and pooling."""

from collections.abc import Callable, Mapping
from functools import partial

from skopt_nn._backend import keras
from skopt_nn.networks.layers import (
    ZEROS,
    Convolution,
    DepthwiseConvolution,
    MaxPooling,
    normalization,
)

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


class Units:
    """Applies kernel, normalization and activation; kernels are looked up by slot.

    Parameters
    ----------
    groups : mapping of str to str
        Slots to the names of the layers that fill them; a slot that is not named has a
        layer of its own.
    normalization, activation : str
        Never shared: each application has statistics of its own.
    scale : bool
        Whether batch normalization has a scale; the next kernel can be one, too.
    """

    # Whether a convolution may pool, too; one that serves several places may not.
    pools_in_layers = True

    def __init__(
        self,
        groups: Mapping[str, str],
        normalization: str | None,
        activation: str,
        scale: bool = True,
    ):
        self.normalization = normalization
        self.activation = activation
        self.scale = scale
        # Batch normalization subtracts the mean: a bias before it would do nothing.
        self.use_bias = normalization != "batch"
        self._groups = groups
        self._layers = {}

    def __call__(self, x, slot: str, make_layer: Callable[..., keras.Layer]):
        return self.activate(
            self.normalize(self.apply(x, slot, make_layer), slot), slot
        )

    def apply(self, x, slot, make_layer):
        name = self._groups.get(slot, slot)
        if name not in self._layers:
            self._layers[name] = make_layer(name=name)
        return self._layers[name](x)

    def normalize(self, x, slot):
        if self.normalization is None:
            return x
        name = f"{slot}_normalization"
        return normalization(self.normalization, name, self.scale)(x)

    def activate(self, x, slot):
        return keras.layers.Activation(self.activation, name=f"{slot}_activation")(x)


def plain_stage(x, filters, kernel_size, pool_size, units, name):
    """Convolution, normalization, activation and pooling, in the cheapest order."""
    monotone = units.activation in _MONOTONE
    fused = pool_size if monotone and units.normalization is None else 1
    conv = partial(Convolution, filters, kernel_size, units.use_bias, ZEROS, fused)
    x = units.normalize(units.apply(x, name, conv), name)
    if fused == 1 and monotone:
        x = pool(x, pool_size, name)
    x = units.activate(x, name)
    return x if monotone else pool(x, pool_size, name)


def residual_stage(x, filters, kernel_size, pool_size, depth, units, name):
    """One entry convolution, ``depth`` residual ones of equal shape, then pooling."""
    conv = partial(Convolution, filters, kernel_size, units.use_bias, ZEROS)
    x = units(x, f"{name}_entry", conv)
    for j in range(1, depth + 1):
        block = units(x, f"{name}_block_{j}", conv)
        x = keras.layers.Add(name=f"{name}_sum_{j}")([x, block])
    return pool(x, pool_size, name)


def pooled_unit(x, filters, kernel_size, pool_size, units, name):
    """Convolution, pooling, normalization, activation: all but the first on less."""
    monotone = units.activation in _MONOTONE
    fused = pool_size if monotone and units.pools_in_layers else 1
    conv = partial(Convolution, filters, kernel_size, units.use_bias, ZEROS, fused)
    x = units.apply(x, name, conv)
    if fused == 1 and monotone:
        x = pool(x, pool_size, name)
    x = units.activate(units.normalize(x, name), name)
    return x if monotone else pool(x, pool_size, name)


def residual_block(x, filters, kernel_size, units, name):
    """Two convolutions whose output is added to their input, then activated."""
    conv = partial(Convolution, filters, kernel_size, units.use_bias, ZEROS)
    inner = units(x, f"{name}_1", conv)
    inner = units.normalize(units.apply(inner, f"{name}_2", conv), f"{name}_2")
    x = keras.layers.Add(name=f"{name}_sum")([x, inner])
    return units.activate(x, name)


def separable_unit(x, filters, kernel_size, pool_size, units, name):
    """A convolution of each channel by itself, then one of single pixels."""
    depthwise = partial(DepthwiseConvolution, kernel_size, units.use_bias)
    x = units(x, f"{name}_depthwise", depthwise)
    return pooled_unit(x, filters, 1, pool_size, units, f"{name}_pointwise")


def inception_unit(x, widths, inputs, pool_size, units, name):
    """Convolutions of several widths side by side, from few channels."""
    if inputs is not None:
        conv = partial(Convolution, inputs, 1, False, ZEROS)
        x = units.apply(x, f"{name}_bottleneck", conv)
    fused, branches = pool_size if units.pools_in_layers else 1, []
    for width, filters in widths.items():
        conv = partial(Convolution, filters, width, units.use_bias, ZEROS, fused)
        branches.append(units.apply(x, f"{name}_width_{width}", conv))
    x = keras.layers.Concatenate(name=f"{name}_branches")(branches)
    x = x if fused == pool_size else pool(x, pool_size, name)
    return units.activate(units.normalize(x, name), name)


def pool(x, pool_size, name):
    return x if pool_size == 1 else MaxPooling(pool_size, name=f"{name}_pooling")(x)
