"""What "auto" stands for in a network, by the kind of sample."""

import math

from skopt_nn._parameters import COUNT
from skopt_nn.training import Training

# How these were chosen, and what lost, is told in docs/defaults.md.
_OTHERS = {
    "filters": (24, 48, 96),
    "kernel_size": 3,
    "pool_size": 2,
    "dense_units": (),
    "block": "plain",
    "normalization": "batch",
    "dropout": 0.0,
    "learning_rate": Training.learning_rate,
    "augmentation": None,
}
# The network of Kim (2014, arXiv:1408.5882): n-grams of several lengths, and the best
# match of each in the text.
_TEXT = {
    "filters": (96,),
    "kernel_size": 4,
    "pool_size": 1,
    "dense_units": (),
    "block": "inception",
    "head": "max",
    "normalization": None,
    "dropout": 0.5,
    "learning_rate": 1e-3,
    "augmentation": {"token_dropout": 0.3},
}
_PERCEPTRON = {"dense_units": (128,), "normalization": None}
# Series of so many steps have wide kernels, and are pooled until about so many are
# left.
_LONG = 32
_WIDE_KERNEL = 9
# Images so large are the same picture if they are shifted a little.
_LARGE = 16
_MOST_FLATTENED = 16
# An average over an image needs the last of its convolutions to see much, and to have
# many channels: their number times that of convolutions. Beyond so many features there
# is no other way.
_LEAST_AVERAGED, _MOST_FEATURES = 200, 2**15


def resolved(fields):
    """Fields of a recipe by name, with values in place of "auto"."""
    *spatial, _ = fields["input_shape"]
    if len(spatial) == 1 and fields.get("vocabulary_size"):
        return filled(fields, _TEXT)
    fields = filled(fields, {"filters": _OTHERS["filters"]})
    n_stages = len(fields["filters"])
    automatic = dict(_OTHERS)
    if not n_stages:
        automatic |= _PERCEPTRON
    if len(spatial) == 2 and min(spatial) >= _LARGE:
        automatic["augmentation"] = {"shift": 2}
    if len(spatial) == 1 and spatial[0] >= _LONG and not fields["per_column"]:
        automatic["kernel_size"] = _WIDE_KERNEL
        if n_stages:
            size = round((spatial[0] / _LONG) ** (1 / n_stages))
            automatic["pool_size"] = max(size, 2)
    fields = filled(fields, automatic)
    left = _positions_left(spatial, fields["pool_size"], n_stages)
    is_flat = fields["per_column"] or left <= _MOST_FLATTENED
    if len(spatial) > 1 and n_stages and not is_flat:
        is_flat = _is_better_flat(left, fields["filters"], fields.get("depth", 1))
    return filled(fields, {"head": "flatten" if is_flat else "average"})


def _is_better_flat(n_positions, filters, depth):
    """Whether few, narrow convolutions leave an average too little to tell by."""
    if not COUNT.holds(filters[-1]):
        return False  # the recipe refuses it
    depths = depth if isinstance(depth, tuple | list) else [depth]
    channels = len(filters) * filters[-1] * max(filter(COUNT.holds, depths), default=1)
    return channels < _LEAST_AVERAGED and n_positions * filters[-1] <= _MOST_FEATURES


def filled(fields, automatic):
    """Fields by name, with the values of some in place of "auto"."""
    return {
        name: automatic.get(name, value) if _is_auto(value) else value
        for name, value in fields.items()
    }


def _is_auto(value):
    return isinstance(value, str) and value == "auto"


def _positions_left(spatial, pool_size, n_stages):
    sizes = pool_size if isinstance(pool_size, tuple | list) else [pool_size] * n_stages
    for size in sizes:
        # What is no size is refused by the recipe.
        if COUNT.holds(size) and min(spatial, default=0) >= size:
            spatial = [side // size for side in spatial]
    return math.prod(spatial)
