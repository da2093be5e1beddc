"""Callbacks of Keras and of scikit-learn beside each other."""

import pickle

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
)
from skopt_nn._backend import keras
from tests.doubles import CallLog, FittedEpochs, Merging

FAMILIES = [CNNClassifier, CNNRegressor, SharedWeightClassifier, SharedWeightRegressor]

SCORING = dict(zip(FAMILIES, ["accuracy", "r2"] * 2))


@pytest.mark.parametrize("cls", FAMILIES)
def test_epochs_are_the_tasks_of_a_fit(make, digits, cls):
    recorder = CallLog()
    make(cls).set_callbacks(recorder).fit(*digits)
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


@pytest.mark.parametrize("cls", FAMILIES)
def test_callback_that_says_stop_ends_training_after_that_epoch(make, digits, cls):
    recorder = CallLog(stop_at="epoch 1")
    est = make(cls, epochs=5).set_callbacks(recorder).fit(*digits)
    assert est.n_iter_ == 2
    assert recorder.calls[-2:] == [("end", "fit"), ("teardown", "fit")]


@pytest.mark.parametrize("cls", FAMILIES)
def test_callbacks_change_no_result(make, digits, same, cls):
    X, y = digits
    params = {"dropout": 0.3, "normalization": "batch"}
    watched = make(cls, **params).set_callbacks(ScoringMonitor(scoring=SCORING[cls]))
    same(watched.fit(X, y), make(cls, **params).fit(X, y), X)


@pytest.mark.parametrize("cls", FAMILIES)
def test_scoring_monitor_logs_a_score_an_epoch(make, digits, cls):
    X, y = digits
    monitor = ScoringMonitor(scoring=SCORING[cls])
    est = make(cls, epochs=3).set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] != "fit"]
    assert [row["task_name"] for row in rows] == ["epoch 0", "epoch 1", "epoch 2"]
    assert rows[-1][SCORING[cls]] == pytest.approx(est.score(X, y))
    after_one = make(cls, epochs=1).fit(X, y)
    assert rows[0][SCORING[cls]] == pytest.approx(after_one.score(X, y))


def test_scoring_monitor_weighs_rows(make, digits):
    X, y = digits
    weights = np.where(y < 5, 1.0, 0.5)
    monitor = ScoringMonitor(scoring="accuracy")
    est = make().set_callbacks(monitor).fit(X, y, sample_weight=weights)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch 1"]
    assert rows[0]["accuracy"] == pytest.approx(est.score(X, y, sample_weight=weights))


def test_callbacks_see_the_estimator_and_copies_of_each_epoch(make, digits):
    X, y = digits
    keeper = FittedEpochs()
    est = make(epochs=2).set_callbacks(keeper).fit(X, y)
    assert all(told is est for told in keeper.told)
    (first, predicted), (last, _) = keeper.fitted
    np.testing.assert_array_equal(first.predict(X), predicted)
    np.testing.assert_array_equal(last.predict_proba(X), est.predict_proba(X))
    assert (first.n_iter_, last.n_iter_) == (1, 2)


def test_progress_bar_runs_on_a_network_and_on_a_search_over_it(make, digits, capsys):
    X, y = digits
    make().set_callbacks(ProgressBar()).fit(X, y)
    pipe = make_pipeline(FunctionTransformer(), make())
    grid = {"cnnclassifier__learning_rate": [1e-3, 1e-2]}
    search = GridSearchCV(pipe, grid, cv=2)
    with_bar = search.set_callbacks(ProgressBar()).fit(X, y).cv_results_
    plain = GridSearchCV(pipe, grid, cv=2).fit(X, y).cv_results_
    np.testing.assert_array_equal(with_bar["mean_test_score"], plain["mean_test_score"])
    printed = capsys.readouterr().out
    assert "CNNClassifier - fit" in printed
    assert "GridSearchCV - fit" in printed


