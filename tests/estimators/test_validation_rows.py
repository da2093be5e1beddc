import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import CNNClassifier, CNNRegressor
from tests.doubles import FittedEpochs


@pytest.fixture(scope="module")
def split(digits):
    X, y = digits
    return X[:200], y[:200], X[200:], y[200:]


def test_given_rows_are_logged_and_not_trained_on(split, tiny):
    X, y, X_val, y_val = split
    net = CNNClassifier(**tiny).fit(X, y, X_val=X_val, y_val=y_val)
    alone = CNNClassifier(**tiny).fit(X, y)
    np.testing.assert_array_equal(net.predict_proba(X), alone.predict_proba(X))
    loss = log_loss(y_val, net.predict_proba(X_val))
    assert net.history_["val_loss"][-1] == pytest.approx(loss, rel=1e-4)
    assert net.best_score_ == accuracy_score(y_val, net.predict(X_val))


def test_weights_of_given_rows_count(split, tiny):
    X, y, X_val, y_val = split
    weights = np.arange(100.0) % 2
    net = CNNClassifier(**tiny)
    net.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    loss = log_loss(y_val, net.predict_proba(X_val), sample_weight=weights)
    assert net.history_["val_loss"][-1] == pytest.approx(loss, rel=1e-4)


def test_early_stopping_keeps_the_epoch_that_scores_best_on_given_rows(split, tiny):
    X, y, X_val, y_val = split
    params = tiny | {"epochs": 6, "learning_rate": 0.05, "early_stopping": True}
    net = CNNClassifier(scoring="accuracy", **params)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    scores = net.history_["val_score"]
    assert net.best_score_ == max(scores)
    assert net.best_epoch_ == np.argmax(scores) + 1
    assert net.score(X_val, y_val) == pytest.approx(net.best_score_)


def test_a_function_is_a_scorer(split, tiny):
    X, y, X_val, y_val = split
    seen = []

    def scorer(estimator, X, y):
        seen.append((len(X), set(y) <= set(estimator.classes_)))
        return len(seen)

    net = CNNClassifier(scoring=scorer, **tiny)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert net.history_["val_score"] == [1, 2]
    assert set(seen) == {(100, True)}


def test_scores_of_held_out_rows_with_names_and_labels(digits, tiny):
    X, y = digits
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    words = np.array([f"no. {i}" for i in y])
    params = tiny | {"early_stopping": True, "scoring": "neg_log_loss"}
    net = CNNClassifier(**params).fit(frame, words)
    assert len(net.history_["val_score"]) == 2
    assert -net.history_["val_score"][-1] == pytest.approx(
        net.history_["val_loss"][-1], rel=1e-4
    )


def test_scores_of_values_are_in_units_of_y(diabetes):
    X, y = diabetes
    params = {"filters": (), "dense_units": (8,), "epochs": 2, "random_state": 0}
    net = CNNRegressor(scoring="neg_mean_absolute_error", **params)
    net.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    error = np.abs(net.predict(X[150:]) - y[150:]).mean()
    assert -net.best_score_ == pytest.approx(error, rel=1e-5)


def test_a_pipeline_transforms_the_rows_to_validate_on(split, tiny):
    X, y, X_val, y_val = split
    with config_context(enable_metadata_routing=True):
        net = CNNClassifier(**tiny).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), net, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    loss = log_loss(y_val, pipeline.predict_proba(X_val))
    assert pipeline[-1].history_["val_loss"][-1] == pytest.approx(loss, rel=1e-4)


def test_parts_of_validation_data_are_refused(split, tiny):
    X, y, X_val, y_val = split
    net = CNNClassifier(**tiny)
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        net.fit(X, y, X_val=X_val)
    with pytest.raises(ValueError, match=r"X_val, y_val and .* must be as X, y.*10"):
        net.fit(X, y, X_val=X_val[:, :10], y_val=y_val)
    with pytest.raises(ValueError, match=r"must be as X, y.*has the labels \[11\]"):
        net.fit(X, y, X_val=X_val, y_val=np.full(100, 11))
    with pytest.raises(ValueError, match=r"must be as X, y.*inconsistent numbers"):
        net.fit(X, y, X_val=X_val, y_val=y_val[:50])
    assert not hasattr(net, "model_")


