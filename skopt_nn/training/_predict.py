"""Outputs for any number of rows from a handful of programs."""

import math

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import PREDICTOR

# Rows predicted by one call; larger batches run out of the processor's caches.
BUCKETS = (2, 8, 32, 128)
# Below this many parameters 32 rows cost about as much as one. A single size then
# makes the outputs of a row the same to the bit, whatever rows it comes with.
_SMALL = 20_000


class Predictor:
    """Outputs of one model, a bucket of rows at a time.

    Rows are predicted in batches of the largest bucket; what is left over is filled up
    to the smallest bucket that holds it.
    """

    def __init__(self, model: keras.Model):
        self._call = PREDICTOR(model)
        n_parameters = sum(math.prod(v.shape) for v in model.trainable_variables)
        self._buckets = (32,) if n_parameters < _SMALL else BUCKETS

    def __call__(self, X: np.ndarray) -> np.ndarray:
        largest = self._buckets[-1]
        parts = []
        for start in range(0, len(X), largest):
            x = X[start : start + largest]
            size = next(size for size in self._buckets if size >= len(x))
            parts.append((self._call(_filled(x, size)), len(x)))
        return np.concatenate([np.asarray(out)[:n] for out, n in parts])


def _filled(x, size):
    if size == len(x):
        return x
    return np.concatenate([x, np.broadcast_to(x[:1], (size - len(x), *x.shape[1:]))])
