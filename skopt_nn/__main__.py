"""Versions and backend, for a report of a fault: ``python -m skopt_nn``."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from skopt_nn import __version__
from skopt_nn._backend import keras

_OTHERS = (
    "scikit-learn",
    "keras",
    "scikeras",
    "jax",
    "jaxlib",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
    "numpy",
    "scipy",
    "joblib",
    "pandas",
    "matplotlib",
)


def _versions():
    yield "skopt-nn", __version__
    yield "python", platform.python_version()
    yield "system", platform.platform()
    yield "cores", str(os.cpu_count())
    yield "backend", keras.backend.backend()
    for name in _OTHERS:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


if __name__ == "__main__":
    for name, value in _versions():
        print(f"{name:<15}{value}")
