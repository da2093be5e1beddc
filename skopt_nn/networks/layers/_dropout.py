"""Dropout whose rate is data."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import Constant

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class Dropout(keras.layers.Layer):
    """Inverted dropout whose rate is a variable, so that all rates share one program.

    Parameters
    ----------
    rate : float
        Fraction of the inputs set to zero in training, in [0, 1).
    seed : int
        Seed of the masks.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov. "Dropout:
    A Simple Way to Prevent Neural Networks from Overfitting". Journal of Machine
    Learning Research 15, 2014, 1929-1958.
    """

    variable_config = ("rate",)

    def __init__(self, rate, seed, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.rate_value = self.add_weight(
            shape=(),
            initializer=Constant(self.rate),
            trainable=False,
            name="rate",
        )

    def call(self, inputs, training=False):
        if not training:
            return inputs
        if keras.backend.backend() == "jax":
            return self._call_jax(inputs)
        noise = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator)
        return self._drop(inputs, noise)

    def _call_jax(self, inputs):
        from jax import lax

        from skopt_nn.networks.layers._jax_kernels import uniform

        # The seed is drawn outside of the branch: its state is a side effect.
        key = self.seed_generator.next()
        return lax.cond(
            self.rate_value.value > 0,
            lambda x: self._drop(x, uniform(key, x.shape)),
            lambda x: x,
            inputs,
        )

    def _drop(self, inputs, noise):
        keep = ops.cast(noise >= self.rate_value, inputs.dtype)
        return inputs * keep / (1 - ops.convert_to_tensor(self.rate_value))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
