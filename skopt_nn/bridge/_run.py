"""A call of ``keras.Model.fit``, as the hooks of a training see it."""

import numpy as np

from skopt_nn._backend import keras, to_host
from skopt_nn.training.hooks import Hook


class KerasRun(keras.callbacks.Callback):
    """Tells hooks of the epochs of ``keras.Model.fit``: their `Run`.

    Parameters
    ----------
    hooks : list of Hook
    offset : int
        Epochs that the model has been trained for, less where Keras begins to count.

    Attributes
    ----------
    diverged_at : int or None
        The epoch whose loss was not finite: training ends with it.
    """

    diverged_at = None
    epoch = None
    is_last = stopping = False

    def __init__(self, hooks, offset):
        super().__init__()
        self.history = {}
        self.logs = {}
        self._hooks = hooks
        self._offset = offset

    def on_train_begin(self, logs=None):
        self._tell("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + self._offset
        self.is_last = epoch + 1 == self.params["epochs"]
        self._tell("begin_epoch")

    def on_epoch_end(self, epoch, logs=None):
        self.logs = dict(logs)
        for name, value in self.logs.items():
            self.history.setdefault(name, []).append(value)
        if np.isfinite(self.logs.get("loss", 0.0)):
            self._tell("end_epoch")
        else:
            self.diverged_at, self.stopping = self.epoch, True
            self._tell("break_off")
        self.model.stop_training |= self.stopping

    def on_train_end(self, logs=None):
        self._tell("end")

    def _tell(self, event):
        for hook in self._hooks:
            getattr(hook, event)(self)

    @property
    def learning_rate(self):
        rate = keras.ops.convert_to_tensor(self.model.optimizer.learning_rate)
        return float(keras.ops.convert_to_numpy(rate))

    @learning_rate.setter
    def learning_rate(self, rate):
        self.model.optimizer.learning_rate = rate

    def sync(self):
        """Nothing to do: between epochs Keras' model is up to date."""

    read = sync

    def snapshot(self):
        variables = [*self.model.weights, *self.model.optimizer.variables]
        return list(zip(variables, to_host(variables)))

    def restore(self, snapshot):
        for variable, value in snapshot:
            variable.assign(value)


class EpochNumber(Hook):
    """Tells functions which epoch begins, counted from when the model was built."""

    def __init__(self, *functions):
        self.functions = list(functions)

    def begin_epoch(self, run):
        for function in self.functions:
            function(run.epoch)
