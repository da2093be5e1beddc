import io
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    compare,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)

X, y = load_iris(return_X_y=True)
N_WEIGHTS = 4 * 8 + 8 + 8 * 3 + 3


def small_network(**params):
    params = {"epochs": 2, "random_state": 0, **params}
    return CNNClassifier(filters=(), dense_units=(8,), **params)


@pytest.fixture(scope="module")
def network():
    return small_network().fit(X, y)


@pytest.fixture(scope="module")
def line():
    return LogisticRegression(max_iter=1000).fit(X, y)


def parameters(estimator):
    return compare({"model": estimator}, X, y).loc["model", "parameters"]


def test_a_row_a_model_in_the_order_given(network, line):
    table = compare({"line": line, "network": network}, X, y)
    assert table.index.tolist() == ["line", "network"]
    assert table.index.name == "model"
    assert table.columns.tolist() == [
        "score",
        "score_error",
        "log_loss",
        "brier",
        "calibration_error",
        "parameters",
        "multiply_adds",
        "bytes",
        "fit_seconds",
        "predict_ms_1",
        "predict_ms_256",
        "predict_peak_bytes",
    ]
    assert set(table.dtypes.drop("bytes")) == {np.dtype(float)}


def test_multiplications_are_those_of_all_members(network, line):
    fusion = make_parallel_fusion(
        FrozenEstimator(network), FrozenEstimator(clone(network).fit(X, y)), line
    ).fit(X, y)
    counted = compare({"one": network, "both": fusion, "line": line}, X, y)
    one, both, none = counted["multiply_adds"]
    assert one == network.summary().n_multiply_adds
    assert both == 2 * one
    assert np.isnan(none)


def test_peak_of_memory_is_what_a_prediction_takes(line):
    class Greedy(type(line)):
        def predict(self, X):
            np.ones(10**6)
            return super().predict(X)

    greedy = Greedy(max_iter=1000).fit(X, y)
    found = compare({"line": line, "greedy": greedy}, X, y)["predict_peak_bytes"]
    assert found["line"] < 1e6
    assert 8e6 <= found["greedy"] < 9e6


def test_fitted_models_are_judged_on_all_rows(network):
    row = compare({"network": network}, X, y).loc["network"]
    assert row["score"] == network.score(X, y)
    assert row["log_loss"] == pytest.approx(log_loss(y, network.predict_proba(X)))
    assert np.isnan(row["fit_seconds"])


def test_unfitted_models_are_fitted_on_the_rows_that_judge_nobody():
    forest = RandomForestClassifier(20, random_state=0)
    table = compare({"forest": forest}, X, y, test_size=0.4, random_state=3)
    A, B, a, b = train_test_split(X, y, test_size=0.4, random_state=3, stratify=y)
    assert table.loc["forest", "score"] == forest.fit(A, a).score(B, b)
    assert table.loc["forest", "fit_seconds"] > 0


def test_unfitted_estimators_are_left_unfitted():
    line = LogisticRegression(max_iter=1000)
    compare([line], X, y)
    assert not hasattr(line, "coef_")


@pytest.mark.filterwarnings("ignore:compare judges by a part")
def test_fitted_and_unfitted_models_are_judged_on_the_same_rows(line):
    table = compare([("fitted", line), ("new", LogisticRegression(C=1e-9))], X, y)
    _, B, _, b = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    assert table.loc["fitted", "score"] == line.score(B, b)
    assert table["fit_seconds"].isna().tolist() == [True, False]


def test_estimators_in_a_list_are_named_by_class(network, line):
    table = compare([network, line, FrozenEstimator(network)], X, y)
    assert table.index.tolist() == [
        "CNNClassifier-1",
        "LogisticRegression",
        "CNNClassifier-2",
    ]


