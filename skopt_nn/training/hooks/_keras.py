"""Keras callbacks: checked as parameters, copied for a training, called as hooks."""

import copy
from collections.abc import Iterable

from skopt_nn._backend import keras
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
        run.model.optimizer.learning_rate = run.learning_rate
        self._list = keras.callbacks.CallbackList(
            self._callbacks, model=run.model, epochs=self._epochs, verbose=0
        )
        self._list.on_train_begin()

    def begin_epoch(self, run):
        self._list.on_epoch_begin(run.epoch)
        self._obey(run)

    def end_epoch(self, run):
        run.sync()
        self._list.on_epoch_end(run.epoch, run.logs)
        self._obey(run)
        run.stopping |= run.model.stop_training

    def end(self, run):
        # A callback may go back to weights of its own.
        run.sync()
        self._list.on_train_end()
        run.read()

    @staticmethod
    def _obey(run):
        rate = ops.convert_to_tensor(run.model.optimizer.learning_rate)
        run.learning_rate = float(ops.convert_to_numpy(rate))
        run.read()
