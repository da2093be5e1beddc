"""Dense layer whose kernel has a role."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import KERNEL, ZEROS


@keras.saving.register_keras_serializable(package="skopt_nn")
class Dense(keras.layers.Dense):
    """Keras' dense layer; its kernel decays, and starts from Glorot's distribution."""

    variable_config = ()

    def __init__(self, units, use_bias=True, **kwargs):
        kwargs = {"kernel_initializer": ZEROS, "bias_initializer": ZEROS, **kwargs}
        super().__init__(units, use_bias=use_bias, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.kernel.role = KERNEL
