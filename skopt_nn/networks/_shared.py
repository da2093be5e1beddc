"""The network in which places of equal shape may be one layer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import ClassVar

from skopt_nn._parameters import Range
from skopt_nn.networks import _stages
from skopt_nn.networks._cnn import ConvolutionalRecipe, at
from skopt_nn.networks._recipe import restricted
from skopt_nn.networks.sharing import shared_layers

# Where layers are shared, a file of few values may ask for any number of them.
_MOST_SLOTS = 1000

# Vectors beside each kernel: a bias, scale and shift of a normalization, or all three.
_N_VECTORS = {None: 1, "batch": 2, "layer": 3}


@dataclass(frozen=True, kw_only=True)
class SharedRecipe(ConvolutionalRecipe):
    """Stages of one entry convolution and ``depth`` residual ones of equal shape.

    Each kernel but that of the logits fills a *slot*: ``stage_i_entry``,
    ``stage_i_block_j`` or ``dense_i``.

    Parameters
    ----------
    depth : int
    groups : dict of str to str
        Each slot and the name of the layer that fills it: slots of one name, which have
        kernels of one shape, are applications of one layer, stored once. Empty, each
        slot has a layer of its own.
    """

    name: ClassVar[str] = "shared"

    depth: int = restricted(Range(Integral, 0))
    # Which slots are one layer is compared, what the layer is called is not.
    groups: Mapping[str, str] = field(default_factory=dict, compare=False)
    partition: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self):
        super().__post_init__()
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
        """Kernel shape of each place that may share its layer: all but the logits."""
        shapes = self.kernels()
        del shapes["logits"]
        return shapes

    def n_unshared_parameters(self) -> int:
        """Number of trained values if no two places shared a kernel."""
        *hidden, logits = self.kernels().values()
        n_vectors = _N_VECTORS[self.normalization]
        n_hidden = sum(math.prod(shape) + n_vectors * shape[-1] for shape in hidden)
        return n_hidden + math.prod(logits) + self.n_outputs

    def stored_kernels(self):
        shapes = self.kernels()
        return {self.groups.get(slot, slot): shape for slot, shape in shapes.items()}

    def convolutions(self, stage, window, channels):
        filters, sides = self.filters[stage - 1], window(at(self.kernel_size, stage))
        blocks = [f"stage_{stage}_block_{j}" for j in range(1, self.depth + 1)]
        return {
            f"stage_{stage}_entry": (*sides, channels, filters),
            **dict.fromkeys(blocks, (*sides, filters, filters)),
        }

    def units(self):
        return _stages.Units(self.groups, self.normalization, self.activation)

    def stage(self, x, stage, filters, pool_size, units):
        side = at(self.kernel_size, stage)
        return _stages.residual_stage(
            x, filters, side, pool_size, self.depth, units, f"stage_{stage}"
        )

    def build(self):
        """A model in which kernels of equal shape start alike.

        Kernels from different draws are all but orthogonal, before training and after:
        only those that start alike may stay so, and merge.
        """
        model, first = super().build(), {}
        stored = self.stored_kernels()
        del stored["logits"]
        for name, shape in stored.items():
            kernel = model.get_layer(name).kernel
            kernel.assign(first.setdefault(shape, kernel))
        return model