@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_patience_waits_for_the_last_quarter_of_a_schedule(split, tiny, schedule):
    """Rows with labels of chance: the first epochs are as good as any."""
    X, y, X_val, y_val = split
    params = tiny | {"epochs": 12, "learning_rate": 0.05, "n_iter_no_change": 1}
    params |= {"early_stopping": True, "learning_rate_schedule": schedule}
    net = CNNClassifier(**params).fit(X, y, X_val=X_val, y_val=(y_val + 5) % 10)
    if schedule == "constant":
        assert net.n_iter_ < 9
    else:
        assert net.n_iter_ >= 9


def test_rows_far_from_zero_are_scored_as_they_are_predicted():
    near = np.random.default_rng(0).normal(size=(200, 2))
    X, y = 1e8 + near, near[:, 0] > 0
    params = {"filters": (), "dense_units": (8,), "epochs": 20, "random_state": 0}
    net = CNNClassifier(scoring="accuracy", **params)
    net.fit(X, y, X_val=X[:50], y_val=y[:50])
    assert net.best_score_ == net.score(X[:50], y[:50])
    assert net.history_["val_score"][-1] == net.best_score_


@pytest.mark.parametrize(
    ("n_labelled", "judges"),
    [(300, "labelled rows"), (30, "all rows"), (0, "all rows")],
)
def test_rows_that_only_a_teacher_labels_judge_where_few_others_can(n_labelled, judges):
    X = np.arange(600.0).reshape(-1, 1)
    y = (np.arange(600) % 2).astype(float)
    alpha = np.where(np.arange(600) < n_labelled, 0.5, 1.0)
    seen = []

    def scorer(estimator, X, y):
        seen.append(X[:, 0])
        return 0.0

    net = CNNRegressor(
        (), input_shape=(1,), epochs=1, early_stopping=True, scoring=scorer
    )
    net.fit_soft(X, y, y, alpha=alpha)
    assert len(seen[0]) == (30 if judges == "labelled rows" else 60)
    assert (seen[0].max() < 300) == (judges == "labelled rows")


@pytest.mark.parametrize("scoring", ["roc_auc", "f1", "r2"])
def test_a_scorer_that_does_not_fit_y_is_refused_before_training(split, scoring):
    X, y, X_val, y_val = split
    seen = FittedEpochs()
    names = np.array(list("abcdefghij"))
    net = CNNClassifier((), scoring=scoring, epochs=1).set_callbacks(seen)
    with pytest.raises(ValueError, match=f"scoring='{scoring}' cannot judge the rows"):
        net.fit(X, names[y], X_val=X_val, y_val=names[y_val])
    assert not seen.told


def test_a_score_that_is_no_number_is_refused_before_training(split, tiny):
    X, y, X_val, y_val = split
    net = CNNClassifier(**tiny | {"early_stopping": True, "scoring": "roc_auc"})
    ones = y_val == 1
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(
            ValueError,
            match="scoring='roc_auc' cannot judge the rows held out: it gives n",
        ),
    ):
        net.fit(X, y == 1, X_val=X_val[ones], y_val=y_val[ones] == 1)


def test_weights_are_kept_where_no_epoch_can_be_compared(diabetes):
    X, y = diabetes
    params = {"filters": (), "dense_units": (8,), "epochs": 3, "random_state": 0}
    trained = CNNRegressor(**params).fit(X, y)
    far = np.where(np.arange(50) == 0, 1e25, y[:50])
    net = CNNRegressor(early_stopping=True, **params)
    with pytest.warns(ConvergenceWarning, match="val_loss of CNNRegressor was not fin"):
        net.fit(X, y, X_val=X[:50], y_val=far)
    np.testing.assert_array_equal(net.predict(X), trained.predict(X))
    assert not hasattr(net, "best_epoch_")


def test_rows_that_are_equal_are_judged_as_often_as_they_come(split, tiny):
    X, y, X_val, y_val = split
    often = np.repeat([0, 1], [9, 1])
    net = CNNClassifier(
        **tiny | {"batch_size": None, "scoring": make_scorer(accuracy_score)}
    )
    net.fit(X, y, X_val=X_val[often], y_val=y_val[often])
    assert net.best_score_ == net.score(X_val[often], y_val[often])


def test_a_network_amid_a_pipeline_validates_on_rows_given(split, tiny):
    X, y, X_val, y_val = split
    pipeline = make_pipeline(CNNClassifier(**tiny), LogisticRegression(max_iter=500))
    pipeline.fit(X, y, cnnclassifier__X_val=X_val, cnnclassifier__y_val=y_val)
    alone = CNNClassifier(**tiny).fit(X, y, X_val=X_val, y_val=y_val)
    assert pipeline[0].history_ == alone.history_
    assert "val_loss" in alone.history_
