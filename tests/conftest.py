import os
import tempfile

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

# Compiled programs are shared by the processes of one run, and with no other run.
_COMPILED = tempfile.TemporaryDirectory(prefix="skopt_nn_compiled_")
os.environ.setdefault("SKOPT_NN_COMPILATION_CACHE", _COMPILED.name)


# The processes of a run would fight for the cores; and joblib's workers, which get as
# many threads as joblib leaves them, have to equal this process to the last bit.
os.environ["OMP_NUM_THREADS"] = "1"


def pytest_runtest_setup(item):
    if item.get_closest_marker("jax_only"):
        from skopt_nn._backend import keras  # only now that the environment is set

        if keras.backend.backend() != "jax":
            pytest.skip("needs the JAX backend")


def _read_only(*arrays):
    for array in arrays:
        array.flags.writeable = False
    return arrays


@pytest.fixture(scope="session")
def digits():
    """300 raw digits as rows, pixels 0 to 16."""
    X, y = load_digits(return_X_y=True)
    return _read_only(X[:300].astype(np.float32), y[:300])


@pytest.fixture(scope="session")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return _read_only(X[:200], y[:200])


@pytest.fixture(scope="session")
def tiny():
    """Parameters of a network that trains in no time."""
    return {
        "filters": (4,),
        "dense_units": (8,),
        "input_shape": (8, 8, 1),
        "epochs": 2,
        "random_state": 0,
    }
