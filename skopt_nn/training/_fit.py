"""The loop over epochs and batches, the same on every backend."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import TRAINER
from skopt_nn.training._batches import Rows, batch_rows, epoch_order
from skopt_nn.training._optimizers import make_optimizer

ops = keras.ops

_EVALUATION_ROWS = 256


@dataclass
class Outcome:
    """What training leaves behind beside the model's weights.

    Attributes
    ----------
    history : dict of str to list of float
        ``loss`` and, with validation rows, ``val_loss``: a value an epoch.
    best_epoch : int
        The epoch, counted from 0 in this run, whose weights the model has.
    optimizer_state : list of ndarray
    diverged_at : int or None
        The epoch whose loss or weights overflowed; the weights are those before it.
    """

    history: dict = field(default_factory=lambda: {"loss": []})
    best_epoch: int = -1
    optimizer_state: list = field(default_factory=list)
    diverged_at: int | None = None


class Monitor(Protocol):
    """Is told of each epoch."""

    def begin(self, epoch: int) -> None: ...

    def end(self, epoch: int, logs: Mapping, sync: Callable[[], None]) -> bool:
        """Whether training is to stop; ``sync()`` brings the model up to date."""

    def break_off(self, epoch: int) -> None:
        """The epoch ended in numbers that are not finite."""


def fit(
    model: keras.Model,
    rows: Rows,
    *,
    loss: str,
    settings: Mapping[str, float],
    optimizer: str,
    learning_rate: float,
    epochs: int,
    batch_size: int | None,
    seed: int,
    validation: Rows | None = None,
    patience: int | None = None,
    first_epoch: int = 0,
    optimizer_state: list | None = None,
    callbacks: list = (),
    monitor: Monitor | None = None,
) -> Outcome:
    """Train ``model`` on ``rows``.

    Parameters
    ----------
    loss : str
        A name in ``LOSSES``.
    settings : mapping of str to float
        The scalars that the loss takes, and ``weight_decay``.
    seed : int
        Seed of the order of the rows; with it and the model's variables given, the
        result is the same to the bit, whatever happened in the process before.
    validation : Rows, optional
        Rows whose loss is watched: training stops once it has not improved for
        ``patience`` epochs, and the weights of the best epoch are restored.
    first_epoch : int
        Number of epochs that the model has behind it.
    optimizer_state : list of ndarray, optional
        Where an earlier run left the optimizer.
    callbacks : list of keras.callbacks.Callback
    monitor : Monitor, optional
    """
    trainer = TRAINER(model, loss, settings, optimizer, learning_rate, optimizer_state)
    run = _Run(trainer, rows, validation, patience, batch_size, seed)
    hooks = _Hooks(trainer, optimizer, callbacks, epochs, monitor)
    hooks.begin(first_epoch)
    for epoch in range(first_epoch, first_epoch + epochs):
        hooks.begin_epoch(epoch)
        logs = run.epoch(epoch)
        if logs is None:
            hooks.break_off(epoch)
            break
        if hooks.end_epoch(epoch, logs) or run.is_exhausted:
            break
    run.finish()
    hooks.end()
    run.outcome.optimizer_state = trainer.optimizer_state
    return run.outcome


class _Run:
    """Epochs of one training, with the snapshots that it may have to go back to."""

    def __init__(self, trainer, rows, validation, patience, batch_size, seed):
        self.trainer = trainer
        self.rows = rows
        self.validation = validation
        self.patience = patience
        self.size = batch_rows(len(rows), batch_size)
        self.seed = seed
        self.outcome = Outcome()
        self.best = math.inf
        self.kept = trainer.snapshot()

    def epoch(self, epoch):
        """Train one epoch; None if its loss or what it leaves is not finite."""
        self.trainer.reset_loss()
        order = epoch_order(len(self.rows), self.seed, epoch)
        self.trainer.train(self.rows, order, self.size)
        logs = {"loss": self.trainer.loss()}
        if self.validation is not None:
            logs["val_loss"] = self._validation_loss()
        for name, value in logs.items():
            self.outcome.history.setdefault(name, []).append(value)
        if not (np.isfinite(logs["loss"]) and self.trainer.is_sound()):
            self.outcome.diverged_at = epoch
            return None
        self._keep(logs)
        return logs

    def _validation_loss(self):
        size = batch_rows(len(self.validation), _EVALUATION_ROWS)
        return self.trainer.evaluate(self.validation, size)

    def _keep(self, logs):
        watched = logs.get("val_loss", -math.inf)
        if watched < self.best or self.validation is None:
            self.best = watched
            self.kept = self.trainer.snapshot()
            self.outcome.best_epoch = len(self.outcome.history["loss"]) - 1

    @property
    def is_exhausted(self):
        if self.patience is None:
            return False
        n_epochs = len(self.outcome.history["loss"])
        return n_epochs - 1 - self.outcome.best_epoch >= self.patience

    def finish(self):
        n_epochs = len(self.outcome.history["loss"])
        if self.outcome.best_epoch != n_epochs - 1:
            self.trainer.restore(self.kept)
        self.trainer.sync()


class _Hooks:
    """Callbacks of Keras and of the caller, around the epochs."""

    def __init__(self, trainer, optimizer, callbacks, epochs, monitor):
        self.trainer = trainer
        self.monitor = monitor
        self.callbacks = None
        if callbacks:
            model = trainer.model
            if not model.compiled:
                # Callbacks look for the learning rate on the model's optimizer.
                model.compile(make_optimizer(optimizer, trainer.learning_rate))
            model.stop_training = False
            self.callbacks = keras.callbacks.CallbackList(
                list(callbacks), model=model, epochs=epochs, verbose=0
            )

    def begin(self, first_epoch):
        if self.callbacks:
            self.trainer.model.optimizer.learning_rate = self.trainer.learning_rate
            self.callbacks.on_train_begin()

    def begin_epoch(self, epoch):
        if self.monitor is not None:
            self.monitor.begin(epoch)
        if self.callbacks:
            self.callbacks.on_epoch_begin(epoch)
            self._obey()

    def end_epoch(self, epoch, logs):
        stop = False
        if self.callbacks:
            self.trainer.sync()
            self.callbacks.on_epoch_end(epoch, logs)
            self._obey()
            stop = self.trainer.model.stop_training
        if self.monitor is not None:
            stop = self.monitor.end(epoch, logs, self.trainer.sync) or stop
        return stop

    def break_off(self, epoch):
        if self.monitor is not None:
            self.monitor.break_off(epoch)

    def _obey(self):
        """Take over what a callback changed: learning rate and weights."""
        rate = self.trainer.model.optimizer.learning_rate
        rate = ops.convert_to_numpy(ops.convert_to_tensor(rate))
        self.trainer.learning_rate = float(rate)
        self.trainer.read()

    def end(self):
        if self.callbacks:
            self.callbacks.on_train_end()
