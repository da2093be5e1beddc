"""Dense layer whose kernel has a role."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import KERNEL, ZEROS


@keras.saving.register_keras_serializable(package="skopt_nn")
class Dense(keras.layers.Dense):
    """Keras' dense layer; its kernel decays, and starts from Glorot's distribution.

    Parameters
    ----------
    units : int
    use_bias : bool
    source : TemplateBank or HashedKernel, optional
        What the kernel is made of; None for a weight of its own.
    **kwargs
        Of Keras' layer.
    """

    variable_config = ()

    def __init__(self, units, use_bias=True, source=None, **kwargs):
        kwargs = {"kernel_initializer": ZEROS, "bias_initializer": ZEROS, **kwargs}
        super().__init__(units, use_bias=use_bias, **kwargs)
        self.source = source

    def build(self, input_shape):
        if self.source is None:
            super().build(input_shape)
            self.kernel.role = KERNEL
            return
        self.source.prepare(self, (input_shape[-1], self.units))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer=self.bias_initializer
            )
        self.built = True

    @property
    def kernel(self):
        return super().kernel if self.source is None else self.source.kernel(self)
