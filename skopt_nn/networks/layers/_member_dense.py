"""A dense layer for each member."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import MEMBER_KERNEL, ZEROS

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class MemberDense(keras.layers.Layer):
    """Dense layers side by side: member i applies kernel and bias i to its input.

    Rows of shape ``(n_members, width)`` become ``(n_members, units)``.

    Parameters
    ----------
    units : int
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        n_members, width = input_shape[-2:]
        self.kernel = self.add_weight(
            name="kernel", shape=(n_members, width, self.units), initializer=ZEROS
        )
        self.kernel.role = MEMBER_KERNEL
        self.bias = self.add_weight(
            name="bias", shape=(n_members, self.units), initializer=ZEROS
        )
        self.built = True

    def call(self, inputs):
        return ops.einsum("rmi,mio->rmo", inputs, self.kernel) + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
