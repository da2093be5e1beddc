"""Columns as vectors that are made of waves of their value."""

import math

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import EMBEDDING, FREQUENCIES, KERNEL, ZEROS

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class PeriodicEmbedding(keras.layers.Layer):
    """Each column becomes a vector, a function of sines and cosines of its value.

    The frequencies of each column are trained. The linear map behind them is one for
    all columns, and is followed by relu.

    Rows of shape ``(n_columns,)`` become ``(n_columns, units)``.

    Parameters
    ----------
    n_frequencies : int
    units : int
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko. "On Embeddings for Numerical Features in
    Tabular Deep Learning". NeurIPS 2022. arXiv:2203.05556.
    """

    def __init__(self, n_frequencies, units, **kwargs):
        super().__init__(**kwargs)
        self.n_frequencies = n_frequencies
        self.units = units

    def build(self, input_shape):
        n_columns = input_shape[-1]
        self.frequencies = self.add_weight(
            name="frequencies",
            shape=(n_columns, self.n_frequencies),
            initializer=ZEROS,
        )
        self.frequencies.role = FREQUENCIES
        self.kernel = self.add_weight(
            name="kernel", shape=(2 * self.n_frequencies, self.units), initializer=ZEROS
        )
        self.kernel.role = KERNEL
        self.bias = self.add_weight(
            name="bias", shape=(n_columns, self.units), initializer=ZEROS
        )
        self.bias.role = EMBEDDING
        self.built = True

    def call(self, inputs):
        waves = 2 * math.pi * ops.expand_dims(inputs, -1) * self.frequencies
        waves = ops.concatenate([ops.sin(waves), ops.cos(waves)], axis=-1)
        return ops.relu(ops.matmul(waves, self.kernel) + self.bias)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.units)

    def get_config(self):
        own = {"n_frequencies": self.n_frequencies, "units": self.units}
        return {**super().get_config(), **own}
