"""Hooks of a training see a call of keras.Model.fit as their run."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.bridge._run import KerasRun
from skopt_nn.training.hooks import Hook

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


class Diary(Hook):
    def __init__(self, at=None, act=None):
        self.at, self.act = at, act
        self.events = []

    def _note(self, event, run):
        self.events.append((event, run.epoch, run.is_last))
        if self.at == (event, run.epoch):
            self.act(run)

    def begin(self, run):
        self._note("begin", run)

    def begin_epoch(self, run):
        self._note("begin_epoch", run)

    def end_epoch(self, run):
        self._note("end_epoch", run)
        assert run.logs["loss"] == run.history["loss"][-1]

    def break_off(self, run):
        self._note("break_off", run)

    def end(self, run):
        self._note("end", run)


def run_with(hook, epochs=2, rate=0.01):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    )
    model.compile(keras.optimizers.Adam(rate), "mse", run_eagerly=True)
    run = KerasRun([hook], offset=3)
    model.fit(X, Y, epochs=epochs, verbose=0, callbacks=[run])
    return run, model


def test_epochs_are_counted_from_when_the_model_was_built():
    diary = Diary()
    run, _ = run_with(diary)
    assert diary.events == [
        ("begin", None, False),
        ("begin_epoch", 3, False),
        ("end_epoch", 3, False),
        ("begin_epoch", 4, True),
        ("end_epoch", 4, True),
        ("end", 4, True),
    ]
    assert run.diverged_at is None


def test_a_hook_that_says_stop_ends_the_training():
    diary = Diary(("end_epoch", 4), lambda run: setattr(run, "stopping", True))
    run, _ = run_with(diary, epochs=9)
    assert len(run.history["loss"]) == 2
    assert diary.events[-1] == ("end", 4, False)


def test_a_loss_that_is_not_finite_breaks_off():
    def overflow(run):
        run.model.set_weights([w + np.float32(np.inf) for w in run.model.get_weights()])

    diary = Diary(("begin_epoch", 4), overflow)
    run, _ = run_with(diary, epochs=9)
    assert run.diverged_at == 4
    assert diary.events[-2:] == [("break_off", 4, False), ("end", 4, False)]


def test_a_hook_sets_the_learning_rate():
    def stand_still(run):
        assert run.learning_rate == pytest.approx(0.01)
        run.learning_rate = 0.0

    run, _ = run_with(Diary(("end_epoch", 3), stand_still), epochs=3)
    first, second, third = run.history["loss"]
    assert first > second == third


def test_a_snapshot_takes_weights_and_optimizer_back():
    class GoBack(Hook):
        def end_epoch(self, run):
            if run.epoch == 3:
                self.kept = run.snapshot()

        def end(self, run):
            run.restore(self.kept)

    _, model = run_with(GoBack())
    _, once = run_with(Diary(), epochs=1)
    for mine, expected in (
        (model.weights, once.weights),
        (model.optimizer.variables, once.optimizer.variables),
    ):
        for one, other in zip(mine, expected, strict=True):
            np.testing.assert_array_equal(
                keras.ops.convert_to_numpy(one.value),
                keras.ops.convert_to_numpy(other.value),
            )
