"""Fitted Keras models inside the pickle of an estimator."""

import copy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from skopt_nn._backend import keras, to_host
from skopt_nn._compat import compile_arguments, layers_of
from skopt_nn._fitting import without_unpicklable
from skopt_nn.bridge._seeds import seed_variables

_CALLBACKS = ("callbacks", "fit__callbacks", "predict__callbacks")


class PickledModels:
    """State of an estimator in which something else stands for Keras' models."""

    def __copy__(self):
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("callbacks_", None)
        if self.initialized_:
            name = type(self).__name__
            state = without_unpicklable(state, _CALLBACKS, name)
            routed = without_unpicklable(self._routed, _CALLBACKS, name)
            state["_routed"] = routed
        for name, value in state.items():
            if isinstance(value, keras.Model):
                state[name] = self._packed(name)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        for name, value in state.items():
            if isinstance(value, (ArchivedModel, ModelValues)):
                setattr(self, name, value.restore(self._rebuilt_model))

    def _packed(self, name):
        can_rebuild = name == "model_" and not isinstance(self.model, keras.Model)
        return pack(getattr(self, name), can_rebuild)

    def _copied_model(self):
        return self._packed("model_").restore(copy.copy(self)._rebuilt_model)

    def _rebuilt_model(self):
        del self.model_
        self.model_ = self._build_keras_model()
        self._ensure_compiled_model()
        if not self.model_.built:
            row = np.zeros((1, *self.X_shape_[1:]), self.X_dtype_)
            self.model_(self.feature_encoder_.transform(row))
        return self.model_


class ArchivedModel:
    """A model as Keras' own pickle: architecture, weights, optimizer and losses.

    Beside it stand the classes and functions from outside Keras, which Keras looks up
    by name, and the seed generators' states, which it does not store.
    """

    def __init__(self, model):
        self.rebuild, self.archive = model.__reduce__()[:2]
        self.custom_objects = custom_objects(model)
        self.seed_states = to_host(seed_variables(model))

    def restore(self, rebuild):
        with (
            keras.saving.custom_object_scope(self.custom_objects),
            warnings.catch_warnings(),
        ):
            # That of an optimizer that has not trained yet: there is nothing to load.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            model = self.rebuild(*self.archive)
        assign(seed_variables(model), self.seed_states)
        return model


class ModelValues:
    """A model's values, where only the build function can make the model again."""

    def __init__(self, model):
        self.variables = to_host(model.variables)
        optimizer = getattr(model, "optimizer", None)
        self.optimizer = to_host(optimizer.variables) if optimizer else []

    def restore(self, rebuild):
        model = rebuild()
        if self.optimizer:
            model.optimizer.build(model.trainable_variables)
            assign(model.optimizer.variables, self.optimizer)
        assign(model.variables, self.variables)
        return model


def pack(model, can_rebuild):
    """What stands for a model in a pickle."""
    if can_rebuild and not all(map(is_importable, custom_objects(model).values())):
        return ModelValues(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lambdas load here: nothing to warn of
            return ArchivedModel(model)
    except (NotImplementedError, TypeError, ValueError):
        if not can_rebuild:
            raise
        return ModelValues(model)


def custom_objects(model: keras.Model) -> dict[str, Any]:
    """Classes and functions from outside Keras that the model is made of, by name."""
    parts = layers_of(model)
    parts += [getattr(layer, "activation", None) for layer in parts]
    parts += keras.tree.flatten(compile_arguments(model))
    parts.append(getattr(model, "optimizer", None))
    found = {}
    for part in parts:
        named = part if hasattr(part, "__qualname__") else type(part)
        module = getattr(named, "__module__", None) or "builtins"
        if module.split(".")[0] not in ("keras", "builtins", "numpy"):
            found[named.__name__] = named
    return found


def is_importable(named: Any) -> bool:
    """Whether pickle can store a class or function as a reference."""
    module = sys.modules.get(named.__module__)
    return getattr(module, named.__qualname__, None) is named


@contextmanager
def kept_values(model: keras.Model) -> Iterator[None]:
    """Give a model that there was before its values back, if the block fails."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer and model.built and not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = [*model.variables, *(optimizer.variables if optimizer else ())]
    before = to_host(variables)
    try:
        yield
    except BaseException:
        assign(variables, before)
        raise


def assign(variables: list, given: list[np.ndarray]) -> None:
    for variable, value in zip(variables, given, strict=True):
        variable.assign(value)
