"""Keras callbacks of a single fit."""

import copy

import numpy as np

from skopt_nn._backend import keras


class KeepFinite(keras.callbacks.Callback):
    """Stop at a loss that is not finite, with the weights from before that epoch."""

    diverged_at = None
    _kept = None

    def on_train_begin(self, logs=None):
        if self.model.built:
            self._kept = self.model.get_weights()

    def on_epoch_end(self, epoch, logs=None):
        if np.isfinite(logs.get("loss", 0.0)):
            self._kept = self.model.get_weights()
            return
        if self._kept is not None:
            self.model.set_weights(self._kept)
        self.diverged_at = epoch
        self.model.stop_training = True


def copied(callback):
    """A copy of a callback, so that no fit sees what another left in it."""
    try:
        return copy.deepcopy(callback)
    except Exception:  # noqa: BLE001, whatever holds on to a file, lock or session
        return copy.copy(callback)
