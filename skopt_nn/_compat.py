"""Private members of scikit-learn and Keras, and what differs between versions.

No other file names a private member of another package (scikeras' are in `bridge`).
Each of them is pinned by a test.
"""
# ruff: noqa: F401, what is imported here is for the other files

import contextlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import _name_estimators as name_estimators
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import (
    _check_categorical_features as check_categorical_features,
)
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _check_y as check_y
from sklearn.utils.validation import _is_fitted as is_fitted
from sklearn.utils.validation import _num_samples as num_samples

from skopt_nn._parameters import OneOf, Range


class FieldConstraints:
    """``_parameter_constraints`` of a class, read off its dataclass fields."""

    def __get__(self, estimator, cls):
        return {
            of.name: list(map(_as_sklearn, of.metadata["constraint"]))
            for of in fields(cls)
        }


def _as_sklearn(constraint):
    if isinstance(constraint, Range):
        kind, low, high, closed = constraint
        return Interval(kind, low, high, closed=closed)
    if isinstance(constraint, OneOf):
        return StrOptions(set(constraint.names))
    return constraint


class OwnPassthrough:
    """Left of a stack: where it passes something on, that is ``_beside(X)``, not X."""

    def _concatenate_predictions(self, X, predictions):
        beside = self._beside(X) if self.passthrough else X
        return super()._concatenate_predictions(beside, predictions)


_BELOW_THE_USER = {"skopt_nn", "sklearn", "joblib"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the user's that led here, whatever lies between.

    Python 3.12 has ``skip_file_prefixes`` for it.
    """
    frame, level = sys._getframe(), 1
    while frame.f_back and _package(frame) in _BELOW_THE_USER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]


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
