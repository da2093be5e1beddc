"""Layers that stayed alike become one, as long as the held-out score allows it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks.sharing._sharing import Sharing


@dataclass(frozen=True)
class Similar(Sharing):
    """Merge the two most alike layers, fine-tune, and go on while the score holds.

    Parameters
    ----------
    tolerance : float
        Held-out score that merging may cost.
    fine_tune_epochs : int
        Epochs of training after each merge.
    """

    tolerance: float
    fine_tune_epochs: int

    needs_held_out = True
    trains_on = True

    def accepts(self, recipe):
        return None

    def after_training(self, run):
        floor = run.score() - self.tolerance
        while run.is_in_time and (pairs := most_similar(run.recipe, run.model)):
            before = run.recipe, run.model
            _, first, second = pairs[0]
            recipe = merged(run.recipe, first, second)
            run.replace(recipe, merged_model(*before, recipe))
            run.train(self.fine_tune_epochs)
            # Written so that a score that is not a number accepts no merge.
            if not run.score() >= floor:
                run.replace(*before)
                return


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


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Cosine of the angle between two kernels, in [-1, 1].

    References
    ----------
    P. Savarese, M. Maire. "Learning Implicitly Recurrent CNNs Through Parameter
    Sharing". ICLR 2019. arXiv:1902.09701 (the layer similarity index).
    """
    norm = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.vdot(first, second) / norm) if norm else 0.0


def most_similar(recipe: Any, model: keras.Model) -> list[tuple[float, str, str]]:
    """Pairs of layers of equal kernel shape and their similarity, best first."""
    slots = recipe.slots()
    shapes = {recipe.groups.get(slot, slot): shape for slot, shape in slots.items()}
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
