"""The loop over epochs and batches, the same on every backend."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import TRAINER
from skopt_nn.training._batches import batch_rows, epoch_order
from skopt_nn.training._optimizers import make_optimizer
from skopt_nn.training._parameters import Training
from skopt_nn.training._rows import Examples
from skopt_nn.training._trainer import Trainer
from skopt_nn.training.hooks import Hook, KeepBest, KerasCallbacks

_EVALUATION_ROWS = 256


@dataclass
class Outcome:
    """What training leaves behind beside the model's weights.

    Attributes
    ----------
    history : dict of str to list of float
        ``loss`` and, with validation rows, ``val_loss``: a value an epoch.
    optimizer_state : list of ndarray
    diverged_at : int or None
        The epoch whose loss or weights overflowed; the weights are those before it.
    """

    history: dict[str, list[float]]
    optimizer_state: list[np.ndarray]
    diverged_at: int | None


def fit(
    model: keras.Model,
    examples: Examples,
    training: Training,
    *,
    seed: int,
    validation: Examples | None = None,
    first_epoch: int = 0,
    optimizer_state: list[np.ndarray] | None = None,
    callbacks: Iterable[keras.callbacks.Callback] | None = None,
    hooks: Iterable[Hook] = (),
) -> Outcome:
    """Train ``model`` on ``examples``.

    Parameters
    ----------
    training : Training
        Anything with its attributes.
    seed : int
        Seed of the order of the rows; with it and the model's variables given, the
        result is the same to the bit, whatever happened in the process before.
    validation : Examples, optional
        Rows whose loss is watched: the weights of the best epoch are restored and, with
        ``early_stopping``, training ends ``n_iter_no_change`` epochs behind it.
    first_epoch : int
        Number of epochs that the model has behind it.
    optimizer_state : list of ndarray, optional
        Where an earlier run left the optimizer.
    """
    run = _Run(model, examples, training, seed, validation, optimizer_state)
    patience = training.n_iter_no_change if training.early_stopping else None
    watched = None if validation is None else "val_loss"
    own: list[Hook] = [KeepBest(watched, patience)]
    if callbacks:
        optimizer = make_optimizer(training.optimizer, training.learning_rate)
        own.append(KerasCallbacks(callbacks, optimizer, training.epochs))
    run.train(first_epoch, [*own, *hooks])
    return Outcome(run.history, run.trainer.optimizer_state, run.diverged_at)


class _Run:
    """One training, as its hooks see it."""

    def __init__(self, model, examples, training, seed, validation, optimizer_state):
        self.trainer: Trainer = TRAINER(
            model,
            examples.objective,
            training.optimizer,
            training.weight_decay,
            optimizer_state,
        )
        self.examples = examples
        self.validation = validation
        self.seed = seed
        self.n_epochs = training.epochs
        self.size = batch_rows(len(examples), training.batch_size)
        self.n_steps = math.ceil(len(examples) / self.size)
        self.learning_rate = training.learning_rate
        self.logs = {}
        self.history = {"loss": []}
        self.stopping = False
        self.diverged_at = None

    @property
    def model(self):
        return self.trainer.model

    def train(self, first_epoch, hooks):
        self.epoch, last_epoch = first_epoch, first_epoch + self.n_epochs - 1
        for hook in hooks:
            hook.begin(self)
        for self.epoch in range(first_epoch, last_epoch + 1):
            self.is_last, self.rates = self.epoch == last_epoch, None
            for hook in hooks:
                hook.begin_epoch(self)
            is_sound = self._train_epoch()
            for hook in hooks:
                (hook.end_epoch if is_sound else hook.break_off)(self)
            if not is_sound:
                self.diverged_at = self.epoch
            if self.stopping or not is_sound:
                break
        for hook in hooks:
            hook.end(self)
        self.sync()

    def _train_epoch(self):
        """Whether the loss of the epoch, and what it leaves behind, are finite."""
        order = epoch_order(len(self.examples), self.seed, self.epoch)
        rates = self.learning_rate if self.rates is None else self.rates
        rates = np.broadcast_to(np.float32(rates), self.n_steps)
        self.trainer.train(self.examples, order, self.size, rates)
        self.logs = {"loss": self.trainer.loss()}
        if self.validation is not None:
            size = batch_rows(len(self.validation), _EVALUATION_ROWS)
            self.logs["val_loss"] = self.trainer.evaluate(self.validation, size)
        for name, value in self.logs.items():
            self.history.setdefault(name, []).append(value)
        return math.isfinite(self.logs["loss"]) and self.trainer.is_sound()

    def sync(self):
        self.trainer.sync()

    def read(self):
        self.trainer.read()

    def snapshot(self):
        return self.trainer.snapshot()

    def restore(self, snapshot):
        self.trainer.restore(snapshot)
