"""Which weights a training ends with, shown on a run that only counts epochs."""

import math

import pytest

from skopt_nn.training.hooks import KeepBest


class Run:
    """Epochs whose held-out losses are given; its weights are the epoch's number."""

    def __init__(self, losses):
        self.losses = losses
        self.epoch = self.weights = None
        self.stopping, self.may_stop = False, True
        self.n_snapshots = 0

    def snapshot(self):
        self.n_snapshots += 1
        return self.weights

    def restore(self, snapshot):
        self.weights = snapshot

    def train(self, hook):
        hook.begin(self)
        for epoch, loss in enumerate(self.losses):
            self.epoch, self.is_last = epoch, epoch == len(self.losses) - 1
            hook.begin_epoch(self)
            self.weights, self.logs = self.epoch, {"val_loss": loss}
            sound = math.isfinite(loss)
            (hook.end_epoch if sound else hook.break_off)(self)
            if self.stopping or not sound:
                break
        hook.end(self)
        return self


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3, 2, 1], 2), ([1, 2, 3], 0), ([2, 1, 1], 1), ([3, 1, 2], 1), ([1], 0)],
)
def test_the_epoch_of_the_least_loss_is_kept(losses, best):
    hook = KeepBest("val_loss")
    assert Run(losses).train(hook).weights == best
    assert hook.best_epoch == best


@pytest.mark.parametrize(
    ("patience", "losses", "n_epochs"),
    [
        (1, [5, 4, 6, 3], 3),
        (2, [5, 6, 4, 5, 5, 3], 5),
        (2, [5, 6, 4, 5, 3, 4], 6),
        (3, [5, 6, 6, 6, 1], 4),
        (None, [5, 6, 6, 6, 6], 5),
    ],
)
def test_training_stops_when_patience_is_at_its_end(patience, losses, n_epochs):
    run = Run(losses).train(KeepBest("val_loss", patience))
    assert run.epoch + 1 == n_epochs


def test_patience_waits_until_the_run_may_stop():
    run = Run([1, 2, 2, 2, 2])
    run.may_stop = False
    assert run.train(KeepBest("val_loss", 1)).epoch + 1 == 5
    assert run.weights == 0


def test_a_score_is_better_the_larger_it_is():
    class Scored(Run):
        """Its losses are scores."""

        @property
        def logs(self):
            return {"val_score": self._score}

        @logs.setter
        def logs(self, logs):
            self._score = logs["val_loss"]

    assert Scored([1, 3, 2]).train(KeepBest("val_score")).weights == 1


def test_without_a_log_to_watch_the_last_finite_epoch_is_kept():
    hook = KeepBest()
    run = Run([1, 5, math.inf, 0]).train(hook)
    assert (run.epoch, run.weights, hook.best_epoch) == (2, 1, 1)


def test_weights_from_before_training_are_kept_if_no_epoch_was_finite():
    hook = KeepBest()
    run = Run([math.nan])
    run.weights = "from before"
    assert run.train(hook).weights == "from before"
    assert hook.best_epoch is None


def test_nothing_is_copied_behind_the_last_epoch():
    assert Run([3, 2, 1]).train(KeepBest("val_loss")).n_snapshots == 1 + 2
    assert Run([3]).train(KeepBest()).n_snapshots == 1


def test_what_is_no_number_in_any_epoch_is_not_compared():
    class Unlogged(Run):
        """Its epochs are sound, and what is watched is not there."""

        @property
        def logs(self):
            return {"val_loss": math.nan}

        @logs.setter
        def logs(self, logs):
            pass

    hook = KeepBest("val_loss", patience=1)
    run = Unlogged([1, 2, 3]).train(hook)
    assert (run.epoch, run.weights, hook.best_epoch) == (2, 2, None)
