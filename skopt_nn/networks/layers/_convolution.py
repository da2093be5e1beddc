"""Convolution of series, images and volumes in one layer."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import KERNEL, ZEROS
from skopt_nn.networks.layers._pooling import (
    check_sample_shape,
    on_jax_cpu,
    positive_integer,
)


@keras.saving.register_keras_serializable(package="skopt_nn")
class Convolution(keras.layers.Layer):
    """Convolution that keeps the size of a series, an image or a volume.

    Stride 1, zero padding, channels last; one layer for 1 to 3 spatial axes. It equals
    ``keras.layers.Conv1D`` to ``Conv3D`` with ``padding="same"`` in value, in gradient,
    and in the names and shapes of its variables. On JAX and a CPU it runs as matrix
    products where these are faster than XLA's convolution; where a program without
    gradients has at least ``library_rows`` rows, it is left to XLA's library.

    With ``pool_size``, max pooling follows in the same layer, before the bias is added;
    from few input channels it is one matrix product and a maximum of neighbours.
    A monotone activation, such as ReLU, gives the same values behind the pooling as
    before it, at a fraction of the cost.

    Parameters
    ----------
    filters : int
        Number of output channels, at least 1.
    kernel_size : int, default=3
        Side of the kernel on every spatial axis, at least 1.
    use_bias : bool, default=True
        Whether a bias for each filter is added.
    kernel_initializer : str or keras.Initializer, default="glorot_uniform"
        Initializer of the kernel. Biases start at zero.
    pool_size : int, default=1
        Side of the windows whose maximum is kept, at least 1. They do not overlap, and
        what is left over at the end of an axis is dropped (see `MaxPooling`).
    source : TemplateBank, optional
        What the kernel is made of; None for a weight of its own.
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    Examples
    --------
    >>> import numpy as np
    >>> from skopt_nn.networks.layers import Convolution
    >>> layer = Convolution(filters=4, kernel_size=3)
    >>> tuple(layer(np.zeros((2, 28, 28, 1), "float32")).shape)
    (2, 28, 28, 4)
    >>> tuple(layer.kernel.shape)
    (3, 3, 1, 4)
    >>> pooled = Convolution(filters=4, kernel_size=3, pool_size=2)
    >>> tuple(pooled(np.zeros((2, 28, 28, 1), "float32")).shape)
    (2, 14, 14, 4)
    """

    def __init__(
        self,
        filters,
        kernel_size=3,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        pool_size=1,
        source=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.source = source
        self.filters = positive_integer("filters", filters)
        self.kernel_size = positive_integer("kernel_size", kernel_size)
        self.pool_size = positive_integer("pool_size", pool_size)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        check_sample_shape(self, input_shape)
        rank = len(input_shape) - 2
        shape = (self.kernel_size,) * rank + (input_shape[-1], self.filters)
        if self.source is not None:
            self.source.prepare(self, shape)
        else:
            self._kernel = self.add_weight(
                name="kernel", shape=shape, initializer=self.kernel_initializer
            )
            self._kernel.role = KERNEL
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer=ZEROS
            )
        self.library_rows = _library_rows(shape)
        self.built = True

    @property
    def kernel(self):
        return self._kernel if self.source is None else self.source.kernel(self)

    def compute_output_shape(self, input_shape):
        spatial = (size // self.pool_size for size in input_shape[1:-1])
        return (input_shape[0], *spatial, self.filters)

    def call(self, inputs, training=False):
        many = self.library_rows is not None and len(inputs) >= self.library_rows
        if on_jax_cpu() and (training or not many):
            return self._call_jax(inputs)
        outputs = keras.ops.conv(
            inputs, self.kernel, padding="same", data_format="channels_last"
        )
        if self.pool_size > 1:
            outputs = keras.ops.max_pool(
                outputs, self.pool_size, self.pool_size, data_format="channels_last"
            )
        return outputs if self.bias is None else outputs + self.bias

    def _call_jax(self, inputs):
        from skopt_nn.networks.layers import _jax_kernels as kernels

        kernel = keras.ops.convert_to_tensor(self.kernel)
        if self.pool_size > 1:
            outputs = kernels.pooled_convolution(inputs, kernel, self.pool_size)
        else:
            outputs = kernels.convolution(inputs, kernel)
        if self.bias is None:
            return outputs
        return kernels.add_bias(outputs, keras.ops.convert_to_tensor(self.bias))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "pool_size": self.pool_size,
        }


def _library_rows(kernel_shape):
    if not on_jax_cpu():
        return None
    from skopt_nn.networks.layers import _jax_kernels as kernels

    return kernels.library_rows(kernel_shape)
