"""How many epochs a deadline leaves, on a run whose clock is given."""

import pytest

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
