"""Outputs for any number of rows from a handful of programs."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import PREDICTOR

BUCKETS = (4, 16, 64, 256)


class Predictor:
    """Outputs of one model, a bucket of rows at a time.

    Rows are predicted in batches of the largest bucket; what is left over is filled up
    to the smallest bucket that holds it.
    """

    def __init__(self, model: keras.Model):
        self._call = PREDICTOR(model)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, len(X), BUCKETS[-1]):
            x = X[start : start + BUCKETS[-1]]
            parts.append((self._call(_filled(x)), len(x)))
        return np.concatenate([np.asarray(out)[:n] for out, n in parts])


def _filled(x):
    size = next(size for size in BUCKETS if size >= len(x))
    if size == len(x):
        return x
    return np.concatenate([x, np.broadcast_to(x[:1], (size - len(x), *x.shape[1:]))])
