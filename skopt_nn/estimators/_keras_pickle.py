"""Fitted Keras models and callbacks inside the pickle of an estimator."""

import pickle
import warnings

import numpy as np

from skopt_nn import _scikeras
from skopt_nn._backend import keras

CALLBACK_PARAMETERS = ("callbacks", "fit__callbacks", "predict__callbacks")


class ArchivedModel:
    """A model as Keras' own pickle: architecture, weights, optimizer and losses.

    Beside it stand the classes and functions from outside Keras, which Keras looks up
    by name, and the seed generators' states, which it does not store.
    """

    def __init__(self, model):
        self.rebuild, self.archive = model.__reduce__()[:2]
        self.custom_objects = _scikeras.custom_objects(model)
        self.seed_states = _scikeras.seed_states(model)

    def restore(self):
        with keras.saving.custom_object_scope(self.custom_objects):
            model = self.rebuild(*self.archive)
        _scikeras.set_seed_states(model, self.seed_states)
        return model


class ModelValues:
    """A model's values, where only the build function can make the model again."""

    def __init__(self, model):
        self.variables = _values(model.variables)
        optimizer = getattr(model, "optimizer", None)
        self.optimizer = _values(optimizer.variables) if optimizer else []

    def assign_to(self, model):
        if self.optimizer:
            model.optimizer.build(model.trainable_variables)
            _assign(model.optimizer.variables, self.optimizer)
        _assign(model.variables, self.variables)
        return model


def pack(model, can_rebuild):
    """What stands for a model in a pickle."""
    custom = _scikeras.custom_objects(model).values()
    if can_rebuild and not all(map(_scikeras.is_importable, custom)):
        return ModelValues(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lambdas load here: nothing to warn of
            return ArchivedModel(model)
    except (NotImplementedError, TypeError, ValueError):
        if not can_rebuild:
            raise
        return ModelValues(model)


def without_unpicklable_callbacks(state, owner):
    """The state of a fitted estimator, for which callbacks have done their work."""
    for holder in (state, state.get("_routed", {})):
        for name in CALLBACK_PARAMETERS:
            if holder.get(name) is not None and not _can_pickle(holder[name]):
                warnings.warn(
                    f"{name} of this fitted {owner} cannot be pickled and is left out: "
                    "the unpickled estimator has None there. Callbacks from a module, "
                    "without lambdas or open files, are kept.",
                    stacklevel=3,
                )
                holder[name] = None
    return state


def _can_pickle(value):
    try:
        pickle.dumps(value)
    except Exception:
        return False
    return True


def _values(variables):
    return [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
