"""Layers that have become one: their recipe, and a model that starts from them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from skopt_nn._backend import keras, on_device


def merged(recipe: Any, first: str, second: str) -> Any:
    """The recipe in which the layers ``first`` and ``second`` have become one."""
    groups = recipe.groups
    taken = set(groups.values()) - {first, second}
    names = (f"shared_{i}" for i in range(1, len(groups) + 1))
    name = next(name for name in names if name not in taken)
    joined = {
        slot: name if layer in (first, second) else layer
        for slot, layer in groups.items()
    }
    return replace(recipe, groups=joined)


def merged_model(source_recipe: Any, source: keras.Model, recipe: Any) -> keras.Model:
    """A model of the recipe; what was merged starts as the mean of its slots."""
    model = recipe.model()
    origins = _origins(source_recipe.groups, recipe.groups)
    for layer in model.layers:
        members = [source.get_layer(n) for n in origins.get(layer.name, [layer.name])]
        for i, variable in enumerate(layer.variables):
            values = [
                keras.ops.convert_to_numpy(member.variables[i].value)
                for member in members
            ]
            variable.assign(on_device(np.mean(values, axis=0, dtype=values[0].dtype)))
    return model


def _origins(source: Mapping[str, str], groups: Mapping[str, str]):
    """Of each layer of ``groups`` the layers of ``source`` that filled its slots."""
    origins = defaultdict(list)
    for slot, layer in groups.items():
        origins[layer].append(source[slot])
    return origins
