"""Private members of scikit-learn and Keras, and what differs between versions.

No other file names a private member of another package (scikeras' are in `bridge`).
Each of them is pinned by a test.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.pipeline import _name_estimators as name_estimators
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _is_fitted as is_fitted
from sklearn.utils.validation import _num_samples as num_samples

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "build_for",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "compile_arguments",
    "excludes_from_decay",
    "fit_context",
    "fresh_names",
    "is_fitted",
    "layers_of",
    "name_estimators",
    "num_samples",
    "safe_indexing",
    "without_seed_generator",
]

# -- Keras ----------------------------------------------------------------------------


def layers_of(model) -> list:
    """A model and its layers at any depth."""
    return list(model._flatten_layers())


def build_for(model, batch: tuple) -> None:
    """Build layers, metrics and optimizer as ``fit`` does for its first batch."""
    model._symbolic_build(data_batch=batch)


def compile_arguments(model) -> dict[str, Any]:
    """What ``compile`` of a model was given last."""
    config = getattr(model, "_compile_config", None)
    return {} if config is None else dict(config.config)


def excludes_from_decay(optimizer) -> bool:
    """Whether some variables are not decayed, of which no configuration tells."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in names)


def without_seed_generator():
    """Forget the generator of ``keras.random``: its next use makes another."""
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR

    return _set_aside(GLOBAL_SEED_GENERATOR)


def fresh_names():
    """Name metrics made meanwhile ``auc`` again, not ``auc_7`` for the seventh fit."""
    return _set_aside("object_name_uids")


@contextlib.contextmanager
def _set_aside(name: str) -> Iterator[None]:
    """Unset one of Keras' global attributes of this thread for a while."""
    from keras.src.backend.common import global_state

    value = global_state.get_global_attribute(name)
    global_state.set_global_attribute(name, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(name, value)
