"""Max pooling whose gradient is a comparison instead of a select-and-scatter."""

from numbers import Integral

from skopt_nn._backend import keras


@keras.saving.register_keras_serializable(package="skopt_nn")
class MaxPooling(keras.layers.Layer):
    """Largest value of each window of a series, an image or a volume.

    Windows do not overlap: the stride is the window. What is left over at the end of an
    axis that the window does not divide is dropped, as in ``keras.layers.MaxPooling2D``
    with ``padding="valid"``, which this layer equals in value and in gradient; where a
    window holds its largest value twice, the first one receives the gradient.

    On JAX and a CPU, XLA turns the gradient of a max pooling into a select-and-scatter,
    a scalar loop that costs more than the convolutions around it. Here it is a
    comparison of the input with the maximum, which vectorizes. Elsewhere the backend's
    own pooling is used.

    Parameters
    ----------
    pool_size : int, default=2
        Side of the window on every spatial axis, at least 1.
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    Examples
    --------
    >>> import numpy as np
    >>> from skopt_nn.networks.layers import MaxPooling
    >>> series = np.array([[[1.0], [3.0], [2.0], [0.0], [9.0]]], "float32")
    >>> np.asarray(MaxPooling(2)(series)).ravel().tolist()
    [3.0, 2.0]
    """

    def __init__(self, pool_size=2, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = positive_integer("pool_size", pool_size)

    def build(self, input_shape):
        check_sample_shape(self, input_shape)
        self.built = True

    def compute_output_shape(self, input_shape):
        spatial = tuple(size // self.pool_size for size in input_shape[1:-1])
        return (input_shape[0], *spatial, input_shape[-1])

    def call(self, inputs):
        if self.pool_size == 1:
            return inputs
        if on_jax_cpu():
            return _jax_max_pool(inputs, self.pool_size)
        return keras.ops.max_pool(
            inputs, self.pool_size, self.pool_size, data_format="channels_last"
        )

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}


def positive_integer(name, value):
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(
            f"{name} must be an integer of at least 1. Received: {value!r}"
        )
    return int(value)


def check_sample_shape(layer, input_shape):
    spatial = input_shape[1:-1]
    if len(spatial) not in (1, 2, 3) or min(spatial) < layer.pool_size:
        raise ValueError(
            f"{type(layer).__name__} needs samples of shape (*spatial, channels) with "
            f"1 to 3 spatial axes of at least pool_size={layer.pool_size}. Received: "
            f"{tuple(input_shape[1:])}. Use a smaller pool_size or fewer poolings."
        )


def on_jax_cpu():
    """Whether the stock kernels are XLA's for CPUs, the ones worth replacing."""
    if keras.backend.backend() != "jax":
        return False
    import jax

    return jax.default_backend() == "cpu"


def _jax_max_pool(inputs, pool_size):
    from skopt_nn.networks.layers._jax_kernels import max_pool

    return max_pool(inputs, pool_size)
