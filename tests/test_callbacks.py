"""scikit-learn's callbacks on networks inside pipelines, searches and fusions."""

import pickle

import numpy as np
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    DistilledRegressor,
    make_serial_fusion,
)


def net(**params):
    small = {"filters": (), "dense_units": (8,), "learning_rate": 0.01, "epochs": 3}
    # A schedule has another rate in the same epoch of a longer training.
    small |= {"learning_rate_schedule": "constant", "random_state": 0}
    return CNNClassifier(**small | params)


def line():
    return LogisticRegression(max_iter=500)


def search(n_jobs=None):
    pipe = make_pipeline(StandardScaler(), net())
    grid = {"cnnclassifier__learning_rate": [1e-3, 1e-2]}
    return GridSearchCV(pipe, grid, cv=2, n_jobs=n_jobs)


@pytest.fixture
def progress(monkeypatch):
    """The class of bars, on a screen that is wide enough for them."""
    pytest.importorskip("rich", reason="scikit-learn's ProgressBar draws with rich")
    monkeypatch.setenv("COLUMNS", "200")
    from sklearn.callback import ProgressBar

    return ProgressBar


class StopAfter:
    """Says stop at the end of one epoch of every network."""

    max_propagation_depth = None

    def __init__(self, epoch):
        self.epoch = epoch

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return context.task_name == f"epoch {self.epoch}"

    def teardown(self, estimator, context):
        pass


def epochs(monitor):
    """The scores of the epochs, one list a training."""
    runs = {}
    for row in monitor.get_logs().data:
        if row["task_name"].startswith("epoch"):
            runs.setdefault(row["parent_task_id_path"], []).append(row["accuracy"])
    return list(runs.values())


# -- bars -----------------------------------------------------------------------


