import os
import tempfile
from importlib.metadata import version

import numpy as np
import pytest
from packaging.version import Version
from sklearn.datasets import load_diabetes, load_digits

# Compiled programs are shared by the processes of one run, and with no other run.
_COMPILED = tempfile.TemporaryDirectory(prefix="skopt_nn_compiled_")
os.environ.setdefault("SKOPT_NN_COMPILATION_CACHE", _COMPILED.name)

# The processes of a run would fight for the cores; and joblib's workers, which get as
# many threads as joblib leaves them, have to equal this process to the last bit.
os.environ["OMP_NUM_THREADS"] = "1"

# Most tests compile more than they compute: with these options of XLA compiling takes a
# third of the time. With XLA_FLAGS set, if to nothing, programs are those of a user.
if os.environ.get("KERAS_BACKEND", "jax") == "jax":
    flags = ["--xla_backend_optimization_level=0"]
    if Version(version("jaxlib")) < Version("0.12"):  # later ones end the process
        flags.append("--xla_cpu_use_fusion_emitters=false")
        flags.append("--xla_cpu_parallel_codegen_split_count=1")
    os.environ.setdefault("XLA_FLAGS", " ".join(flags))


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
    """Parameters of a network that trains in no time, by plain steps.

    What the defaults add to these has tests of its own.
    """
    return {
        "filters": (4,),
        "kernel_size": 3,
        "pool_size": 2,
        "dense_units": (8,),
        "normalization": None,
        "input_shape": (8, 8, 1),
        "learning_rate": 1e-3,
        "learning_rate_schedule": "constant",
        "weight_decay": 0.0,
        "epochs": 2,
        "batch_size": 32,
        "random_state": 0,
    }
