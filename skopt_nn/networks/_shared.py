"""The network in which places of equal shape may be one layer."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

from skopt_nn._parameters import OneOf, Range
from skopt_nn.networks import _stages
from skopt_nn.networks._cnn import BLOCKS, CNNRecipe, at
from skopt_nn.networks._recipe import restricted
from skopt_nn.networks.layers import (
    MOST_COMPRESSION,
    HashedKernel,
    QuantizedKernel,
    TemplateBank,
    hashed_size,
)
from skopt_nn.networks.sharing import shared_layers

# Where layers are shared, a file of few values may ask for any number of them.
_MOST_SLOTS = 1000

# Vectors beside each kernel: a bias, scale and shift of a normalization, or all three.
_N_VECTORS = {None: 1, "batch": 2, "layer": 3}
RECURSIVE = "recursive"
SHARED_BLOCKS = (RECURSIVE, *BLOCKS)


@dataclass(frozen=True, kw_only=True)
class SharedRecipe(CNNRecipe):
    """Stages whose kernels of one shape may be one.

    Each kernel fills a *slot* but that of the logits and those of convolutions of each
    channel by itself, which are small.

    Parameters
    ----------
    block : str
        A block of the convolutional network, or "recursive": one entry convolution and
        ``depth`` residual ones of equal shape.
    depth : int
    groups : dict of str to str
        Each slot and the name of the layer that fills it: slots of one name, which have
        kernels of one shape, are applications of one layer, stored once. Empty, each
        slot has a layer of its own.
    n_templates : int
        Kernels of more slots of one shape than so many are mixtures of so many
        templates; 0 for kernels of their own.
    compression : float
        How many weights of dense kernels, and of convolutions of one pixel, come from
        one that is stored; 1 for kernels of their own.
    n_values : int
        How many values the weights of a kernel take while it is trained; 0 for any
        number.
    """

    name: ClassVar[str] = "shared"
    of_version_0_1: ClassVar[Mapping[str, Any]] = {
        "block": RECURSIVE,
        "head": "flatten",
        "pools_first": True,
        "vocabulary_size": 0,
        "embedding_dim": 0,
        "n_templates": 0,
        "compression": 1.0,
        "n_values": 0,
    }

    block: str = restricted(OneOf(SHARED_BLOCKS), default=RECURSIVE)
    depth: int = restricted(Range(Integral, 0))
    # Which slots are one layer is compared, what the layer is called is not.
    groups: Mapping[str, str] = field(default_factory=dict, compare=False)
    n_templates: int = restricted(Range(Integral, 0), default=0)
    compression: float = restricted(Range(Real, 1), default=1.0)
    n_values: int = restricted(Range(Integral, 0, 256, closed="both"), default=0)
    partition: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self):
        super().__post_init__()
        if not (self.is_recursive or self.depth):
            raise ValueError(
                f'depth must be at least 1 with block="{self.block}", got 0: only a '
                "recursive stage has a convolution that does not count."
            )
        n_slots = len(self.filters) * (1 + self.depth) + len(self.dense_units)
        if n_slots > _MOST_SLOTS:
            raise ValueError(
                f"depth={self.depth} in {len(self.filters)} stages, and "
                f"{len(self.dense_units)} dense layers are {n_slots} layers: at most "
                f"{_MOST_SLOTS} can be built. Use fewer."
            )
        if not isinstance(self.groups, Mapping):
            raise ValueError(
                "groups must be a dict of slot to name of a layer, got "
                f"{self.groups!r}."
            )
        if self.groups:
            self._check_groups()
        members = shared_layers(self.groups).values()
        partition = tuple(sorted(tuple(sorted(slots)) for slots in members))
        object.__setattr__(self, "partition", partition)

    def _check_groups(self):
        shapes = self.slots()
        wrong = sorted(map(str, self.groups.keys() ^ shapes.keys()))
        if wrong:
            raise ValueError(
                f"groups must name a layer for each of the {len(shapes)} slots of the "
                f"network and no other, got {len(self.groups)}; look at {wrong[:5]}."
            )
        names = {*shapes, *(f"shared_{i}" for i in range(1, len(shapes) + 1))}
        for layer, slots in shared_layers(self.groups, least=1).items():
            if layer not in names or len({shapes[slot] for slot in slots}) > 1:
                raise ValueError(
                    "groups must join slots of one shape under the name of a slot, or "
                    f"as 'shared_1' to 'shared_{len(shapes)}', got {layer!r} for "
                    f"{slots}."
                )

    def slots(self) -> dict[str, tuple[int, ...]]:
        """Kernel shape of each place that may share its layer."""
        return {
            name: shape
            for name, shape in self.kernels().items()
            if name != "logits" and not name.endswith("_depthwise")
        }

    @property
    def is_recursive(self) -> bool:
        return self.block == RECURSIVE

    @property
    def folds(self):
        return False

    @property
    def drops_features(self):
        return super().drops_features and not self.is_recursive

    def n_unshared_parameters(self) -> int:
        """Number of trained values if no two places shared a kernel."""
        kernels = self.kernels()
        n_weights = sum(map(math.prod, kernels.values()))
        del kernels["logits"]
        n_normalized = sum(
            shape[-1]
            for name, shape in kernels.items()
            if not name.endswith("_bottleneck")
        )
        scaled = self.normalization == "batch" and not self.is_recursive
        n_vectors = 1 if scaled else _N_VECTORS[self.normalization]
        return n_weights + n_vectors * n_normalized + self.n_outputs

    def stored_kernels(self):
        stored = {}
        for slot, shape in super().stored_kernels().items():
            bank, n_hashed = self.bank_of(slot, shape), self.n_hashed(slot, shape)
            if bank is not None:
                stored[bank], shape = (self.n_templates, *shape), (self.n_templates,)
            elif n_hashed is not None:
                shape = (n_hashed,)
            stored[self.groups.get(slot, slot)] = shape
        return stored

    @property
    def has_sources(self) -> bool:
        """Whether kernels are made of what is stored."""
        return self.n_templates > 0 or self.compression > 1 or self.n_values > 0

    def without_sources(self):
        """The recipe of the same network, whose kernels are weights of their own."""
        return replace(self, n_templates=0, compression=1.0, n_values=0)

    def bank_of(self, slot: str, shape: tuple[int, ...]) -> str | None:
        """Name of the templates that the kernel of a slot is a mixture of."""
        slots = self.slots()
        if not self.n_templates or slot not in slots:
            return None
        numbers = Counter(slots.values())
        shapes = [shape for shape, n in numbers.items() if n > self.n_templates]
        return f"templates_{shapes.index(shape) + 1}" if shape in shapes else None

    def n_hashed(self, slot: str, shape: tuple[int, ...]) -> int | None:
        """Weights that the kernel of a slot, or of the logits, is drawn from."""
        drawn = slot == "logits" or slot in self.slots()
        if self.compression == 1 or math.prod(shape[:-2]) > 1 or not drawn:
            return None
        return hashed_size(shape, self.compression)

    def check_values(self, values):
        if self.compression > MOST_COMPRESSION:
            raise ValueError(
                f"compression must be at most {MOST_COMPRESSION}, got "
                f"{self.compression}: little is left to save. Use a smaller one."
            )
        super().check_values(values)

    def convolutions(self, stage, window, channels):
        if not self.is_recursive:
            return super().convolutions(stage, window, channels)
        filters, sides = self.filters[stage - 1], window(at(self.kernel_size, stage))
        blocks = [f"stage_{stage}_block_{j}" for j in range(1, self.depth + 1)]
        return {
            f"stage_{stage}_entry": (*sides, channels, filters),
            **dict.fromkeys(blocks, (*sides, filters, filters)),
        }

    def units(self):
        return _Units(self)

    def stage(self, x, stage, filters, pool_size, units):
        if not self.is_recursive:
            return super().stage(x, stage, filters, pool_size, units)
        side = at(self.kernel_size, stage)
        return _stages.residual_stage(
            x, filters, side, pool_size, self.depth, units, f"stage_{stage}"
        )

    def build(self):
        """A model in which kernels of equal shape start alike.

        Kernels from different draws are all but orthogonal, before training and after:
        only those that start alike may stay so, and merge. Mixtures of templates start
        apart, as they are all that tells their kernels apart.
        """
        model, first = super().build(), {}
        if self.has_sources:
            return model
        for slot, shape in self.slots().items():
            kernel = model.get_layer(self.groups.get(slot, slot)).kernel
            kernel.assign(first.setdefault(shape, kernel))
        return model


class _Units(_stages.Units):
    """Units whose kernels are made of what the recipe says is stored."""

    pools_in_layers = False

    def __init__(self, recipe):
        scale = recipe.is_recursive
        super().__init__(recipe.groups, recipe.normalization, recipe.activation, scale)
        self._recipe = recipe
        self._banks = {}

    def apply(self, x, slot, make_layer):
        source = self._source(slot) if self._recipe.has_sources else None
        if source is not None:
            make_layer = partial(make_layer, source=source)
        return super().apply(x, slot, make_layer)

    def _source(self, slot):
        shape = self._recipe.kernels()[slot]
        name = self._recipe.bank_of(slot, shape)
        n_hashed = self._recipe.n_hashed(slot, shape)
        if name is not None:
            new = TemplateBank(self._recipe.n_templates, name=name)
            return self._banks.setdefault(name, new)
        if n_hashed is not None:
            return HashedKernel(n_hashed)
        n_values = self._recipe.n_values
        if not n_values or slot.endswith("_depthwise"):
            return None
        return QuantizedKernel(n_values)
