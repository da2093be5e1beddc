"""Categories as vectors."""

from itertools import accumulate

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import ZEROS, Role, unit_uniform

ops = keras.ops


class CategoryVectors:
    """Draws a vector for each category but the first of each column, which is zero.

    The first stands for what is missing or unknown: where there is none of it in
    training, it says nothing.

    Parameters
    ----------
    n_categories : tuple of int
    """

    def __init__(self, n_categories: tuple[int, ...]):
        self.firsts = _firsts(n_categories)

    def __call__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        vectors = unit_uniform(rng, shape)
        vectors[self.firsts] = 0
        return vectors


def _firsts(n_categories):
    """Row of the first category of each column, where all share one table."""
    return [0, *accumulate(n_categories)][:-1]


@keras.saving.register_keras_serializable(package="skopt_nn")
class CategoryEmbedding(keras.layers.Layer):
    """Each column of category codes becomes a trained vector.

    Rows of shape ``(n_columns,)``, of codes from 0 on, become ``(n_columns, units)``.

    Parameters
    ----------
    n_categories : tuple of int
        Number of codes of each column.
    units : int
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.
    """

    def __init__(self, n_categories, units, **kwargs):
        super().__init__(**kwargs)
        self.n_categories = tuple(n_categories)
        self.units = units

    def build(self, input_shape):
        self.vectors = self.add_weight(
            name="vectors",
            shape=(sum(self.n_categories), self.units),
            initializer=ZEROS,
        )
        self.vectors.role = Role(decays=True, draw=CategoryVectors(self.n_categories))
        self.built = True

    def call(self, inputs):
        firsts = ops.convert_to_tensor(_firsts(self.n_categories), dtype="int32")
        places = ops.cast(inputs, "int32") + firsts
        return ops.take(self.vectors, places, axis=0)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.units)

    def get_config(self):
        own = {"n_categories": self.n_categories, "units": self.units}
        return {**super().get_config(), **own}
