"""Kernels of one shape are mixtures of few templates."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks.sharing._merging import merged, merged_model
from skopt_nn.networks.sharing._sharing import Sharing, shared_layers

# How far two mixtures, or biases, may be from each other, in lengths of their mean.
# Nothing is trained when their layers have become one.
_ALIKE = 0.1


@dataclass(frozen=True)
class Templates(Sharing):
    """A bank of templates for each shape; layers whose mixtures end alike become one.

    Parameters
    ----------
    n_templates : int
        Of each bank. Shapes of no more layers than so many have no bank.

    References
    ----------
    P. Savarese, M. Maire. "Learning Implicitly Recurrent CNNs Through Parameter
    Sharing". ICLR 2019. arXiv:1902.09701.
    """

    n_templates: int

    def check(self, recipe):
        numbers = Counter(recipe.slots().values())
        most = max(numbers.values(), default=0)
        if most <= self.n_templates:
            raise ValueError(
                f"n_templates={self.n_templates} must be less than the number of "
                f"layers of one shape, and no shape has more than {most}. Use fewer "
                "templates, or more layers of one shape."
            )

    def applied_to(self, recipe):
        return replace(super().applied_to(recipe), n_templates=self.n_templates)

    def accepts(self, recipe):
        return None

    def after_training(self, run):
        recipe = run.recipe
        while pair := _alike(recipe, run.model):
            recipe = merged(recipe, *pair)
            run.replace(recipe, merged_model(run.recipe, run.model, recipe))


def _alike(recipe, model):
    """Two layers of one bank that are all but equal, if there are any."""
    kernels = recipe.kernels()
    banks = {}
    for name, slots in shared_layers(recipe.groups, least=1).items():
        bank = recipe.bank_of(slots[0], kernels[slots[0]])
        if bank is not None:
            banks.setdefault(bank, []).append((name, _own(model.get_layer(name))))
    for layers in banks.values():
        for (first, a), (second, b) in combinations(layers, 2):
            if all(map(_are_close, a, b)):
                return first, second
    return None


def _own(layer):
    """What a layer does not share: its mixture and, if it has one, its bias."""
    variables = [layer.mixture, getattr(layer, "bias", None)]
    return [keras.ops.convert_to_numpy(v.value) for v in variables if v is not None]


def _are_close(a, b):
    return np.linalg.norm(a - b) <= _ALIKE * np.linalg.norm(a + b) / 2
