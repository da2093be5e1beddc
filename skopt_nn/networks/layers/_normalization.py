"""Normalization that knows of the rows' weights, with constants filled in by numpy."""

from contextvars import ContextVar
from typing import Any

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import ONES, ZEROS
from skopt_nn.networks.layers._pooling import on_jax_cpu

ops = keras.ops

NORMALIZATIONS = ("batch", "layer")
_SCALE = {"beta_initializer": ZEROS, "gamma_initializer": ONES}


def normalization(kind: str, name: str, scale: bool = True) -> keras.layers.Layer:
    """The layer of a kind in `NORMALIZATIONS`, by batch with or without a scale."""
    if kind == "layer":
        return keras.layers.LayerNormalization(**_SCALE, name=name)
    # Keras averages over 100 steps, which is more than some fits have.
    return BatchNormalization(
        momentum=0.9,
        moving_mean_initializer=ZEROS,
        moving_variance_initializer=ONES,
        **_SCALE,
        scale=scale,
        name=name,
    )


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
        if self.gamma is None and on_jax_cpu():
            from skopt_nn.networks.layers._jax_kernels import normalized

            shift = ops.convert_to_tensor(self.beta)
            of_batch: Any = normalized(inputs, rows, shift, self.epsilon)
            outputs, mean, variance = of_batch
        else:
            mean, variance = _weighted_moments(inputs, rows)
            outputs = ops.batch_normalization(
                inputs, mean, variance, -1, self.beta, self.gamma, self.epsilon
            )
        for moving, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            moving.assign(moving * self.momentum + value * (1 - self.momentum))
        return outputs


def _weighted_moments(inputs, rows):
    """Mean and variance of each channel; a mask of Keras' layer would be yes or no."""
    weights = ops.reshape(rows, (-1, *(1,) * (len(inputs.shape) - 1)))
    weights = ops.broadcast_to(weights, (*inputs.shape[:-1], 1))
    axes = list(range(len(inputs.shape) - 1))
    total = ops.sum(weights)
    mean = ops.sum(weights * inputs, axis=axes) / total
    variance = ops.sum(weights * ops.square(inputs - mean), axis=axes) / total
    return mean, variance
