"""Outputs for any number of rows from a handful of programs."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import PREDICTOR

LARGEST_BUCKET = 256
SMALLEST_BUCKET = 4


class Predictor:
    """Outputs of one model, a bucket of rows at a time.

    Rows are predicted in batches of ``LARGEST_BUCKET``; what is left over is filled up
    to the next power of two.
    """

    def __init__(self, model: keras.Model):
        self._call = PREDICTOR(model)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, len(X), LARGEST_BUCKET):
            x = X[start : start + LARGEST_BUCKET]
            parts.append((self._call(_filled(x)), len(x)))
        return np.concatenate([np.asarray(out)[:n] for out, n in parts])


def _filled(x):
    size = max(SMALLEST_BUCKET, 1 << (len(x) - 1).bit_length())
    if size == len(x):
        return x
    return np.concatenate([x, np.broadcast_to(x[:1], (size - len(x), *x.shape[1:]))])
