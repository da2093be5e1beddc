"""The one door to scikeras.

scikeras is no longer maintained and reaches into the process when it is imported: it
loads TensorFlow wherever it is installed and replaces how Keras objects are pickled.
This file lets neither happen. What is taken from it is pinned by a test.
"""

import contextlib
import sys
from collections.abc import Iterator

from skopt_nn._backend import keras

_REPLACED_BY_SCIKERAS = (
    keras.Model,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.optimizers.Optimizer,
)
_PICKLE_METHODS = ("__reduce__", "__deepcopy__")


@contextlib.contextmanager
def _tensorflow_unseen() -> Iterator[None]:
    """Make ``import tensorflow`` fail, where another backend has no use for it."""
    unseen = keras.backend.backend() != "tensorflow" and "tensorflow" not in sys.modules
    if unseen:
        sys.modules["tensorflow"] = None
    try:
        yield
    finally:
        if unseen:
            del sys.modules["tensorflow"]


@contextlib.contextmanager
def _pickling_of_keras_kept() -> Iterator[None]:
    """Undo what happens to ``__reduce__`` and ``__deepcopy__`` of Keras' classes."""
    before = [
        (cls, name, vars(cls).get(name))
        for cls in _REPLACED_BY_SCIKERAS
        for name in _PICKLE_METHODS
    ]
    try:
        yield
    finally:
        for cls, name, method in before:
            if method is not None:
                setattr(cls, name, method)
            elif name in vars(cls):
                delattr(cls, name)


with _tensorflow_unseen(), _pickling_of_keras_kept():
    from scikeras import _utils as routing
    from scikeras import utils as names
    from scikeras.utils import transformers
    from scikeras.wrappers import BaseWrapper

__all__ = ["BaseWrapper", "names", "routing", "transformers"]

# scikit-learn gave up `_more_tags` and refuses classes that still have it: the tags of
# scikeras' classes are in `__sklearn_tags__` of ours.
if "_more_tags" in vars(BaseWrapper):
    del BaseWrapper._more_tags
