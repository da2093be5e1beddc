"""A network, layer by layer: shapes, parameters, multiplications."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from skopt_nn._backend import keras
from skopt_nn.networks.sharing import shared_layers


class LayerSummary(NamedTuple):
    """What a layer gives and takes.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of its output for one sample.
    n_parameters : int
        Number of trained values.
    n_multiply_adds : int
        Multiplications with its kernel for one sample.
    """

    name: str
    shape: tuple[int, ...]
    n_parameters: int
    n_multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """The layers of a network that have weights, or change the shape of a sample.

    Attributes
    ----------
    layers : tuple of LayerSummary
        A layer that is applied in several places is listed once.
    """

    layers: tuple[LayerSummary, ...]

    @property
    def n_parameters(self) -> int:
        return sum(layer.n_parameters for layer in self.layers)

    @property
    def n_multiply_adds(self) -> int:
        return sum(layer.n_multiply_adds for layer in self.layers)

    def __str__(self):
        header = ("layer", "output", "parameters", "multiply-adds")
        rows = [
            (layer.name, str(layer.shape), f"{layer[2]:,}", f"{layer[3]:,}")
            for layer in self.layers
        ]
        total = ("total", "", f"{self.n_parameters:,}", f"{self.n_multiply_adds:,}")
        lines = [header, *rows, total]
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths))
            ).rstrip()
            for line in lines
        )


def summary(model: keras.Model) -> Summary:
    """The summary of a network of this package."""
    layers, before, counted, places = [], None, set(), _shared_places(model)
    for layer in model.layers:
        shape = tuple(layer.output.shape[1:])
        # What several layers are mixtures of counts where it is first used.
        new = [v for v in layer.trainable_variables if id(v) not in counted]
        counted |= {id(v) for v in new}
        n_parameters = sum(math.prod(v.shape) for v in new)
        if n_parameters or shape != before:
            count = _products_of_position(layer)
            if count:
                count *= sum(
                    map(math.prod, places.get(layer.name) or [_positions(layer)])
                )
            layers.append(LayerSummary(layer.name, shape, n_parameters, count))
        before = shape
    return Summary(tuple(layers))


def _products_of_position(layer):
    kernel = getattr(layer, "kernel", None)
    return 0 if kernel is None else math.prod(kernel.shape)


def _positions(layer):
    """Shape of what the kernel of a layer is applied to."""
    return tuple(layer.input.shape[1:-1])


def _shared_places(model):
    """The same for each place of a layer that serves several.

    Keras tells of the first of them alone: the unshared network has a layer for each.
    """
    recipe = model.architecture.recipe
    shared = shared_layers(getattr(recipe, "groups", {}))
    if not shared:
        return {}
    twin = replace(recipe, groups={slot: slot for slot in recipe.slots()}).model()
    return {
        layer: [_positions(twin.get_layer(slot)) for slot in slots]
        for layer, slots in shared.items()
    }
