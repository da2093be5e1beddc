"""Columns as vectors that are piecewise linear in their value."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import (
    EMBEDDING,
    EMBEDDING_SLOPES,
    ONES,
    ZEROS,
)

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class PiecewiseLinearEmbedding(keras.layers.Layer):
    """Each column becomes a vector, a piecewise linear function of its value.

    Column j with bins from ``low[j, t]``, ``width[j, t]`` wide, is encoded by how much
    of each bin lies below the value, ``clip((x - low) / width, 0, 1)``; a linear map of
    the code is added to a linear function of the value itself. The map starts from
    zero, so that the function starts as a straight line, and learns where to bend.

    Rows of shape ``(n_columns,)`` become ``(n_columns, units)``. Bins are values, not
    configuration: they are set from the training data.

    Parameters
    ----------
    n_bins : int
        Bins of each column; a bin that is not needed lies where no value is.
    units : int
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko. "On Embeddings for Numerical Features in
    Tabular Deep Learning". NeurIPS 2022. arXiv:2203.05556.
    """

    variable_config = ()

    def __init__(self, n_bins, units, **kwargs):
        super().__init__(**kwargs)
        self.n_bins = n_bins
        self.units = units

    def build(self, input_shape):
        n_columns = input_shape[-1]
        bins = {"shape": (n_columns, self.n_bins), "trainable": False}
        self.low = self.add_weight(name="low", initializer=ZEROS, **bins)
        self.width = self.add_weight(name="width", initializer=ONES, **bins)
        vectors = {"shape": (n_columns, self.units), "initializer": ZEROS}
        self.slope = self.add_weight(name="slope", **vectors)
        self.bias = self.add_weight(name="bias", **vectors)
        self.slope.role = self.bias.role = EMBEDDING
        self.bends = self.add_weight(
            name="bends",
            shape=(n_columns, self.n_bins, self.units),
            initializer=ZEROS,
        )
        self.bends.role = EMBEDDING_SLOPES
        self.built = True

    def call(self, inputs):
        x = ops.expand_dims(inputs, -1)
        code = ops.clip((x - self.low) / self.width, 0, 1)
        bent = ops.einsum("rct,ctu->rcu", code, self.bends)
        return bent + x * self.slope + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.units)

    def get_config(self):
        return {**super().get_config(), "n_bins": self.n_bins, "units": self.units}
