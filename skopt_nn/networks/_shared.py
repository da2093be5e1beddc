"""Networks in which layers of equal shape may be one layer."""

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from itertools import combinations

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks import _blocks

Groups = Mapping[str, str]


def build_shared(
    input_shape: tuple[int, ...],
    n_outputs: int,
    *,
    filters: tuple[int, ...],
    depth: int,
    kernel_size: int,
    pool_size: int,
    dense_units: tuple[int, ...],
    activation: str,
    normalization: str | None,
    dropout: float,
    table: bool,
    seed: int,
    groups: Groups | None = None,
) -> keras.Model:
    """Stages of one entry convolution and ``depth`` residual ones, then dense layers.

    Each layer with a kernel fills a *slot*: ``stage_i_entry``, ``stage_i_block_j`` or
    ``dense_i``. ``groups`` maps slots to the names of the layers that fill them: slots
    of one name are applications of one layer, stored once. A slot that is not named
    has a layer of its own. Normalization is never shared, as each application has
    statistics of its own.
    """
    rows, x = _blocks.entrance(input_shape, table)
    unit = _Units(groups or {}, activation, normalization)
    for i, n_filters in enumerate(filters, start=1):
        conv = partial(_blocks.convolution, n_filters, kernel_size, normalization)
        x = unit(x, f"stage_{i}_entry", conv)
        for j in range(1, depth + 1):
            block = unit(x, f"stage_{i}_block_{j}", conv)
            x = keras.layers.Add(name=f"stage_{i}_sum_{j}")([x, block])
        width = _blocks.pooling_width(x, pool_size, table)
        x = _blocks.pool(x, width, f"stage_{i}")
    x = keras.layers.Flatten(name="flatten")(x)
    for i, units in enumerate(dense_units, start=1):
        dense = partial(_blocks.dense, units, normalization)
        x = unit(x, f"dense_{i}", dense)
        x = _blocks.dropout(x, dropout, seed + i, f"dense_{i}")
    model = keras.Model(rows, _blocks.logits(x, n_outputs), name="shared_weights")
    return _start_alike(_blocks.initialize(model, seed))


def _start_alike(model):
    """Give layers of equal shape one initial kernel: those that stay close may merge.

    Kernels from different draws are all but orthogonal, before training and after.
    """
    first = {}
    for name, shape in shared_slots(model).items():
        kernel = model.get_layer(name).kernel
        kernel.assign(first.setdefault(shape, kernel))
    return model


class _Units:
    """Applies kernel, normalization and activation; kernels are looked up by slot."""

    def __init__(self, groups, activation, normalization):
        self.groups = groups
        self.activation = activation
        self.normalization = normalization
        self.layers = {}

    def __call__(self, x, slot, make_layer):
        name = self.groups.get(slot, slot)
        if name not in self.layers:
            self.layers[name] = make_layer(name=name)
        x = _blocks.normalize(self.layers[name](x), self.normalization, slot)
        return _blocks.activate(x, self.activation, slot)


def shared_slots(model: keras.Model) -> dict[str, tuple]:
    """Kernel shape of each layer that may be shared: all with a kernel but the last."""
    return {
        layer.name: tuple(layer.kernel.shape)
        for layer in model.layers
        if hasattr(layer, "kernel") and layer.name != "logits"
    }


def tied_groups(shapes: Mapping[str, tuple]) -> dict[str, str]:
    """One layer for all slots of one kernel shape."""
    members = defaultdict(list)
    for slot, shape in shapes.items():
        members[shape].append(slot)
    groups = {slot: slot for slot in shapes}
    shared = [group for group in members.values() if len(group) > 1]
    for i, group in enumerate(shared, start=1):
        groups |= dict.fromkeys(group, f"shared_{i}")
    return groups


def merged_groups(groups: Groups, first: str, second: str) -> dict[str, str]:
    """Groups in which the layers ``first`` and ``second`` have become one."""
    taken = set(groups.values()) - {first, second}
    names = (f"shared_{i}" for i in range(1, len(groups) + 1))
    name = next(name for name in names if name not in taken)
    return {
        slot: name if layer in (first, second) else layer
        for slot, layer in groups.items()
    }


def shared_layers(groups: Groups) -> dict[str, list[str]]:
    """The slots of each layer that fills more than one."""
    members = defaultdict(list)
    for slot, layer in groups.items():
        members[layer].append(slot)
    return {layer: group for layer, group in members.items() if len(group) > 1}


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Cosine of the angle between two kernels, in [-1, 1].

    References
    ----------
    P. Savarese, M. Maire. "Learning Implicitly Recurrent CNNs Through Parameter
    Sharing". ICLR 2019. arXiv:1902.09701 (the layer similarity index).
    """
    norm = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.vdot(first, second) / norm) if norm else 0.0


def most_similar(model: keras.Model) -> list[tuple[float, str, str]]:
    """Pairs of layers of equal kernel shape and their similarity, best first."""
    shapes = shared_slots(model)
    kernels = {
        name: keras.ops.convert_to_numpy(model.get_layer(name).kernel.value)
        for name in shapes
    }
    pairs = [
        (similarity(kernels[a], kernels[b]), a, b)
        for a, b in combinations(sorted(shapes), 2)
        if shapes[a] == shapes[b]
    ]
    return sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))


def copy_weights(
    source: keras.Model, source_groups: Groups, target: keras.Model, groups: Groups
) -> None:
    """Fill ``target`` from ``source``; a merged layer starts as its slots' mean."""
    origins = defaultdict(list)
    for slot, layer in groups.items():
        origins[layer].append(source_groups[slot])
    for layer in target.layers:
        members = [source.get_layer(n) for n in origins.get(layer.name, [layer.name])]
        for i, variable in enumerate(layer.variables):
            values = [
                keras.ops.convert_to_numpy(member.variables[i].value)
                for member in members
            ]
            mean = values[0] if len(values) == 1 else np.mean(values, axis=0)
            variable.assign(mean)