def test_regressors_are_scored_by_r2_and_have_no_log_loss():
    X, y = load_diabetes(return_X_y=True)
    network = CNNRegressor(filters=(), dense_units=(4,), epochs=2, random_state=0)
    models = {"network": network.fit(X, y), "line": LinearRegression().fit(X, y)}
    table = compare(models, X, y)
    assert table.loc["network", "score"] == network.score(X, y)
    assert table["log_loss"].isna().all()


def test_the_standard_error_of_an_accuracy_is_that_of_a_share(line):
    row = compare({"line": line}, X, y).loc["line"]
    p = row["score"]
    assert row["score_error"] == pytest.approx(np.sqrt(p * (1 - p) / len(y)))


def test_the_standard_error_of_r2_is_that_of_drawn_rows():
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(X, y)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(y), size=len(y)) for _ in range(300)]
    spread = np.std([model.score(X[rows], y[rows]) for rows in drawn])
    row = compare({"line": model}, X, y).loc["line"]
    assert row["score_error"] == pytest.approx(spread, rel=0.15)


def test_brier_score_and_calibration_error_are_those_of_the_papers(line):
    row, proba = compare({"line": line}, X, y).loc["line"], line.predict_proba(X)
    assert row["brier"] == pytest.approx(np.sum((proba - np.eye(3)[y]) ** 2) / len(y))
    sure, right = proba.max(axis=1), proba.argmax(axis=1) == y
    expected = 0.0
    for low in np.arange(15) / 15:
        own = (sure >= low) & (sure < low + 1 / 15)
        expected += abs(np.sum(right[own]) - np.sum(sure[own])) / len(y)
    assert row["calibration_error"] == pytest.approx(expected)


def test_given_test_rows_judge_and_all_others_train(line):
    new = LogisticRegression(C=0.01)
    models = {"fitted": line, "new": new}
    table = compare(models, X[::2], y[::2], X[1::2], y[1::2])
    fitted = clone(new).fit(X[::2], y[::2])
    assert table.loc["new", "score"] == fitted.score(X[1::2], y[1::2])
    assert table.loc["fitted", "score"] == line.score(X[1::2], y[1::2])


def test_test_rows_come_with_their_labels(line):
    with pytest.raises(ValueError, match="given together, got X_test alone"):
        compare([line], X, y, X_test=X)


def test_bytes_are_those_of_the_joblib_file(network):
    file = io.BytesIO()
    joblib.dump(network, file)
    size = compare([network], X, y)["bytes"].item()
    assert size == len(file.getvalue())


def test_parameters_of_a_network(network):
    assert parameters(network) == N_WEIGHTS


def test_a_model_without_a_network_has_no_parameters(line):
    assert np.isnan(parameters(line))


