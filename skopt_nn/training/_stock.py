"""Keras' own steps as programs that models of one kind share.

Keras' JAX trainer passes variables, optimizer and metrics through its step functions
as arguments. Functions traced on a private twin of a model are therefore right for
every model of its architecture that is compiled as it is.
"""

import inspect
import json
import threading
import warnings
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from skopt_nn._backend import keras
from skopt_nn.training._cache import PROGRAMS
from skopt_nn.training._keys import architecture_key

_PACKAGES = {"builtins", "keras", "skopt_nn"}
_FUNCTIONS = ("function", "__lambda__", "Lambda")


def prediction_key(model: keras.Model) -> Hashable | None:
    """A key that two models share only if they predict by the same program.

    None where that cannot be known, or where Keras would compile no program.
    """
    if not _is_compiled_by_jax(model) or not model.built:
        return None
    if any(map(_has_own_methods, (model, *model.layers))):
        return None
    key = architecture_key(model)
    if key is None or not _is_described(model.get_config()):
        return None
    return "stock predict", key


def training_key(
    model: keras.Model, compiled: Mapping[str, Any] | None, batch: tuple
) -> Hashable | None:
    """A key that two models share only if they train by the same program.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    compiled : mapping of str to object, or None
        What the model was compiled with; None if that does not tell all.
    batch : tuple
        Rows as the model is given them: the kinds of metrics follow from their shapes.
    """
    key = prediction_key(model)
    if key is None or compiled is None or model.steps_per_execution != 1:
        return None
    if not all(map(_is_stock, keras.tree.flatten(dict(compiled)))):
        return None
    described = json.dumps(_without_variables(model.get_compile_config()))
    # Logs of several outputs are named after them.
    names = tuple(model.output_names) if len(model.outputs) > 1 else ()
    shapes = keras.tree.map_structure(lambda a: (str(a.dtype), a.shape[1:]), batch)
    one_row = keras.tree.flatten(batch)[0].shape[0] == 1
    return "stock train", key, described, names, repr(shapes), one_row


class StockTraining:
    """Keras' train and test step of a private twin, compiled once for each shape."""

    def __init__(self, model: keras.Model, build: Callable):
        twin = _twin(model)
        twin.compile_from_config(model.get_compile_config())
        build(twin)
        self._check(model, twin)
        self._lock = threading.RLock()
        self._train = self._compiled("train", twin.train_step)
        self._test = self._compiled("test", twin.test_step)

    def train(self, state, iterator):
        return self._train(state, next(iterator))

    def test(self, state, iterator):
        return self._test(state, next(iterator))

    def _compiled(self, kind, step):
        from skopt_nn.training._cpu import compiled  # other backends need no JAX

        def traced(state, data):
            # Keras keeps the losses of layers on the model while it traces.
            with self._lock:
                PROGRAMS.count_compilation(kind)
                return step(state, data)

        return compiled(traced, donate_argnums=0)

    @staticmethod
    def _check(model, twin):
        """Raise unless the twin's state stands for the model's, place by place."""
        for of in (
            lambda m: m.variables,
            lambda m: m.trainable_variables,
            lambda m: m.optimizer.variables,
            lambda m: m.metrics_variables,
        ):
            first, second = (list(map(_described, of(m))) for m in (model, twin))
            if first != second:
                raise ValueError("the configuration does not describe the model")


class StockPrediction:
    """Outputs of a private twin, and of its variables those that predicting changes."""

    def __init__(self, model: keras.Model):
        # Other backends need no JAX.
        from skopt_nn.training._cpu import STOCK_LIBRARY_ROWS, Inference

        self._twin = _twin(model)
        first, second = (map(_described, m.variables) for m in (model, self._twin))
        if list(first) != list(second):
            raise ValueError("the configuration does not describe the model")
        self._lock = threading.RLock()
        self._call = Inference(self._traced, STOCK_LIBRARY_ROWS)

    def __call__(self, trainable, non_trainable, x):
        """Outputs for ``x``, and new values by their index in ``non_trainable``."""
        n_rows = len(keras.tree.flatten(x)[0])
        return self._call(n_rows, trainable, non_trainable, x)

    def _traced(self, trainable, non_trainable, x):
        with self._lock:
            PROGRAMS.count_compilation("predict")
            outputs, after = self._twin.stateless_call(
                trainable, non_trainable, x, training=False
            )
        pairs = enumerate(zip(non_trainable, after))
        return outputs, {i: new for i, (old, new) in pairs if new is not old}


