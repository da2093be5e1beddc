"""How many epochs a deadline leaves, on a run whose clock is given."""

from dataclasses import replace

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.training.hooks import Deadline


class Run:
    """It has planned ten epochs, each of which takes some seconds."""

    def __init__(self, clock):
        self.epoch, self.last_epoch = 0, 9
        self.clock = clock

    def plan(self, n_epochs):
        self.last_epoch = self.epoch + n_epochs

    def train(self, hook, seconds):
        hook.begin(self)
        while True:
            hook.begin_epoch(self)
            self.clock.now += seconds[min(self.epoch, len(seconds) - 1)]
            hook.end_epoch(self)
            if self.epoch == self.last_epoch:
                return self.epoch + 1
            self.epoch += 1


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("seconds", "deadline", "n_epochs"),
    [
        ([1], 100, 10),
        ([1], 5, 5),
        ([1], 0.5, 1),
        ([4, 1], 10, 7),  # the first epoch compiles
        ([6, 1], 5, 1),
    ],
)
def test_as_many_epochs_are_run_as_there_is_time_for(
    monkeypatch, seconds, deadline, n_epochs
):
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    assert Run(clock).train(Deadline(deadline), seconds) == n_epochs


def test_a_schedule_is_fitted_into_the_epochs_that_are_left(build, train, examples):
    """What is planned anew ends where the schedule ends."""
    outcome = train(
        build(), examples, epochs=500, max_time=0.3, learning_rate_schedule="cosine"
    )
    rates = outcome.history["learning_rate"]
    assert len(rates) < 500
    assert rates == sorted(rates, reverse=True)


def test_the_best_epoch_is_kept_where_more_are_planned(
    build, train, examples, monkeypatch
):
    """The first epoch seems to leave no time, and its end does."""
    held_out = examples.view(np.arange(20))
    labels = np.roll(held_out.objective.targets[0], 1)
    objective = replace(held_out.objective, targets=(labels,))
    clock = Clock()

    class Slow(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            clock.now += 0.6 if epoch == 0 else 0.01

    monkeypatch.setattr("time.perf_counter", clock)
    outcome = train(
        build(),
        examples,
        validation=replace(held_out, objective=objective),
        callbacks=[Slow()],
        epochs=10,
        max_time=1.0,
        early_stopping=True,
        learning_rate_schedule="constant",
        n_iter_no_change=1,
    )
    assert outcome.best_epoch == np.argmin(outcome.history["val_loss"])
    assert 1 < len(outcome.history["loss"]) < 10
