"""The one place that imports Keras, after choosing its backend.

Keras reads ``KERAS_BACKEND`` once, when it is imported. A choice made by the user (the
variable, or a Keras that is already imported) stands; otherwise the backend is JAX.
"""

import os
import sys

DEFAULT_BACKEND = "jax"


def _import_keras():
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


keras = _import_keras()
