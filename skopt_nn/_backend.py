"""The one place that imports Keras, after choosing its backend.

Keras reads ``KERAS_BACKEND`` once, when it is imported. A choice made by the user (the
variable, or a Keras that is already imported) stands; otherwise the backend is JAX.
"""

import os
import re
import sys
import warnings
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


# Silently wrong on CPUs where XLA's library YNN fuses reductions: a product that is
# reduced over many rows (0.10.2, jax-ml/jax issue 39103), and sums of repeated rows
# (0.10.2 and 0.11, tensorflow/tensorflow issue 126812). pyproject.toml excludes them.
_WRONG_JAXLIB = re.compile(r"0\.(10\.2|11\.)")
_FUSION_FLAG = "--xla_cpu_experimental_ynn_fusion_type"


def _warn_of_wrong_jaxlib():
    import jaxlib

    version = jaxlib.__version__  # pyright: ignore[reportPrivateImportUsage]
    chosen = _FUSION_FLAG in os.environ.get("XLA_FLAGS", "")
    if _WRONG_JAXLIB.match(version) and not chosen:
        warnings.warn(
            f"jaxlib {version} is installed, which skopt_nn excludes: on a "
            "CPU it computes wrong results without an error (jax-ml/jax issue 39103). "
            "Install another (pip install 'jax!=0.10.2,!=0.11.*' "
            "'jaxlib!=0.10.2,!=0.11.*'), or start Python with "
            f"XLA_FLAGS={_FUSION_FLAG}=individual_dot,individual_convolution.",
            stacklevel=2,
        )


def _import_keras():
    _limit_threads()
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", DEFAULT_BACKEND)
    if os.environ.get("KERAS_BACKEND") == "jax":
        # jaxlib takes two hints to the compiler for features of a CPU, and says of each
        # program that it finds on disk that it may crash (jax-ml/jax issue 38445).
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
    except (ImportError, ValueError) as err:
        raise ImportError(
            "skopt_nn needs Keras 3 with a backend: KERAS_BACKEND="
            f"{os.environ.get('KERAS_BACKEND')!r} cannot be used ({err}). Install it "
            "(pip install jax, 'skopt-nn[tensorflow]' or 'skopt-nn[torch]') or set "
            "KERAS_BACKEND to 'jax', 'tensorflow' or 'torch' before the first import."
        ) from err
    if keras.backend.backend() == "jax":
        _warn_of_wrong_jaxlib()
    return keras


if TYPE_CHECKING:
    import keras
else:
    keras = _import_keras()


def to_host(variables):
    """Copies of the values of variables: a backend may write into what it hands out."""
    return [np.array(keras.ops.convert_to_numpy(v.value)) for v in variables]


def on_device(array):
    """A copy of an array where the backend computes.

    Keras converts arrays for JAX by a program that is compiled for each shape.
    """
    array = np.array(array)
    if keras.backend.backend() != "jax":
        return array
    import jax

    return jax.device_put(array)
