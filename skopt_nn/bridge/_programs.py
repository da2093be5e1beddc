"""Compiled programs that the models of an estimator's clones share."""

import contextlib
import weakref

import numpy as np

from skopt_nn._backend import keras
from skopt_nn._compat import build_for
from skopt_nn.bridge._batches import Batches
from skopt_nn.bridge._keys import is_compiled_by_jax, prediction_key, training_key
from skopt_nn.bridge._stock import stock_prediction, stock_training
from skopt_nn.training._cache import PROGRAMS

# What a model has been trained and predicted with stays at hand, whatever is dropped
# from the cache: each kind of program by the first entry of its key.
_HELD = weakref.WeakKeyDictionary()
_KEYS = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def shared_training(model, batches, callbacks):
    """Lend a model the shared functions for as long as it is trained.

    Afterwards Keras makes functions of its own again: what is done to ``model_``
    then, such as freezing layers, is seen by them alone. Gives the callbacks to train
    with.
    """
    batch = batches[0]
    key = _training_key(model, batch)

    def make():
        return stock_training(model, lambda twin: build_for(twin, batch))

    programs = _held(model, key, make)
    if programs is None:
        yield callbacks
        return
    if not all(map(_comes_with_keras, callbacks)):
        callbacks = [*callbacks, _TakeBackIfChanged(model, batch, key)]
    model.train_function, model.test_function = programs.train, programs.test
    try:
        yield callbacks
    finally:
        _take_back(model)


def _training_key(model, batch):
    if not is_compiled_by_jax(model):
        return None
    build_for(model, batch)
    return training_key(model, batch)


def _take_back(model):
    model.train_function = model.test_function = None


class _TakeBackIfChanged(keras.callbacks.Callback):
    """Leaves a model to itself once another callback has changed it."""

    def __init__(self, model, batch, key):
        super().__init__()
        self.changed = lambda: _training_key(model, batch) != key
        self.is_lent = True

    def on_epoch_begin(self, epoch, logs=None):
        if self.is_lent and self.changed():
            self.is_lent = False
            _take_back(self.model)
            self.model.make_train_function()


def _held(model, key, make):
    """The program of a key, found once for a model; None without a key."""
    if key is None:
        return None
    programs = _HELD.setdefault(model, {})
    kind = key[0]
    if kind not in programs or programs[kind][0] != key:
        programs[kind] = key, PROGRAMS.get(key, make)
    return programs[kind][1]


def _comes_with_keras(callback):
    own = type(callback).__module__.split(".")[0] in ("keras", "skopt_nn")
    return own and not isinstance(callback, keras.callbacks.LambdaCallback)


def shared_outputs(model, X, batch_size):
    """Outputs of a model for all rows, or None if only Keras can tell them.

    Keras takes the variables out of a model while it predicts, so that no other
    thread can; here they stay where they are.
    """
    if keras.backend.backend() != "jax" or not keras.tree.flatten(X):
        return None
    key = _prediction_key(model)
    program = _held(model, key, lambda: stock_prediction(model))
    if program is None:
        return None
    batches = Batches((X,), batch_size=batch_size, padded=True)
    parts = [_outputs(program, model, x) for (x,) in batches]
    return keras.tree.map_structure(
        lambda *found: np.concatenate(found)[: len(batches.rows)], *parts
    )


def _prediction_key(model):
    """The key of a model, found once: as in Keras, which traces ``predict`` once, what
    is done to a layer later counts only if it freezes variables or is compiled.
    """
    state = (
        model.run_eagerly,
        model.jit_compile,
        *(variable.trainable for variable in model.variables),
    )
    if _KEYS.get(model, (None,))[0] != state:
        _KEYS[model] = state, prediction_key(model)
    return _KEYS[model][1]


def _outputs(program, model, x):
    variables = model.non_trainable_variables
    outputs, changed = program(
        [v.value for v in model.trainable_variables], [v.value for v in variables], x
    )
    for index, value in changed.items():
        variables[index].assign(value)
    return keras.tree.map_structure(np.asarray, outputs)
