"""Kernels whose weights are the nearest of a few values."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import (
    KERNEL,
    ZEROS,
    Constant,
    glorot_limit,
)


class QuantizedKernel:
    """A source of kernels: each latent weight becomes the nearest value of a codebook.

    The gradient reaches the latent weight as if it were the kernel's (the
    straight-through estimator): it moves between values though a kernel cannot. A
    value takes the sum of the gradients of the weights that it is.

    Parameters
    ----------
    n_values : int
        Values of a codebook.

    References
    ----------
    Y. Bengio, N. Léonard, A. Courville. "Estimating or Propagating Gradients Through
    Stochastic Neurons for Conditional Computation". 2013. arXiv:1308.3432.

    M. Courbariaux, Y. Bengio, J.-P. David. "BinaryConnect: Training Deep Neural
    Networks with binary weights during propagations". NeurIPS 2015. arXiv:1511.00363.
    """

    def __init__(self, n_values):
        self.n_values = n_values

    def prepare(self, layer: keras.Layer, shape: tuple[int, ...]) -> None:
        """Give a layer, whose kernel is of this shape, its weights and their values."""
        layer.latent = layer.add_weight(name="latent", shape=shape, initializer=ZEROS)
        layer.latent.role = KERNEL
        # Means of as many equal parts of the distribution that weights are drawn from.
        means = np.arange(1 - self.n_values, self.n_values, 2) / self.n_values
        layer.codebook = layer.add_weight(
            name="codebook",
            shape=(self.n_values,),
            initializer=Constant(glorot_limit(shape) * means),
        )

    def kernel(self, layer: keras.Layer):
        """The kernel of a layer."""
        latent = keras.ops.convert_to_tensor(layer.latent)
        values = keras.ops.convert_to_tensor(layer.codebook)
        still = keras.ops.stop_gradient(values)
        kernel = values[0] + keras.ops.zeros_like(latent)
        for j in range(1, self.n_values):
            is_above = latent > (still[j - 1] + still[j]) / 2
            kernel = keras.ops.where(is_above, values[j], kernel)
        return kernel + (latent - keras.ops.stop_gradient(latent))

    @staticmethod
    def settle(layer: keras.Layer) -> None:
        """Move the latent weights of a layer to where its kernel is, and stays."""
        layer.latent.assign(layer.kernel)
        layer.codebook.assign(keras.ops.sort(layer.codebook))
