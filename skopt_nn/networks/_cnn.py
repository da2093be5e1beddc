"""The convolutional network."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from skopt_nn._backend import keras
from skopt_nn._parameters import COUNT, SHARE, OneOf, Sizes
from skopt_nn.networks import _stages
from skopt_nn.networks._entrance import entrance
from skopt_nn.networks._recipe import Recipe, restricted
from skopt_nn.networks.layers import NORMALIZATIONS, Dense, Dropout

# Vectors beside each kernel: a bias, scale and shift of a normalization, or all three.
_N_VECTORS = {None: 1, "batch": 2, "layer": 3}


@dataclass(frozen=True, kw_only=True)
class ConvolutionalRecipe(Recipe):
    """Stages that pool, then dense layers, ending in logits.

    Parameters
    ----------
    filters : tuple of int
        Output channels of each stage. With any, samples have 1, 2 or 3 spatial axes
        that outlast the poolings, then channels; without, any shape will do.
    kernel_size, pool_size : int
    dense_units : tuple of int
    activation : str
        One of `ACTIVATIONS`.
    normalization : str or None
        One of `NORMALIZATIONS`.
    dropout : float
        In [0, 1).
    """

    filters: tuple[int, ...] = restricted(Sizes())
    kernel_size: int = restricted(COUNT)
    pool_size: int = restricted(COUNT)
    dense_units: tuple[int, ...] = restricted(Sizes())
    activation: str = restricted(OneOf(_stages.ACTIVATIONS))
    normalization: str | None = restricted(OneOf((None, *NORMALIZATIONS)))
    dropout: float = restricted(SHARE, compare=False)

    def __post_init__(self):
        super().__post_init__()
        shape = self.input_shape
        if not self.filters:
            return
        if not 2 <= len(shape) <= 4:
            raise ValueError(
                "Convolutions need samples of 1 to 3 spatial axes and one of channels, "
                f"got samples of shape {shape}. Set input_shape to such a shape, or "
                "filters=() for a network without convolutions."
            )
        left = min(shape[:-1]) // self.pool_size ** len(self.filters)
        if not self.per_column and left < 1:
            raise ValueError(
                f"filters={self.filters} are {len(self.filters)} stages, each of which "
                f"divides the {shape[:-1]} pixels of a sample by "
                f"pool_size={self.pool_size}: fewer than one would be left. Use fewer "
                "stages or a smaller pool_size."
            )

    def convolutions(self, stage: int, channels: int) -> dict[str, int]:
        """Input channels of each convolution of a stage, by name."""
        raise NotImplementedError

    def pool_sizes(self) -> Iterator[int]:
        """Pooling of each stage: none where columns are too few."""
        width = min(self.input_shape[:-1], default=1)
        for _ in self.filters:
            size = 1 if self.per_column and width < self.pool_size else self.pool_size
            width //= size
            yield size

    def kernels(self):
        *spatial, channels = self.input_shape
        window = (self.kernel_size,) * len(spatial)
        shapes = {}
        stages = zip(self.filters, self.pool_sizes())
        for stage, (filters, pool_size) in enumerate(stages, start=1):
            for name, inputs in self.convolutions(stage, channels).items():
                shapes[name] = (*window, inputs, filters)
            spatial = [size // pool_size for size in spatial]
            channels = filters
        width = math.prod(spatial) * channels
        for layer, units in enumerate(self.dense_units, start=1):
            shapes[f"dense_{layer}"] = (width, units)
            width = units
        return {**shapes, "logits": (width, self.n_outputs)}

    def n_unshared_parameters(self):
        *hidden, logits = self.kernels().values()
        n_vectors = _N_VECTORS[self.normalization]
        n_hidden = sum(math.prod(shape) + n_vectors * shape[-1] for shape in hidden)
        return n_hidden + math.prod(logits) + self.n_outputs

    def stage(self, x, stage: int, filters: int, pool_size: int, units: _stages.Units):
        """What a stage makes of its input."""
        raise NotImplementedError

    def units(self) -> _stages.Units:
        return _stages.Units({}, self.normalization, self.activation)

    def network(self):
        rows, x = entrance(self)
        units = self.units()
        stages = zip(self.filters, self.pool_sizes())
        for i, (filters, pool_size) in enumerate(stages, start=1):
            x = self.stage(x, i, filters, pool_size, units)
        x = keras.layers.Flatten(name="flatten")(x)
        for i, n_units in enumerate(self.dense_units, start=1):
            dense = partial(Dense, n_units, use_bias=units.use_bias)
            x = units(x, f"dense_{i}", dense)
            # Always there, whatever the rate: a grid over rates is then one program.
            name = f"dense_{i}_dropout"
            x = Dropout(self.dropout, self.seed + i, name=name)(x)
        logits = Dense(self.n_outputs, name="logits")(x)
        return keras.Model(rows, logits, name=self.name)


@dataclass(frozen=True, kw_only=True)
class CNNRecipe(ConvolutionalRecipe):
    """Stages of one convolution and pooling."""

    name: ClassVar[str] = "cnn"

    def convolutions(self, stage, channels):
        return {f"conv_{stage}": channels}

    def stage(self, x, stage, filters, pool_size, units):
        return _stages.plain_stage(
            x, filters, self.kernel_size, pool_size, units, f"conv_{stage}"
        )
