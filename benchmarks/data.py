"""The data that every contender gets."""

import os
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

VARIABLE = "SKOPT_NN_DATA"
HOW_TO_GET_MNIST = (
    "No mnist.npz: give its folder by --data or SKOPT_NN_DATA. "
    "sklearn.datasets.fetch_openml('mnist_784') has the images; save the first 60,000 "
    "as x_train (uint8, n x 28 x 28) and y_train, the others as x_test and y_test, by "
    "numpy.savez."
)


def digits():
    """All 1,797 digits of 8 x 8 pixels from 0 to 16, as rows."""
    X, y = load_digits(return_X_y=True)
    return X.astype(np.float32), y.astype(np.int64)


def split_digits(seed, n_train=None):
    """Digits for training and for testing, 70 to 30, with equal shares of classes."""
    X, y = digits()
    train, test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    return train[:n_train], test, y_train[:n_train], y_test


def mnist_file(folder=None):
    """The path of mnist.npz, or None where there is none."""
    folder = folder or os.environ.get(VARIABLE)
    path = Path(folder) / "mnist.npz" if folder else None
    return path if path is not None and path.is_file() else None


def mnist(folder, n_train=60_000, n_test=10_000):
    """MNIST as float32 rows of pixels from 0 to 1, or FileNotFoundError."""
    path = mnist_file(folder)
    if path is None:
        raise FileNotFoundError(HOW_TO_GET_MNIST)
    with np.load(path) as arrays:
        return [
            _rows(arrays["x_train"][:n_train]),
            _rows(arrays["x_test"][:n_test]),
            arrays["y_train"][:n_train].astype(np.int64),
            arrays["y_test"][:n_test].astype(np.int64),
        ]


def _rows(images):
    return images.reshape(len(images), -1).astype(np.float32) / 255
