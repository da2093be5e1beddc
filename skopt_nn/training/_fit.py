"""The loop over epochs and batches, the same on every backend."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._backends import TRAINER
from skopt_nn.training._batches import batch_rows, epoch_order
from skopt_nn.training._optimizers import make_optimizer
from skopt_nn.training._parameters import Training, resolved
from skopt_nn.training._rows import Examples
from skopt_nn.training._schedules import factors
from skopt_nn.training._trainer import Trainer
from skopt_nn.training.augmentation import Augmentation
from skopt_nn.training.hooks import Deadline, Hook, KeepBest, KerasCallbacks

_EVALUATION_ROWS = 256


@dataclass
class Outcome:
    """What training leaves behind beside the model's weights.

    Attributes
    ----------
    history : dict of str to list of float
        A value an epoch: ``loss``, ``learning_rate`` at its end and, with
        validation rows, ``val_loss``; whatever hooks log.
    optimizer_state : list of ndarray
    watched : str or None
        The log by which the best epoch is told; None where the last one is kept.
    best_epoch : int or None
        The epoch that it is; None if none could be told.
    diverged_at : int or None
        The epoch whose loss or weights overflowed; the weights are those before it.
    """

    history: dict[str, list[float]]
    optimizer_state: list[np.ndarray]
    watched: str | None
    best_epoch: int | None
    diverged_at: int | None


def fit(
    model: keras.Model,
    examples: Examples,
    training: Training,
    *,
    seed: int,
    validation: Examples | None = None,
    augmentation: Augmentation | None = None,
    first_epoch: int = 0,
    optimizer_state: list[np.ndarray] | None = None,
    callbacks: Iterable[keras.callbacks.Callback] | None = None,
    measures: Iterable[Hook] = (),
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
        Rows whose loss is logged. With ``early_stopping`` the weights of their best
        epoch are restored, and training ends ``n_iter_no_change`` epochs behind it.
    augmentation : Augmentation, optional
        What is done to the rows of each batch that is trained on.
    first_epoch : int
        Number of epochs that the model has behind it.
    optimizer_state : list of ndarray, optional
        Where an earlier run left the optimizer.
    measures, hooks : iterable of Hook
        Called before and after those that watch the logs and keep the best epoch.
    """
    training = resolved(training, len(examples))
    if augmentation is not None:
        examples = augmentation.prepared(examples)
        validation = validation and augmentation.prepared(validation)
    data = examples, validation, augmentation
    run = _Run(model, *data, training, seed, optimizer_state)
    keep = _keeper(training, validation)
    own = [*_deadline(training), keep, *_callbacks(training, callbacks)]
    run.train(first_epoch, [*measures, *own, *hooks])
    state = run.trainer.optimizer_state
    return Outcome(run.history, state, keep.watched, keep.best_epoch, run.diverged_at)


def _keeper(training, validation):
    if not training.early_stopping or validation is None:
        return KeepBest()
    name = "val_loss" if training.scoring == "loss" else "val_score"
    return KeepBest(name, training.n_iter_no_change)


def _deadline(training) -> Iterator[Hook]:
    """To the left of what keeps weights, as it says which epoch is the last."""
    if training.max_time is not None:
        yield Deadline(training.max_time)


def _callbacks(training, callbacks) -> Iterator[Hook]:
    if callbacks:
        optimizer = make_optimizer(training.optimizer, training.learning_rate)
        yield KerasCallbacks(callbacks, optimizer, training.epochs)


class _Run:
    """One training, as its hooks see it."""

    def __init__(
        self,
        model,
        examples,
        validation: Examples | None,
        augmentation: Augmentation | None,
        training,
        seed,
        optimizer_state,
    ):
        self.trainer: Trainer = TRAINER(
            model, examples.objective, training, optimizer_state
        )
        self.examples = examples
        self.validation = validation
        self.augmentation = augmentation
        self.seed = seed
        self.n_epochs = training.epochs
        self.size = batch_rows(len(examples), training.batch_size)
        self.n_steps = math.ceil(len(examples) / self.size)
        self.learning_rate = training.learning_rate
        self.schedule = training.learning_rate_schedule
        self.logs = {}
        self.history = {}
        self.stopping = False
        self.diverged_at = None

    @property
    def model(self):
        return self.trainer.model

    @property
    def is_last(self):
        return self.epoch == self.last_epoch

    @property
    def done(self):
        """Fraction of this training that is done before the epoch under way."""
        epoch, done = self._planned
        return done + (1 - done) * (self.epoch - epoch) / (self.last_epoch + 1 - epoch)

    @property
    def may_stop(self):
        """Whether an annealing run has come to its last quarter."""
        return self.schedule == "constant" or self._done_behind >= 0.75

    @property
    def _done_behind(self):
        left = self.last_epoch + 1 - self.epoch
        return self.done + (1 - self.done) / left

    def plan(self, n_epochs):
        """Let so many epochs follow the one under way; what is to be done fits in."""
        self._planned = self.epoch + 1, self._done_behind
        self.last_epoch = self.epoch + n_epochs

    def train(self, first_epoch, hooks):
        self.epoch, self._planned = first_epoch, (first_epoch, 0.0)
        self.last_epoch = first_epoch + self.n_epochs - 1
        for hook in hooks:
            hook.begin(self)
        while True:
            self.rates = None
            for hook in hooks:
                hook.begin_epoch(self)
            is_sound = self._train_epoch()
            for hook in hooks:
                (hook.end_epoch if is_sound else hook.break_off)(self)
            if not is_sound:
                self.diverged_at = self.epoch
            if self.stopping or not is_sound or self.is_last:
                break
            self.epoch += 1
        for hook in hooks:
            hook.end(self)
        self.sync()

    def _train_epoch(self):
        """Whether the loss of the epoch, and what it leaves behind, are finite."""
        order = epoch_order(len(self.examples), self.seed, self.epoch)
        rates = self._scheduled() if self.rates is None else self.rates
        rates = np.broadcast_to(np.float32(rates), self.n_steps)
        examples = self.examples
        if self.augmentation is not None:
            examples = self.augmentation.of_epoch(examples, (self.seed, self.epoch))
        self.trainer.train(examples, order, self.size, rates)
        self.logs = {}
        self.log("loss", self.trainer.loss())
        self.log("learning_rate", float(rates[-1]))
        if self.validation is not None:
            size = batch_rows(len(self.validation), _EVALUATION_ROWS)
            self.log("val_loss", self.trainer.evaluate(self.validation, size))
        return math.isfinite(self.logs["loss"]) and self.trainer.is_sound()

    def _scheduled(self):
        """The rate of each step of the epoch under way, in its middle."""
        steps = (np.arange(self.n_steps) + 0.5) / self.n_steps
        done = self.done + (self._done_behind - self.done) * steps
        return self.learning_rate * factors(self.schedule, done)

    def log(self, name, value):
        self.logs[name] = value
        self.history.setdefault(name, []).append(value)

    def sync(self):
        self.trainer.sync()

    def read(self):
        self.trainer.read()

    def snapshot(self):
        return self.trainer.snapshot()

    def restore(self, snapshot):
        self.trainer.restore(snapshot)