class Histories(CallLog):
    """Keeps how long the records of each shown estimator are."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name.startswith("epoch"):
            lengths = {len(losses) for losses in fitted_estimator.history_.values()}
            assert lengths == {fitted_estimator.n_iter_}
            self.seen.append(fitted_estimator.n_iter_)


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_history_seen_after_an_epoch_is_of_the_epochs_so_far(
    make, digits, cls, early_stopping
):
    histories = Histories()
    params = {"early_stopping": early_stopping, "validation_fraction": 0.2}
    est = make(cls, **params).set_callbacks(histories)
    est.fit(*digits)
    assert histories.seen == [1, 2]
    est.set_params(epochs=3).fit(*digits)
    assert histories.seen == [1, 2, 1, 2, 3]
    est.set_params(warm_start=True, epochs=2).fit(*digits)
    assert histories.seen == [1, 2, 1, 2, 3, 4, 5]
    assert est.n_iter_ == len(est.history_["loss"]) == 5


def test_history_seen_after_partial_fits_goes_on_from_them(make, digits):
    histories = Histories()
    est = make(warm_start=True).set_callbacks(histories)
    est.partial_fit(*digits).partial_fit(*digits)
    assert histories.seen == []
    est.fit(*digits)
    assert histories.seen == [3, 4]
    est.set_params(warm_start=False).fit(*digits)
    assert histories.seen == [3, 4, 1, 2]


def test_history_seen_while_layers_merge_is_of_the_epochs_so_far(
    make, digits, registered
):
    histories = Histories()
    params = {"filters": (), "dense_units": (8, 8, 8), "sharing": "merging"}
    est = make(SharedWeightClassifier, **params).set_callbacks(histories)
    with registered("merging", Merging):
        est.fit(*digits)
    assert histories.seen == [1, 2, 3]
    assert est.shared_weights_


def test_history_that_a_callback_keeps_is_not_changed_by_later_epochs(make, digits):
    keeper = FittedEpochs()
    make(epochs=3).set_callbacks(keeper).fit(*digits)
    lengths = [len(fitted.history_["loss"]) for fitted, _ in keeper.fitted]
    assert lengths == [1, 2, 3]


def test_failed_fit_tears_its_callbacks_down(make, digits):
    recorder = CallLog()
    with pytest.raises(ValueError, match="NaN"):
        make().set_callbacks(recorder).fit(digits[0] * np.nan, digits[1])
    assert recorder.calls[-1] == ("teardown", "fit")


# -- Keras ----------------------------------------------------------------------


class Counter(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []
        self.rates = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        self.rates.append(float(self.model.optimizer.learning_rate))


def test_keras_callbacks_are_copied_for_each_fit(make, digits):
    counter = Counter()
    est = make(callbacks=[counter])
    est.fit(*digits).fit(*digits)
    assert counter.epochs == []
    assert est.callbacks == [counter]


@pytest.mark.parametrize("average", [None, 0.9])
def test_a_keras_callback_that_does_nothing_changes_nothing(
    make, digits, same, average
):
    X, y = digits
    params = {"epochs": 4, "learning_rate": 0.01, "weight_averaging": average}
    params["learning_rate_schedule"] = "one_cycle"
    plain = make(**params).fit(X, y, X_val=X[:50], y_val=y[:50])
    watched = make(callbacks=[keras.callbacks.Callback()], **params)
    watched.fit(X, y, X_val=X[:50], y_val=y[:50])
    assert watched.history_ == plain.history_
    same(watched, plain, X)


def test_learning_rate_scheduler_sets_the_rate(make, digits, same):
    X, y = digits
    rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-2)
    same(make(callbacks=[rate]).fit(X, y), make(learning_rate=1e-2).fit(X, y), X)


def test_keras_early_stopping_restores_its_best_epoch(make, digits, same):
    X, y = digits
    rise = keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: 1e-3 if epoch < 2 else 3.0
    )
    stop = keras.callbacks.EarlyStopping(
        monitor="loss", patience=2, restore_best_weights=True
    )
    est = make(epochs=20, callbacks=[rise, stop]).fit(X, y)
    assert est.n_iter_ == 4
    same(est, make(epochs=2).fit(X, y), X)


def test_keras_callbacks_may_watch_the_held_out_loss(make, digits):
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1)
    est = make(early_stopping=True, validation_fraction=0.2, callbacks=[plateau])
    assert est.fit(*digits).n_iter_ == 2


class Unpicklable(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.hook = lambda: None


@pytest.mark.parametrize("cls", FAMILIES)
def test_callbacks_do_not_make_a_fitted_estimator_unpicklable(make, digits, cls):
    X, y = digits
    est = make(cls, callbacks=[Counter()]).fit(X, y)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(est)).predict(X), est.predict(X)
    )


def test_callback_with_a_lambda_is_left_out_of_the_pickle(make, digits):
    X, y = digits
    est = make(callbacks=[Unpicklable()]).fit(X, y)
    with pytest.warns(UserWarning, match="callbacks of this fitted CNNClassifier"):
        loaded = pickle.loads(pickle.dumps(est))
    np.testing.assert_array_equal(loaded.predict(X), est.predict(X))
    assert loaded.callbacks is None
    assert est.callbacks is not None


def test_callbacks_of_both_kinds_work_together(make, digits):
    recorder = CallLog(stop_at="epoch 2")
    rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-2)
    est = make(epochs=9, callbacks=[rate]).set_callbacks(recorder).fit(*digits)
    assert est.n_iter_ == 3


def test_an_epoch_that_diverges_ends_its_task(digits, tiny):
    tasks = CallLog()
    net = CNNClassifier(**{**tiny, "learning_rate": 1e30}).set_callbacks(tasks)
    with pytest.warns(ConvergenceWarning):
        net.fit(*digits)
    kinds = [kind for kind, _ in tasks.calls]
    assert kinds.count("begin") == kinds.count("end") == 2


@pytest.mark.jax_only
def test_what_keras_wrote_down_of_an_epoch_is_loaded_by_keras(make, digits, tmp_path):
    X, y = digits
    file = tmp_path / "epoch.keras"
    keep = keras.callbacks.ModelCheckpoint(file)
    net = make(CNNClassifier, filters=(), callbacks=[keep]).fit(X, y)
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        model = keras.models.load_model(file)
    logits = keras.ops.convert_to_numpy(model(X.astype("float32")))
    np.testing.assert_array_equal(net.classes_[logits.argmax(axis=1)], net.predict(X))
