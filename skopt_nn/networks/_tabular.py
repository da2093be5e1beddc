"""The network of tables: one perceptron that serves as many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import ClassVar

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn._parameters import COUNT, SHARE, OneOf, Range, Sizes
from skopt_nn.networks._recipe import Recipe, restricted
from skopt_nn.networks._stages import ACTIVATIONS
from skopt_nn.networks.layers import (
    CategoryEmbedding,
    Dense,
    Dropout,
    MemberDense,
    MemberScale,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)

ADAPTERS = ("mini", "full")
EMBEDDINGS = ("piecewise_linear", "periodic")


@dataclass(frozen=True, kw_only=True)
class TabularRecipe(Recipe):
    """A perceptron that all members of an ensemble share but for a few vectors each.

    A row is numbers, then marks of those that are missing, then codes of categories.
    Numbers and categories are embedded; what comes of them is multiplied by a vector
    for each member and goes through layers that all members share, each member to its
    own logits, of shape ``(n_members, n_outputs)``.

    Parameters
    ----------
    n_numeric, n_indicators : int
        Columns of numbers, and marks of missing ones.
    n_categories : tuple of int
        Codes of each column of categories.
    n_members : int
    adapters : str
        ``"mini"`` or ``"full"``: whether members differ before the first of the shared
        layers, or before and behind each of them, by a bias, too.
    embedding : str or None
        One of `EMBEDDINGS`; None leaves numbers as they are.
    n_bins : int
        Bins of each column, or frequencies of periodic embeddings.
    embedding_dim : int
    dense_units : tuple of int
    activation : str
        One of `ACTIVATIONS`.
    dropout : float
        In [0, 1).

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko. "TabM: Advancing Tabular Deep Learning with
    Parameter-Efficient Ensembling". ICLR 2025. arXiv:2410.24210.
    """

    name: ClassVar[str] = "tabular"

    n_numeric: int = restricted(Range(Integral, 0))
    n_indicators: int = restricted(Range(Integral, 0))
    n_categories: tuple[int, ...] = restricted(Sizes("one a column of categories"))
    n_members: int = restricted(COUNT)
    adapters: str = restricted(OneOf(ADAPTERS))
    embedding: str | None = restricted(OneOf((None, *EMBEDDINGS)))
    n_bins: int = restricted(COUNT)
    embedding_dim: int = restricted(COUNT)
    dense_units: tuple[int, ...] = restricted(Sizes())
    activation: str = restricted(OneOf(ACTIVATIONS))
    dropout: float = restricted(SHARE, compare=False)

    def __post_init__(self):
        super().__post_init__()
        n_columns = self.n_numeric + self.n_indicators + len(self.n_categories)
        if self.input_shape != (n_columns,):
            raise ValueError(
                f"input_shape must be ({n_columns},), a value for each of "
                f"{self.n_numeric} numbers, {self.n_indicators} marks of missing ones "
                f"and {len(self.n_categories)} categories; got {self.input_shape}."
            )

    # -- sizes --------------------------------------------------------------------

    @property
    def _is_embedded(self):
        return self.embedding is not None and self.n_numeric > 0

    @property
    def sections(self) -> tuple[int, ...]:
        """Widths of what the columns are when the first adapter sees them."""
        numeric = self.embedding_dim if self.embedding is not None else 1
        return (
            *[numeric] * self.n_numeric,
            *[1] * self.n_indicators,
            *[self.embedding_dim] * len(self.n_categories),
        )

    @property
    def constants(self):
        bins = self._is_embedded and self.embedding == "piecewise_linear"
        return [(self.n_numeric, self.n_bins)] * 2 if bins else []

    def _embeddings(self):
        """Shapes of what embeds the columns, by name."""
        shapes, vectors = {}, (self.n_numeric, self.embedding_dim)
        if self._is_embedded and self.embedding == "piecewise_linear":
            shapes["bends"] = (self.n_numeric, self.n_bins, self.embedding_dim)
            shapes["slope"] = shapes["embedding_bias"] = vectors
        elif self._is_embedded:
            shapes["frequencies"] = (self.n_numeric, self.n_bins)
            shapes["periodic"] = (2 * self.n_bins, self.embedding_dim)
            shapes["embedding_bias"] = vectors
        if self.n_categories:
            shapes["categories"] = (sum(self.n_categories), self.embedding_dim)
        return shapes

    @property
    def _widths(self):
        """Of what enters each shared layer and the logits."""
        return sum(self.sections), *self.dense_units

    def _adapters(self):
        """Shapes of the members' vectors, by name."""
        widths = self._widths
        shapes = {"adapter_1": (self.n_members, widths[0])}
        if self.adapters == "full":
            for i, units in enumerate(self.dense_units, start=1):
                shapes[f"adapter_{i}"] = (self.n_members, widths[i - 1])
                for name in ("scale", "bias"):
                    shapes[f"dense_{i}_{name}"] = (self.n_members, units)
        return shapes

    def _shared(self):
        """Shapes of the shared layers' kernels, by name."""
        pairs = zip(self._widths, self.dense_units)
        return {f"dense_{i}": pair for i, pair in enumerate(pairs, start=1)}

    def kernels(self):
        head = (self.n_members, self._widths[-1], self.n_outputs)
        return {
            **self._embeddings(),
            **self._adapters(),
            **self._shared(),
            "logits": head,
        }

    def n_unshared_parameters(self):
        own = map(math.prod, (*self._embeddings().values(), *self._shared().values()))
        head = (self._widths[-1] + 1) * self.n_outputs
        return self.n_members * (sum(own) + sum(self.dense_units) + head)

    def shared_by_members(self) -> list[str]:
        """Layers that all members apply."""
        numbers = ["numbers"] if self._is_embedded else []
        categories = ["categories"] if self.n_categories else []
        return [*numbers, *categories, *self._shared()]

    # -- layers -------------------------------------------------------------------

    def network(self):
        rows = keras.Input(self.input_shape, name="rows")
        x = self._embedded(rows)
        x = MemberScale(self.n_members, self.sections, name="adapter_1")(x)
        for i, units in enumerate(self.dense_units, start=1):
            x = self._layer(x, i, units)
        logits = MemberDense(self.n_outputs, name="logits")(x)
        return keras.Model(rows, logits, name=self.name)

    def _embedded(self, rows):
        n_numeric, n_codes = self.n_numeric, len(self.n_categories)
        parts = []
        if n_numeric:
            parts.append(self._numeric(rows[:, :n_numeric]))
        if self.n_indicators:
            parts.append(rows[:, n_numeric : n_numeric + self.n_indicators])
        if n_codes:
            vectors = CategoryEmbedding(
                self.n_categories, self.embedding_dim, name="categories"
            )(rows[:, -n_codes:])
            parts.append(keras.layers.Flatten(name="category_vectors")(vectors))
        if len(parts) == 1:
            return parts[0]
        return keras.layers.Concatenate(name="columns")(parts)

    def _numeric(self, numbers):
        if self.embedding is None:
            return numbers
        kinds = {
            "piecewise_linear": PiecewiseLinearEmbedding,
            "periodic": PeriodicEmbedding,
        }
        layer = kinds[self.embedding](self.n_bins, self.embedding_dim, name="numbers")
        return keras.layers.Flatten(name="number_vectors")(layer(numbers))

    def _layer(self, x, i, units):
        """One shared layer, between the members' vectors if they are many."""
        is_full = self.adapters == "full"
        if is_full and i > 1:
            x = MemberScale(self.n_members, name=f"adapter_{i}")(x)
        x = Dense(units, use_bias=not is_full, name=f"dense_{i}")(x)
        if is_full:
            behind = MemberScale(self.n_members, use_bias=True, name=f"dense_{i}_scale")
            x = behind(x)
        x = keras.layers.Activation(self.activation, name=f"dense_{i}_activation")(x)
        # Always there, whatever the rate: a grid over rates is then one program.
        return Dropout(self.dropout, self.seed + i, name=f"dense_{i}_dropout")(x)


def set_bins(model: keras.Model, low: np.ndarray, width: np.ndarray) -> None:
    """Tell piecewise linear embeddings where their bins begin and how wide they are."""
    layer = model.get_layer("numbers")
    layer.low.assign(on_device(np.asarray(low, dtype=np.float32)))
    layer.width.assign(on_device(np.asarray(width, dtype=np.float32)))


def with_members(
    recipe: TabularRecipe, model: keras.Model, members: Sequence[int]
) -> tuple[TabularRecipe, keras.Model]:
    """The network of some members alone."""
    fewer = replace(recipe, n_members=len(members))
    smaller = fewer.model()
    kept = list(members)
    for layer in model.layers:
        values = layer.get_weights()
        if isinstance(layer, MemberScale | MemberDense):
            values = [value[kept] for value in values]
        if values:
            smaller.get_layer(layer.name).set_weights(values)
    return fewer, smaller
