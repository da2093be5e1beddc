"""Convolution of each channel by itself."""

import itertools

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import DEPTHWISE_KERNEL, ZEROS
from skopt_nn.networks.layers._pooling import positive_integer

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class DepthwiseConvolution(keras.layers.Layer):
    """One small kernel a channel, for series, images and volumes, that keeps the size.

    It is a sum of shifted copies of its input: there is no matrix product in it, and
    XLA's grouped convolution is a scalar loop on a CPU.

    Parameters
    ----------
    kernel_size : int, default=3
        Side of the kernel on every spatial axis, at least 1.
    use_bias : bool, default=True
        Whether a bias for each channel is added.
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    References
    ----------
    A. G. Howard, M. Zhu, B. Chen, D. Kalenichenko, W. Wang, T. Weyand, M. Andreetto,
    H. Adam. "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
    Applications". 2017. arXiv:1704.04861.

    Examples
    --------
    >>> import numpy as np
    >>> from skopt_nn.networks.layers import DepthwiseConvolution
    >>> layer = DepthwiseConvolution(kernel_size=3)
    >>> tuple(layer(np.zeros((2, 28, 28, 8), "float32")).shape)
    (2, 28, 28, 8)
    >>> tuple(layer.kernel.shape)
    (3, 3, 1, 8)
    """

    def __init__(self, kernel_size=3, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = positive_integer("kernel_size", kernel_size)
        self.use_bias = use_bias

    def build(self, input_shape):
        self._rank = len(input_shape) - 2
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*(self.kernel_size,) * self._rank, 1, input_shape[-1]),
            initializer=ZEROS,
        )
        self.kernel.role = DEPTHWISE_KERNEL
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(input_shape[-1],), initializer=ZEROS
            )
        self.built = True

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, inputs):
        side, spatial = self.kernel_size, inputs.shape[1:-1]
        kernel = ops.convert_to_tensor(self.kernel)
        margin = ((side - 1) // 2, side // 2)
        padded = ops.pad(inputs, ((0, 0), *(margin,) * self._rank, (0, 0)))
        outputs = 0.0 if self.bias is None else ops.convert_to_tensor(self.bias)
        for place in itertools.product(range(side), repeat=self._rank):
            window = tuple(slice(k, k + n) for k, n in zip(place, spatial))
            outputs = outputs + padded[(slice(None), *window)] * kernel[place]
        return outputs

    def get_config(self):
        sizes = {"kernel_size": self.kernel_size, "use_bias": self.use_bias}
        return {**super().get_config(), **sizes}