def depths(printed, text):
    """How deep the bars of a text are nested."""
    rows = [row for row in printed.splitlines() if text in row]
    return [(len(row) - len(row.lstrip())) // 2 for row in rows]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bars_of_a_search_nest_down_to_the_network(digits, progress, capsys, n_jobs):
    bars = progress(max_propagation_depth=None)
    watched = search(n_jobs).set_callbacks(bars).fit(*digits)
    printed = capsys.readouterr().out
    assert depths(printed, "GridSearchCV - fit") == [0]
    assert depths(printed, "| Pipeline - fit") == [2] * 4 + [1]
    assert depths(printed, "| CNNClassifier - fit") == [3] * 4 + [2]
    assert "  0%" not in printed
    plain = search().fit(*digits)
    for key in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(watched.cv_results_[key], plain.cv_results_[key])


def test_bars_of_a_serial_fusion_show_stages_folds_and_networks(
    digits, progress, capsys
):
    fusion = make_serial_fusion(net(), net(random_state=1), cv=2)
    fusion.set_callbacks(progress(max_propagation_depth=None)).fit(*digits)
    printed = capsys.readouterr().out
    assert depths(printed, "SerialStage - fit #") == [1, 1]
    assert depths(printed, "| CNNClassifier - fit") == [2] * 6
    assert depths(printed, "| WeightedSumClassifier - fit") == [1]


def test_bars_of_distillation_show_teacher_and_student(digits, progress, capsys):
    distilled = DistilledClassifier(net(), net(), cv=2)
    distilled.set_callbacks(progress(max_propagation_depth=None)).fit(*digits)
    printed = capsys.readouterr().out
    assert depths(printed, "DistilledClassifier - teacher #") == [1]
    assert depths(printed, "| CNNClassifier - fit") == [2, 2, 2, 1]


# -- scores ---------------------------------------------------------------------


def test_monitor_of_a_student_logs_a_score_an_epoch(digits):
    X, y = digits
    monitor = ScoringMonitor(scoring="accuracy")
    distilled = DistilledClassifier(
        line(), net().set_callbacks(monitor), queries=None
    ).fit(X, y)
    (scores,) = epochs(monitor)
    assert len(scores) == 3
    assert scores[-1] == pytest.approx(distilled.score(X, y))


def test_monitor_of_a_distillation_logs_the_score_at_the_end(digits):
    X, y = digits
    weights = np.where(y < 5, 1.0, 0.5)
    monitor = ScoringMonitor(scoring="accuracy")
    distilled = DistilledClassifier(line(), net(), queries=None).set_callbacks(monitor)
    distilled.fit(X, y, sample_weight=weights)
    (row,) = monitor.get_logs().data
    expected = distilled.score(X, y, sample_weight=weights)
    assert row["accuracy"] == pytest.approx(expected)


def test_monitor_of_a_distilled_regressor_logs_the_score_at_the_end(diabetes):
    X, y = diabetes
    monitor = ScoringMonitor(scoring="r2")
    student = CNNRegressor((), dense_units=(8,), epochs=3, random_state=0)
    distilled = (
        DistilledRegressor(student, student, queries=None)
        .set_callbacks(monitor)
        .fit(X, y)
    )
    (row,) = monitor.get_logs().data
    assert row["r2"] == pytest.approx(distilled.score(X, y))


def test_monitor_of_a_stage_logs_a_score_an_epoch_of_each_fold(digits):
    monitor = ScoringMonitor(scoring="accuracy")
    make_serial_fusion(net().set_callbacks(monitor), line(), cv=2).fit(*digits)
    assert [len(scores) for scores in epochs(monitor)] == [3, 3, 3]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_monitor_in_a_search_logs_every_training(digits, n_jobs):
    grid = search(n_jobs)
    monitor = ScoringMonitor(scoring="accuracy")
    grid.estimator[-1].set_callbacks(monitor)
    grid.fit(*digits)
    assert [len(scores) for scores in epochs(monitor)] == [3] * 5


# -- stopping -------------------------------------------------------------------


def test_stop_in_a_search_ends_each_network_after_that_epoch(digits):
    stopped = search().set_callbacks(StopAfter(1)).fit(*digits)
    assert stopped.best_estimator_[-1].n_iter_ == 2
    assert np.isfinite(stopped.cv_results_["mean_test_score"]).all()
    short = search().set_params(estimator__cnnclassifier__epochs=2).fit(*digits)
    np.testing.assert_array_equal(
        stopped.cv_results_["mean_test_score"], short.cv_results_["mean_test_score"]
    )


def test_stop_ends_the_network_it_is_set_on_and_no_other(digits):
    first = net().set_callbacks(StopAfter(0))
    first.fit(*digits)
    other = net(random_state=1).fit(*digits)
    assert (first.n_iter_, other.n_iter_) == (1, 3)


def test_stop_in_a_fusion_ends_every_stage_after_that_epoch(digits):
    fusion = make_serial_fusion(net(), net(epochs=4), cv=2)
    fusion.set_callbacks(StopAfter(1)).fit(*digits)
    assert [stage.estimator_.n_iter_ for _, stage in fusion.steps[:-1]] == [2, 2]


def test_stop_in_a_distillation_ends_teacher_and_student(digits):
    distilled = DistilledClassifier(net(epochs=4), net(), queries=None)
    distilled.set_callbacks(StopAfter(1)).fit(*digits)
    assert (distilled.teacher_.n_iter_, distilled.student_.n_iter_) == (2, 2)


# -- pickles --------------------------------------------------------------------

WATCHED = {
    "network": net,
    "pipeline": lambda: make_pipeline(StandardScaler(), net()),
    "search": search,
    "serial": lambda: make_serial_fusion(net(), line(), cv=2),
    "distilled": lambda: DistilledClassifier(line(), net(), queries=None),
}


@pytest.mark.parametrize("kind", WATCHED)
def test_fitted_estimator_with_callbacks_pickles(digits, progress, kind):
    X, y = digits
    watched = WATCHED[kind]()
    watched.set_callbacks(progress(), ScoringMonitor(scoring="accuracy")).fit(X, y)
    loaded = pickle.loads(pickle.dumps(watched))
    np.testing.assert_array_equal(loaded.predict_proba(X), watched.predict_proba(X))
    assert loaded.fit(X, y).score(X, y) == watched.score(X, y)