@pytest.mark.parametrize(
    ("fusion", "n_networks"),
    [
        (make_parallel_fusion(small_network(), RandomForestClassifier(3)), 1),
        (make_serial_fusion(small_network(), small_network(), cv=None), 2),
        (make_stacked_fusion(small_network(), final_estimator=small_network()), None),
        (make_pipeline(StandardScaler(), small_network()), 1),
        (GridSearchCV(small_network(), {"learning_rate": [0.1]}, cv=2), 1),
        (CalibratedClassifierCV(small_network(), cv=2), 2),
        (DistilledClassifier(RandomForestClassifier(3), small_network()), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_parameters_of_a_fusion_are_those_of_its_networks(fusion, n_networks):
    expected = n_networks and n_networks * N_WEIGHTS
    # A stack's last network sees three probabilities instead of four features.
    expected = expected or N_WEIGHTS + (N_WEIGHTS - 8)
    assert parameters(fusion.fit(X, y)) == expected


def test_a_network_that_is_held_twice_is_counted_once(network):
    frozen = FrozenEstimator(network)
    other = FrozenEstimator(network)
    assert parameters(make_parallel_fusion(frozen, frozen).fit(X, y)) == N_WEIGHTS
    assert parameters(make_parallel_fusion(frozen, other).fit(X, y)) == N_WEIGHTS


def test_hard_voting_has_no_log_loss(line):
    fusion = make_parallel_fusion(line, voting="hard").fit(X, y)
    assert np.isnan(compare([fusion], X, y)["log_loss"].item())


def test_a_model_that_cannot_be_pickled_has_no_bytes(line):
    class Local(LogisticRegression):
        pass

    local = Local(max_iter=1000).fit(X, y)
    assert np.isnan(compare([local], X, y)["bytes"].item())


def test_frames_lists_and_few_rows_are_taken(line):
    frame, names = pd.DataFrame(X, columns=list("abcd")), [f"iris {k}" for k in y]
    framed = LogisticRegression(max_iter=1000).fit(frame, names)
    assert compare([framed], frame[:3], names[:3])["score"].item() > 0
    assert compare([line], X[:2].tolist(), y[:2].tolist())["score"].item() > 0


@pytest.mark.parametrize(
    ("estimators", "error", "message"),
    [
        ({}, ValueError, "at least one estimator"),
        (LogisticRegression(), TypeError, "goes into a list"),
        ([("a", LogisticRegression()), LinearRegression()], TypeError, "mix of both"),
        (
            [("a", LogisticRegression()), ("a", LogisticRegression())],
            ValueError,
            r"distinct names, got \['a'\]",
        ),
        ([LogisticRegression], TypeError, r"Did you mean LogisticRegression\(\)\?"),
        ([KMeans()], TypeError, "'KMeans' must be a classifier or regressor"),
        (
            [LogisticRegression(), LinearRegression()],
            ValueError,
            "never a mix: got the classifiers .*LogisticRegression",
        ),
    ],
)
def test_what_cannot_be_compared_is_named(estimators, error, message):
    with pytest.raises(error, match=message):
        compare(estimators, X, y)


def test_no_rows_or_unequal_lengths_are_refused(line):
    with pytest.raises(ValueError, match="at least 1 row"):
        compare([line], X[:0], y[:0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare([line], X[:3], y[:4])


def test_too_few_rows_to_split_are_refused_with_a_way_out():
    with pytest.raises(
        ValueError, match=r"X of 4 rows cannot be split .* fit the models"
    ):
        compare([LogisticRegression()], X[48:52], y[48:52])


def test_labels_that_a_model_does_not_know_are_named(line):
    with pytest.raises(
        ValueError, match=r"y has the labels \[7\].*'LogisticRegression'"
    ):
        compare([line], X[:2], [0, 7])


def test_multiplications_of_a_distilled_model_are_those_of_its_student(network):
    distilled = DistilledClassifier(RandomForestClassifier(3), small_network())
    fusion = make_parallel_fusion(distilled, FrozenEstimator(network)).fit(X, y)
    counted = compare({"one": distilled.fit(X, y), "both": fusion}, X, y)
    n_products = network.summary().n_multiply_adds
    assert counted["multiply_adds"].tolist() == [n_products, 2 * n_products]


def test_the_log_loss_of_one_class_is_zero():
    row = compare([DummyClassifier()], X[:50], np.zeros(50)).iloc[0]
    assert row["score"] == 1
    assert row["log_loss"] == row["brier"] == row["calibration_error"] == 0


def test_a_column_of_labels_is_one_label_a_row(line):
    X, y = load_iris(return_X_y=True)
    columns = ["score", "score_error", "log_loss", "brier"]
    one = compare({"line": line}, X, y)[columns]
    for column in (y[:, np.newaxis], pd.DataFrame(y)):
        pd.testing.assert_frame_equal(compare({"line": line}, X, column)[columns], one)


def test_models_that_may_have_seen_the_rows_are_named(line):
    models = {"line": line, "other": clone(line)}
    with pytest.warns(UserWarning, match=r"\['line'\], may have been .* Pass X_test"):
        compare(models, X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        compare(models, X, y, X, y)