def stock_training(
    key: Hashable | None, model: keras.Model, build: Callable
) -> StockTraining | None:
    """The training program that a model shares with its like; None if it is alone.

    ``build(twin)`` builds metrics, losses and optimizer as Keras would.
    """
    return _found(key, lambda: StockTraining(model, build))


def stock_prediction(
    key: Hashable | None, model: keras.Model
) -> StockPrediction | None:
    """The prediction program that a model shares with its like, or None."""
    return _found(key, lambda: StockPrediction(model))


def _found(key, make):
    def made():
        try:
            return make()
        except Exception:  # Keras' errors for what it cannot rebuild are of all kinds
            return None

    return None if key is None else PROGRAMS.get(key, made)


def _twin(model):
    """A model of the same configuration that draws no seed from a global state."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unsafe objects: there are none
        return type(model).from_config(_with_seeds(model.get_config()))


def _with_seeds(config):
    if isinstance(config, dict):
        return {
            key: 0 if key == "seed" and value is None else _with_seeds(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_with_seeds, config))
    return config


def _described(variable):
    return tuple(variable.shape), variable.dtype, variable.trainable


def _is_compiled_by_jax(model):
    return (
        keras.backend.backend() == "jax"
        and keras.distribution.distribution() is None
        and not keras.config.is_nnx_enabled()
        and not model.run_eagerly
        and bool(model.jit_compile)
    )


def _has_own_methods(owner):
    """Whether an instance has functions in the place of methods of its class."""
    return any(
        callable(getattr(type(owner), name, None)) and not _is_of_keras(value)
        for name, value in vars(owner).items()
    )


def _is_of_keras(value):
    return (getattr(value, "__module__", None) or "").startswith("keras.")


def _is_stock(part):
    """Whether a part of a compilation is Keras' own, and says all about itself."""
    if part is None or isinstance(part, (bool, int, float)):
        return True
    if isinstance(part, str) or inspect.isfunction(part):
        name = part if isinstance(part, str) else part.__name__
        if keras.saving.get_registered_object(name) is not None:
            return False
        return isinstance(part, str) or _is_function_of_keras(part)
    if not _is_of_keras(type(part)) or _has_own_methods(part):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a lambda is unsafe to reload
            config = part.get_config()
        json.dumps(config)
    except (NotImplementedError, TypeError, ValueError):
        return False
    return _is_described(config)


def _is_function_of_keras(function):
    if not _is_of_keras(function):
        return False
    found = getattr(keras.losses, function.__name__, None)
    return (found or getattr(keras.metrics, function.__name__, None)) is function


def _is_described(config):
    """Whether a configuration holds nothing of a function or a foreign class."""
    if isinstance(config, (list, tuple)):
        return all(map(_is_described, config))
    if not isinstance(config, dict):
        return True
    name = config.get("class_name")
    if name in _FUNCTIONS:
        return False
    if name is not None and not name.startswith("__"):  # "__keras_tensor__" and such
        source = config.get("module") or config.get("registered_name") or ""
        if source.replace(">", ".").split(".")[0] not in _PACKAGES:
            return False
    return all(map(_is_described, config.values()))


def _without_variables(config):
    """A compile configuration without what the optimizer keeps in variables."""
    optimizer = config["optimizer"]
    values = {k: v for k, v in optimizer["config"].items() if k != "name"}
    if isinstance(values.get("learning_rate"), float):
        del values["learning_rate"]
    return {**config, "optimizer": {**optimizer, "config": values}}
