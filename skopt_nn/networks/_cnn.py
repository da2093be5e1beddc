"""The convolutional network."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import Any, ClassVar

from skopt_nn._backend import keras
from skopt_nn._parameters import SHARE, Flag, OneOf, Range, Sizes, Staged
from skopt_nn.networks import _stages
from skopt_nn.networks._entrance import entrance, token_entrance
from skopt_nn.networks._recipe import Recipe, restricted
from skopt_nn.networks.layers import (
    NORMALIZATIONS,
    POOLINGS,
    Dense,
    Dropout,
    GlobalPooling,
)


@dataclass(frozen=True, kw_only=True)
class ConvolutionalRecipe(Recipe):
    """Stages that pool, then dense layers, ending in logits.

    Parameters
    ----------
    filters : tuple of int
        Output channels of each stage. With any, samples have 1, 2 or 3 spatial axes
        that outlast the poolings, then channels; without, any shape will do.
    kernel_size, pool_size : int or tuple of int
        Of all stages, or of each one.
    dense_units : tuple of int
    activation : str
        One of `ACTIVATIONS`.
    normalization : str or None
        One of `NORMALIZATIONS`.
    dropout : float
        In [0, 1).
    """

    filters: tuple[int, ...] = restricted(Sizes())
    kernel_size: int | tuple[int, ...] = restricted(Staged())
    pool_size: int | tuple[int, ...] = restricted(Staged())
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
        for name in ("kernel_size", "pool_size"):
            self._check_staged(name)

    def _check_staged(self, name):
        value, n_stages = getattr(self, name), len(self.filters)
        if isinstance(value, tuple) and len(value) != n_stages:
            raise ValueError(
                f"{name} must be an int, or a tuple of one for each of the {n_stages} "
                f"stages of filters={self.filters}, got {value}."
            )

    def convolutions(
        self, stage: int, window: Callable[[int], tuple[int, ...]], channels: int
    ) -> dict[str, tuple[int, ...]]:
        """Shape of each convolution's kernel in a stage, by name.

        ``window(k)`` is that of the spatial axes of a kernel of side ``k``, and
        ``channels`` are those that the stage begins with.
        """
        raise NotImplementedError

    def stages(self) -> Iterator[tuple[int, int, int]]:
        """Number, filters and pooling of each stage that finds pixels to pool.

        Columns of unrelated units, which are no neighbours, are pooled as long as they
        last; samples of pixels have no stage behind that.
        """
        width = min(self.input_shape[:-1], default=1)
        for stage, filters in enumerate(self.filters, start=1):
            size = at(self.pool_size, stage)
            if width < size:
                if not self.per_column:
                    return
                size = 1
            width //= size
            yield stage, filters, size

    @property
    def entered_shape(self) -> tuple[int, ...]:
        """Shape of one sample as the first stage gets it."""
        return self.input_shape

    def entrance(self):
        """Input of flat rows, and what the first stage gets."""
        return entrance(self)

    def kernels(self):
        *spatial, channels = self.entered_shape
        shapes = {}
        for stage, filters, pool_size in self.stages():
            shapes |= self.convolutions(
                stage, lambda side: (side,) * (len(self.input_shape) - 1), channels
            )
            spatial = [size // pool_size for size in spatial]
            channels = filters
        width = self.n_pooled(spatial, channels)
        for layer, units in enumerate(self.dense_units, start=1):
            shapes[f"dense_{layer}"] = (width, units)
            width = units
        return {**shapes, "logits": (width, self.n_outputs)}

    def n_pooled(self, spatial: list[int], channels: int) -> int:
        """Number of values that the last stage leaves."""
        return math.prod(spatial) * channels

    def pooled(self, x):
        """Vectors, from what the last stage leaves."""
        return keras.layers.Flatten(name="flatten")(x)

    def stage(self, x, stage: int, filters: int, pool_size: int, units: _stages.Units):
        """What a stage makes of its input."""
        raise NotImplementedError

    def units(self) -> _stages.Units:
        return _stages.Units({}, self.normalization, self.activation)

    @property
    def drops_features(self) -> bool:
        """Whether there is dropout before the first layer behind the stages."""
        return False

    def network(self):
        rows, x = self.entrance()
        units = self.units()
        for stage, filters, pool_size in self.stages():
            x = self.stage(x, stage, filters, pool_size, units)
        x = self.pooled(x)
        if self.drops_features:
            x = Dropout(self.dropout, self.seed, name="features_dropout")(x)
        for i, n_units in enumerate(self.dense_units, start=1):
            dense = partial(Dense, n_units, use_bias=units.use_bias)
            x = units(x, f"dense_{i}", dense)
            # Always there, whatever the rate: a grid over rates is then one program.
            name = f"dense_{i}_dropout"
            x = Dropout(self.dropout, self.seed + i, name=name)(x)
        logits = units.apply(x, "logits", partial(Dense, self.n_outputs))
        return keras.Model(rows, logits, name=self.name)


def at(value: int | tuple[int, ...], stage: int) -> int:
    """What a parameter is in a stage; they are counted from 1."""
    return value[stage - 1] if isinstance(value, tuple) else value


BLOCKS = ("plain", "residual", "separable", "inception")
HEADS = ("flatten", *POOLINGS)
# A file of few values may ask for any number of them.
_MOST_LAYERS = 1000
# Batches are of single precision, which holds every integer up to here.
MOST_TOKENS = 2**24


@dataclass(frozen=True, kw_only=True)
class CNNRecipe(ConvolutionalRecipe):
    """Stages of convolution and pooling.

    Parameters
    ----------
    block : str
        One of `BLOCKS`.
    depth : int or tuple of int
        Convolutions, or blocks, of each stage.
    head : str
        What is made of the last stage's pixels, one of `HEADS`.
    pools_first : bool
        Whether pooling comes before normalization, which has no scale then. Not so in
        files of version 0.1.
    vocabulary_size, embedding_dim : int
        Number of token ids, which samples of one channel hold, and length of the vector
        that each one becomes. Both are 0 for samples of numbers.
    """

    name: ClassVar[str] = "cnn"
    of_version_0_1: ClassVar[Mapping[str, Any]] = {
        "block": "plain",
        "depth": 1,
        "head": "flatten",
        "pools_first": False,
        "vocabulary_size": 0,
        "embedding_dim": 0,
    }

    block: str = restricted(OneOf(BLOCKS), default="plain")
    depth: int | tuple[int, ...] = restricted(Staged(), default=1)
    head: str = restricted(OneOf(HEADS), default="flatten")
    pools_first: bool = restricted(Flag(), default=True)
    vocabulary_size: int = restricted(
        Range(Integral, 0, MOST_TOKENS, closed="both"), default=0
    )
    embedding_dim: int = restricted(Range(Integral, 0), default=0)

    def __post_init__(self):
        super().__post_init__()
        self._check_staged("depth")
        n_layers = sum(at(self.depth, i) for i in range(1, len(self.filters) + 1))
        if n_layers > _MOST_LAYERS:
            raise ValueError(
                f"depth={self.depth} in {len(self.filters)} stages is {n_layers} "
                f"layers: at most {_MOST_LAYERS} can be built. Use fewer."
            )
        self._check_tokens()

    def _check_tokens(self):
        if bool(self.vocabulary_size) != bool(self.embedding_dim):
            raise ValueError(
                "vocabulary_size and embedding_dim must both be 0 or both above, got "
                f"{self.vocabulary_size} and {self.embedding_dim}."
            )
        if self.vocabulary_size and self.input_shape[-1] != 1:
            raise ValueError(
                "vocabulary_size needs samples of one channel, a token id at each "
                f"place; got samples of shape {self.input_shape}. Set it to None for "
                "samples of numbers."
            )

    @property
    def standardizes(self):
        return not self.vocabulary_size

    @property
    def entered_shape(self):
        if self.standardizes:
            return self.input_shape
        return (*self.input_shape[:-1], self.embedding_dim)

    def entrance(self):
        return entrance(self) if self.standardizes else token_entrance(self)

    def stored_kernels(self):
        kernels = self.kernels()
        if not self.standardizes:
            kernels["embedding"] = (self.vocabulary_size, self.embedding_dim)
        return kernels

    def units(self):
        scale = not self.pools_first
        return _stages.Units({}, self.normalization, self.activation, scale)

    def n_pooled(self, spatial, channels):
        if self.head != "flatten" and self.filters:
            return channels
        return super().n_pooled(spatial, channels)

    def pooled(self, x):
        if self.head == "flatten" or not self.filters:
            return super().pooled(x)
        return GlobalPooling(self.head, name="pooling")(x)

    @property
    def folds(self) -> bool:
        """Whether normalization can become part of the kernels for prediction."""
        return self.normalization == "batch" and self.pools_first

    @property
    def drops_features(self):
        return self.pools_first and not self.dense_units

    def _widths(self, stage, filters):
        """Sides of the kernels of an inception unit, and filters of each."""
        side = at(self.kernel_size, stage)
        sides = sorted({max(side // share, 1) for share in (1, 2, 4)}, reverse=True)
        widths = dict.fromkeys(sides, filters // len(sides))
        widths[side] += filters % len(sides)
        return {side: n for side, n in widths.items() if n}

    def _bottleneck(self, stage, channels, filters):
        """Channels that an inception unit looks at; None for all that there are."""
        fewer = max(filters // 3, 1)
        # An embedding is linear, too: it has as many channels as it should.
        embedded = stage == 1 and not self.standardizes
        return fewer if channels > fewer and not embedded else None

    def convolutions(self, stage, window, channels):
        filters, side = self.filters[stage - 1], at(self.kernel_size, stage)
        shapes = {}
        for layer in range(1, at(self.depth, stage) + 1):
            name = self._layer(stage, layer)
            if self.block == "residual" and layer > 1:
                for i in (1, 2):
                    shapes[f"{name}_{i}"] = (*window(side), filters, filters)
            elif self.block == "separable" and stage + layer > 2:
                shapes[f"{name}_depthwise"] = (*window(side), 1, channels)
                shapes[f"{name}_pointwise"] = (*window(1), channels, filters)
            elif self.block == "inception":
                fewer = self._bottleneck(stage, channels, filters)
                if fewer is not None:
                    shapes[f"{name}_bottleneck"] = (*window(1), channels, fewer)
                for width, n in self._widths(stage, filters).items():
                    inputs = fewer or channels
                    shapes[f"{name}_width_{width}"] = (*window(width), inputs, n)
            else:
                shapes[name] = (*window(side), channels, filters)
            channels = filters
        return shapes

    def _layer(self, stage, layer):
        return f"conv_{stage}" if layer == 1 else f"conv_{stage}_{layer}"

    def stage(self, x, stage, filters, pool_size, units):
        side = at(self.kernel_size, stage)
        if not self.pools_first:
            name = self._layer(stage, 1)
            return _stages.plain_stage(x, filters, side, pool_size, units, name)
        for layer in range(1, at(self.depth, stage) + 1):
            name, size = self._layer(stage, layer), pool_size if layer == 1 else 1
            if self.block == "residual" and layer > 1:
                x = _stages.residual_block(x, filters, side, units, name)
            elif self.block == "separable" and stage + layer > 2:
                x = _stages.separable_unit(x, filters, side, size, units, name)
            elif self.block == "inception":
                widths = self._widths(stage, filters)
                fewer = self._bottleneck(stage, x.shape[-1], filters)
                x = _stages.inception_unit(x, widths, fewer, size, units, name)
            else:
                x = _stages.pooled_unit(x, filters, side, size, units, name)
        return x
