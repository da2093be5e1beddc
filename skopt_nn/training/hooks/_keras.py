"""Keras callbacks: checked as parameters, copied for a training, called as hooks."""

import copy
from collections.abc import Iterable
from contextlib import contextmanager

import numpy as np

from skopt_nn._backend import keras, to_host
from skopt_nn.training.hooks._hook import Hook

ops = keras.ops


def check_callbacks(callbacks: Iterable | None) -> None:
    for callback in callbacks or ():
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be a list of instances of keras.callbacks.Callback, "
                f"got {callback!r} in it. Callbacks of scikit-learn are set by "
                "set_callbacks(...)."
            )


class KerasCallbacks(Hook):
    """Calls copies of Keras callbacks, and takes over rate and weights from them.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback
        They stay as they are: each training writes to copies.
    optimizer : keras.optimizers.Optimizer
        Where callbacks find the learning rate, if the model is not compiled.
    epochs : int
    """

    def __init__(self, callbacks, optimizer, epochs):
        self._callbacks = copy.deepcopy(list(callbacks))
        self._optimizer = optimizer
        self._epochs = epochs

    def begin(self, run):
        if not run.model.compiled:
            run.model.compile(self._optimizer)
        run.model.stop_training = False
        self._list = keras.callbacks.CallbackList(
            self._callbacks, model=run.model, epochs=self._epochs, verbose=0
        )
        with _obeying(run):
            self._list.on_train_begin()

    def begin_epoch(self, run):
        with _obeying(run):
            self._list.on_epoch_begin(run.epoch)

    def end_epoch(self, run):
        run.sync()
        with _obeying(run):
            self._list.on_epoch_end(run.epoch, run.logs)
        run.stopping |= run.model.stop_training

    def end(self, run):
        run.sync()
        with _obeying(run):
            self._list.on_train_end()


@contextmanager
def _obeying(run):
    """Take over the rate and the weights that a callback leaves, if they are others."""
    optimizer = run.model.optimizer
    # A schedule may have moved it: what callbacks see and set is its largest.
    optimizer.learning_rate = run.learning_rate
    rate, weights = _rate(optimizer), to_host(run.model.variables)
    yield
    if _rate(optimizer) != rate:
        run.learning_rate = _rate(optimizer)
    if not all(map(np.array_equal, weights, to_host(run.model.variables))):
        run.read()


def _rate(optimizer):
    return float(ops.convert_to_numpy(ops.convert_to_tensor(optimizer.learning_rate)))
