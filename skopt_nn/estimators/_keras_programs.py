"""Compiled programs that the models of an estimator's clones share."""

import contextlib
import weakref

import numpy as np

from skopt_nn import _scikeras, training
from skopt_nn._backend import keras
from skopt_nn.estimators import _keras_batches

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
    lent = _Lent(model, batches)
    if not lent.lend():
        yield callbacks
        return
    if not all(map(_comes_with_keras, callbacks)):
        callbacks = [*callbacks, lent]
    try:
        yield callbacks
    finally:
        lent.take_back()


class _Lent(keras.callbacks.Callback):
    """Functions lent to a model; as a callback it looks for changes of the model."""

    def __init__(self, model, batches):
        super().__init__()
        self.lent_to = model
        self.batch = batches[0]
        self.key = self.find_key()

    def find_key(self):
        if keras.backend.backend() != "jax" or self.lent_to.run_eagerly:
            return None
        self.build(self.lent_to)
        compiled = _scikeras.compiled_with(self.lent_to)
        return training.training_key(self.lent_to, compiled, self.batch)

    def build(self, model):
        _scikeras.build_for(model, self.batch)

    def lend(self):
        """Whether there are functions to lend."""
        programs = _held(
            self.lent_to,
            self.key,
            lambda: training.stock_training(self.key, self.lent_to, self.build),
        )
        if programs is None:
            return False
        self.lent_to.train_function = programs.train
        self.lent_to.test_function = programs.test
        return True

    def take_back(self):
        self.lent_to.train_function = self.lent_to.test_function = None

    def on_epoch_begin(self, epoch, logs=None):
        if self.key is not None and self.find_key() != self.key:
            # A callback has changed the model: from here on it is alone.
            self.key = None
            self.take_back()
            self.lent_to.make_train_function()


def _held(model, key, find):
    """The program of a key, found once for a model; None without a key."""
    if key is None:
        return None
    programs = _HELD.setdefault(model, {})
    kind = key[0]
    if kind not in programs or programs[kind][0] != key:
        programs[kind] = key, find()
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
    program = _held(model, key, lambda: training.stock_prediction(key, model))
    if program is None:
        return None
    batches = _keras_batches.Batches((X,), batch_size, padded=True)
    parts = [
        _outputs(program, model, batches[i][0]) for i in range(batches.num_batches)
    ]
    return keras.tree.map_structure(
        lambda *found: np.concatenate(found)[: batches.n_rows], *parts
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
        _KEYS[model] = state, training.prediction_key(model)
    return _KEYS[model][1]


def _outputs(program, model, x):
    variables = model.non_trainable_variables
    outputs, changed = program(
        [v.value for v in model.trainable_variables], [v.value for v in variables], x
    )
    for index, value in changed.items():
        variables[index].assign(value)
    return keras.tree.map_structure(np.asarray, outputs)
