"""Inputs of any scale, standardised by what the training data showed."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import ONES, ZEROS

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class Standardize(keras.layers.Layer):
    """Subtract a mean and divide by a scale that are set from the training data.

    Parameters
    ----------
    shape : tuple of int
        Shape of mean and scale; it broadcasts against one sample.
    """

    variable_config = ()

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def build(self, input_shape):
        self.mean = self.add_weight(
            shape=self.shape, initializer=ZEROS, trainable=False, name="mean"
        )
        self.scale = self.add_weight(
            shape=self.shape, initializer=ONES, trainable=False, name="scale"
        )

    def call(self, inputs):
        return (ops.cast(inputs, self.compute_dtype) - self.mean) / self.scale

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "shape": self.shape}
