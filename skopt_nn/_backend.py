"""The one place that imports Keras, after choosing its backend.

Keras reads ``KERAS_BACKEND`` once, when it is imported. A choice made by the user (the
variable, or a Keras that is already imported) stands; otherwise the backend is JAX.
"""

import os
import sys
from typing import TYPE_CHECKING

import numpy as np

DEFAULT_BACKEND = "jax"


# Where XLA and TensorFlow look for the number that others find in OMP_NUM_THREADS.
_THREAD_VARIABLES = ("NPROC", "TF_NUM_INTRAOP_THREADS")


def _limit_threads():
    """Obey the limit by which joblib keeps its workers from fighting for the cores."""
    limit = _number(os.environ.get("OMP_NUM_THREADS", "").partition(",")[0])
    for name in _THREAD_VARIABLES if limit else ():
        # A worker inherits what its parent was allowed.
        chosen = _number(os.environ.get(name, "")) or limit
        os.environ[name] = str(min(chosen, limit))


def _number(text):
    return int(text) if text.strip().isdigit() else 0


def _import_keras():
    _limit_threads()
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", DEFAULT_BACKEND)
    try:
        import keras
    except (ImportError, ValueError) as err:
        raise ImportError(
            "skopt_nn needs Keras 3 with a backend: KERAS_BACKEND="
            f"{os.environ.get('KERAS_BACKEND')!r} cannot be used ({err}). Install it "
            "(pip install jax, 'skopt-nn[tensorflow]' or 'skopt-nn[torch]') or set "
            "KERAS_BACKEND to 'jax', 'tensorflow' or 'torch' before the first import."
        ) from err
    return keras


if TYPE_CHECKING:
    import keras
else:
    keras = _import_keras()


def on_device(array):
    """A copy of an array where the backend computes.

    Keras converts arrays for JAX by a program that is compiled for each shape.
    """
    array = np.array(array)
    if keras.backend.backend() != "jax":
        return array
    import jax

    return jax.device_put(array)
