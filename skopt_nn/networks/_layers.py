"""Layers whose settings are data: changing one never asks for a new program."""

from contextvars import ContextVar

import numpy as np

from skopt_nn._backend import keras, on_device

ops = keras.ops


@keras.saving.register_keras_serializable(package="skopt_nn")
class Constant(keras.initializers.Initializer):
    """A value everywhere, filled in by numpy: JAX compiles a program for each shape.

    Parameters
    ----------
    value : float, default=0.0
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        return on_device(np.full(shape, self.value, dtype=np.float32))

    def get_config(self):
        return {"value": self.value}


ZEROS = Constant(0.0)
ONES = Constant(1.0)


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

        from skopt_nn.networks._jax_kernels import uniform

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


@keras.saving.register_keras_serializable(package="skopt_nn")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalization with statistics weighted by the rows' weights.

    Rows that only pad a batch have weight zero and are not seen.

    References
    ----------
    S. Ioffe, C. Szegedy. "Batch Normalization: Accelerating Deep Network Training by
    Reducing Internal Covariate Shift". ICML 2015. arXiv:1502.03167.
    """

    variable_config = ()
    row_weights = ContextVar("row_weights", default=None)

    def call(self, inputs, training=None):
        rows = self.row_weights.get()
        if rows is None or not training or not self.trainable:
            return super().call(inputs, training=training)
        mean, variance = _weighted_moments(inputs, rows)
        for moving, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            moving.assign(moving * self.momentum + value * (1 - self.momentum))
        return ops.batch_normalization(
            inputs, mean, variance, -1, self.beta, self.gamma, self.epsilon
        )


def _weighted_moments(inputs, rows):
    """Mean and variance of each channel; a mask of Keras' layer would be yes or no."""
    weights = ops.reshape(rows, (-1, *(1,) * (len(inputs.shape) - 1)))
    weights = ops.broadcast_to(weights, (*inputs.shape[:-1], 1))
    axes = list(range(len(inputs.shape) - 1))
    total = ops.sum(weights)
    mean = ops.sum(weights * inputs, axis=axes) / total
    variance = ops.sum(weights * ops.square(inputs - mean), axis=axes) / total
    return mean, variance
