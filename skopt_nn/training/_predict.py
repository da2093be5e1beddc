"""Outputs for any number of rows from a handful of programs."""

import math

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import PREDICTOR
from skopt_nn.training._rows import as_input

# Rows predicted by one call: MANY as long as the call is at least half full, then FEW.
MANY = 256
FEW = 32
# Below this many parameters 32 rows cost about as much as one. A single size then
# makes the outputs of a row the same to the bit, whatever rows it comes with.
_SMALL = 20_000


class Predictor:
    """Outputs of one model from programs for 256 rows, for 32, and for a single one.

    What is left over is filled up.
    """

    def __init__(self, model: keras.Model):
        self._call = PREDICTOR(model)
        n_parameters = sum(math.prod(v.shape) for v in model.trainable_variables)
        self._is_small = n_parameters < _SMALL

    def __call__(self, X: np.ndarray) -> np.ndarray:
        parts, start = [], 0
        while start < len(X):
            size = self._size(len(X) - start, alone=len(X) == 1)
            x = as_input(X[start : start + size])
            parts.append((self._call(_filled(x, size)), len(x)))
            start += size
        return np.concatenate([np.asarray(out)[:n] for out, n in parts])

    def _size(self, n_left, alone):
        if self._is_small:
            return FEW
        if alone:
            return 1
        return MANY if n_left > MANY // 2 else FEW


def _filled(x, size):
    if size == len(x):
        return x
    return np.concatenate([x, np.broadcast_to(x[:1], (size - len(x), *x.shape[1:]))])
