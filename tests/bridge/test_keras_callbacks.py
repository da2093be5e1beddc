"""scikit-learn's callbacks around the epochs of a build function's model."""

import copy
import threading

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV

from skopt_nn import KerasRegressor
from skopt_nn._backend import keras
from tests.doubles import keras_classifier

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


@pytest.fixture(scope="module")
def line():
    X = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    return X, X.sum(axis=1)


def build():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])


def straight(**parameters):
    defaults = {"loss": "mse", "epochs": 2, "verbose": 0, "random_state": 0}
    return KerasRegressor(build, **(defaults | parameters))


class Recorder:
    """Writes down the hooks that are called; stops training where it is told to."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.calls = []

    def setup(self, estimator, context):
        self.calls.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context):
        self.calls.append(("end", context.task_name))
        return context.task_name == self.stop_at


class Collector(Recorder):
    """Keeps the estimators that it is given, and what they predict at once."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        if context.task_name.startswith("epoch"):
            self.seen.append((fitted_estimator, fitted_estimator.predict(X)))


def test_epochs_are_the_tasks_of_a_fit(line):
    recorder = Recorder()
    straight().set_callbacks(recorder).fit(*line)
    assert recorder.calls == [
        ("setup", "fit"),
        ("begin", "fit"),
        ("begin", "epoch 0"),
        ("end", "epoch 0"),
        ("begin", "epoch 1"),
        ("end", "epoch 1"),
        ("end", "fit"),
        ("teardown", "fit"),
    ]


def test_a_callback_that_says_stop_ends_training_after_that_epoch(line):
    recorder = Recorder(stop_at="epoch 1")
    fitted = straight(epochs=5).set_callbacks(recorder).fit(*line)
    assert fitted.n_iter_ == len(fitted.history_["loss"]) == 2
    assert recorder.calls[-2:] == [("end", "fit"), ("teardown", "fit")]


def test_callbacks_are_torn_down_when_a_fit_fails(line):
    recorder = Recorder()
    estimator = straight(loss=None).set_callbacks(recorder)
    with pytest.raises(ValueError, match="loss"):
        estimator.fit(*line)
    assert recorder.calls == [("setup", "fit"), ("begin", "fit"), ("teardown", "fit")]
    assert not [name for name in vars(estimator) if "ctx" in name or "tasks" in name]


def test_callbacks_see_the_estimator_of_each_epoch(line):
    collector = Collector()
    weights = np.linspace(1, 2, 32)
    whole = straight().set_callbacks(collector).fit(*line, sample_weight=weights)
    for n_epochs, (fitted, then) in enumerate(collector.seen, start=1):
        assert fitted.n_iter_ == len(fitted.history_["loss"]) == n_epochs
        np.testing.assert_array_equal(fitted.predict(line[0]), then)
    np.testing.assert_allclose(then, whole.predict(line[0]), rtol=1e-6)
    once = straight(epochs=1).fit(*line, sample_weight=weights)
    np.testing.assert_allclose(collector.seen[0][1], once.predict(line[0]), rtol=1e-6)


def test_callbacks_see_the_history_that_a_fit_would_end_with(line):
    estimator = straight(warm_start=True).set_callbacks(Collector())

    def seen_by(fit):
        collector = Collector()
        fit(estimator.set_callbacks(collector))
        return [(e.n_iter_, len(e.history_["loss"])) for e, _ in collector.seen]

    assert seen_by(lambda e: e.fit(*line)) == [(1, 1), (2, 2)]
    estimator.partial_fit(*line)
    assert (estimator.n_iter_, len(estimator.history_["loss"])) == (3, 3)
    # As in scikeras a fit begins a new history, unless told at which epoch it begins.
    assert seen_by(lambda e: e.fit(*line)) == [(4, 1), (5, 2)]
    estimator.partial_fit(*line)
    assert seen_by(lambda e: e.fit(*line, initial_epoch=3)) == [(7, 4), (8, 5)]
    assert (estimator.n_iter_, len(estimator.history_["loss"])) == (8, 5)


def test_a_scoring_monitor_changes_no_result_and_logs_a_score_an_epoch(line):
    monitor = ScoringMonitor(scoring="r2")
    watched = straight().set_callbacks(monitor).fit(*line)
    plain = straight().fit(*line)
    np.testing.assert_array_equal(watched.predict(line[0]), plain.predict(line[0]))
    rows = [row for row in monitor.get_logs().data if row["task_name"] != "fit"]
    assert [row["task_name"] for row in rows] == ["epoch 0", "epoch 1"]
    assert rows[-1]["r2"] == pytest.approx(watched.score(*line))


def test_a_grid_search_shows_its_epochs_and_scores_as_without(line, capsys):
    grid = {"epochs": [1, 2]}
    plain = GridSearchCV(straight(), grid, cv=2).fit(*line)
    shown = GridSearchCV(straight(), grid, cv=2).set_callbacks(ProgressBar())
    shown.fit(*line)
    assert "GridSearchCV - fit" in capsys.readouterr().out
    np.testing.assert_array_equal(
        shown.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )


def test_callbacks_survive_a_clone_and_no_fit_leaves_a_trace_of_them(line):
    estimator = straight().set_callbacks(Recorder())
    twin = clone(estimator).fit(*line)
    assert "_epoch_tasks" not in vars(twin)
    assert twin.get_params() == straight().get_params()


def test_a_shallow_copy_shares_the_model(line):
    fitted = straight().fit(*line)
    assert copy.copy(fitted).model_ is fitted.model_
    assert copy.deepcopy(fitted).model_ is not fitted.model_


class EpochRecorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


def test_callbacks_are_copied_for_each_fit(iris):
    recorder = EpochRecorder()
    estimator = keras_classifier(callbacks=[recorder], epochs=2)
    for _ in range(2):
        estimator.fit(*iris)
        assert estimator.callbacks_[0].epochs == [0, 1]
    assert recorder.epochs == []


class Unbound(EpochRecorder):
    """Holds what cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class Broken(EpochRecorder):
    def __deepcopy__(self, memo):
        raise ZeroDivisionError


def test_a_callback_that_cannot_be_copied_is_shared_as_far_as_needed(iris):
    callback = Unbound()
    fitted = keras_classifier(callbacks=[callback]).fit(*iris)
    assert fitted.callbacks_[0].lock is callback.lock
    with pytest.raises(ZeroDivisionError):
        keras_classifier(callbacks=[Broken()]).fit(*iris)
