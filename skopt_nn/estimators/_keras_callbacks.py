"""Keras callbacks of a single fit."""

import copy

import numpy as np

from skopt_nn._backend import keras


class EpochCounter(keras.callbacks.Callback):
    """Tells others which epoch begins, counted from when the model was built."""

    def __init__(self, offset, listeners):
        super().__init__()
        self.offset = offset
        self.listeners = listeners

    def on_epoch_begin(self, epoch, logs=None):
        for listener in self.listeners:
            listener(epoch + self.offset)


class EpochTasks(keras.callbacks.Callback):
    """Tells scikit-learn's callbacks of each epoch, and stops where they say so.

    ``snapshot(history)`` gives the attributes of an estimator fitted up to now.
    """

    def __init__(self, estimator, context, snapshot, X, y, sample_weight):
        super().__init__()
        self.context = context
        self.snapshot = snapshot
        self.data = {"estimator": estimator, "X": X, "y": y}
        if sample_weight is not None:
            self.data["metadata"] = {"sample_weight": sample_weight}
        self.task = None
        self.history = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.task = self.context.subcontext(task_name=f"epoch {epoch}")
        self.task.call_on_fit_task_begin(**self.data)

    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        stop = self.task.call_on_fit_task_end(
            reconstruction_attributes=lambda: self.snapshot(self.history), **self.data
        )
        if stop:
            self.model.stop_training = True


class KeepFinite(keras.callbacks.Callback):
    """Stop at a loss that is not finite, with the weights from before that epoch."""

    diverged_at = None
    _kept = None

    def on_train_begin(self, logs=None):
        self._kept = self._weights() if self.model.built else None

    def on_epoch_end(self, epoch, logs=None):
        if np.isfinite(logs.get("loss", 0.0)):
            self._kept = self._weights()
            return
        for variable, value in zip(self.model.weights, self._kept or ()):
            variable.assign(value)
        self.diverged_at = epoch
        self.model.stop_training = True

    def _weights(self):
        return [keras.ops.convert_to_numpy(v.value) for v in self.model.weights]


def copied(callback):
    """A copy of a callback, so that no fit sees what another left in it."""
    try:
        return copy.deepcopy(callback)
    except Exception:
        return copy.copy(callback)
