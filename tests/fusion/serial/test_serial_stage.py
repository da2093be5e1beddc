"""What a stage trains on, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import (
    SerialStage,
    WeightedSumClassifier,
    make_serial_fusion,
)
from skopt_nn.fusion import StageOutput
from tests.doubles import Recorder, UnweightedRecorder, handed_on, one_hot

# Ten rows of three classes; the first stage misses rows 0 and 1, the second row 2.
y10 = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
first = np.array([1, 2, 2, 0, 1, 2, 0, 1, 2, 0])
second = np.array([0, 1, 0, 0, 1, 2, 0, 1, 2, 0])
two_stages = np.stack([one_hot(first), one_hot(second)], axis=1)


@pytest.mark.parametrize("user_weight", [None, np.linspace(0.5, 2.0, 10)])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_a_stage_trains_on_samme_weights_of_the_rows_missed_so_far(user_weight, rate):
    w = np.ones(10) if user_weight is None else user_weight
    missed = [first != y10, second != y10]
    error = w[missed[0]].sum() / w.sum()
    alpha = [np.log((1 - error) / error) + np.log(2)]
    seen = w * np.exp(rate * alpha[0] * missed[0])
    error = seen[missed[1]].sum() / seen.sum()
    alpha.append(np.log((1 - error) / error) + np.log(2))
    expected = w * np.exp(rate * (alpha[0] * missed[0] + alpha[1] * missed[1]))
    expected *= w.sum() / expected.sum()

    X = handed_on(two_stages, (rate, rate))
    stage = SerialStage(Recorder(), learning_rate=rate).fit(X, y10, user_weight)
    assert_allclose(stage.estimator_.weight_, expected)
    end = WeightedSumClassifier().fit(X, y10, user_weight)
    assert_allclose(end.stage_weights_, alpha)


def test_without_shrinkage_the_missed_rows_get_all_but_one_kth_of_the_weight():
    X = handed_on(one_hot(first)[:, None])
    stage = SerialStage(Recorder(), learning_rate=1.0).fit(X, y10)
    assert_allclose(stage.estimator_.weight_[first != y10].sum(), 10 * 2 / 3)


def test_rows_whose_boosting_weight_vanishes_still_get_out_of_fold_scores(iris):
    """300 stages that miss row 0 alone leave the others a weight of zero in floats."""
    X, y = iris
    said = np.where(np.arange(len(y)) == 0, 1, y)
    scores = np.repeat(one_hot(said)[:, None], 300, axis=1)
    before = StageOutput(X, scores, np.unique(y), (0.0,) * 300)
    stage = SerialStage(Recorder(), learning_rate=1.0)
    output = stage.fit_transform(before, y)
    assert_array_equal(stage.estimator_.X_, X[:1])
    assert output.scores.shape == (len(y), 301, 3)


def test_training_scores_are_out_of_fold():
    """1-NN repeats its training labels: only rows it did not see can be wrong."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), rng.integers(0, 2, size=60)
    knn = KNeighborsClassifier(1)
    output = SerialStage(knn, cv=3).fit_transform(X, y)
    folded = cross_val_predict(knn, X, y, cv=StratifiedKFold(3), method="predict_proba")
    assert_array_equal(output.scores[:, 0], folded)
    assert 0.3 < np.mean(output.scores[:, 0].argmax(axis=1) == y) < 0.8
    in_sample = SerialStage(knn, cv=None).fit_transform(X, y)
    assert_array_equal(in_sample.scores[:, 0].argmax(axis=1), y)


def test_folds_are_trained_with_their_rows_of_the_weights(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.1, 3, size=len(y))
    scores = SerialStage(GaussianNB(), cv=3).fit_transform(X, y, weight).scores[:, 0]
    for train, test in StratifiedKFold(3).split(X, y):
        fold = GaussianNB().fit(X[train], y[train], weight[train])
        assert_array_equal(scores[test], fold.predict_proba(X[test]))


def test_a_class_that_a_fold_lacks_gets_probability_zero():
    X, y = np.arange(12.0)[:, None], np.repeat(["a", "b", "c"], 4)
    scores = SerialStage(GaussianNB(), cv=KFold(3)).fit_transform(X, y).scores[:, 0]
    assert_array_equal(scores[:4, 0], 0)
    assert_allclose(scores.sum(axis=1), 1)


def test_members_without_weights_train_on_rows_drawn_by_weight():
    X = handed_on(one_hot(first)[:, None])
    stage = SerialStage(UnweightedRecorder(), learning_rate=1.0, random_state=0)
    drawn = stage.fit(X, y10).estimator_.X_[:, 0].astype(int)
    weights = SerialStage(Recorder(), learning_rate=1.0).fit(X, y10).estimator_.weight_
    counts = np.bincount(drawn, minlength=10)
    assert len(drawn) == 10
    assert np.all((counts == np.floor(weights)) | (counts == np.ceil(weights)))
    again = clone(stage).fit(X, y10).estimator_.X_[:, 0]
    assert_array_equal(again, drawn)


def test_equal_weights_draw_every_row_once(iris):
    X, y = iris
    weight = np.full(len(y), 0.3)
    stage = SerialStage(UnweightedRecorder(), random_state=1).fit(X, y, weight)
    assert_array_equal(stage.estimator_.X_, X)


def test_weights_reach_the_steps_of_a_pipeline_member(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    member = make_pipeline(StandardScaler(), LogisticRegression())
    stage = SerialStage(member).fit(X, y, weight)
    expected = clone(member).fit(
        X,
        y,
        standardscaler__sample_weight=weight,
        logisticregression__sample_weight=weight,
    )
    assert_allclose(stage.estimator_.predict_proba(X), expected.predict_proba(X))


def test_set_output_leaves_the_stages_alone(iris):
    X, y = iris
    fusion = make_pipeline(StandardScaler(), *make_serial_fusion(Recorder()))
    fusion.set_output(transform="pandas").fit(X, y)
    assert isinstance(fusion[1].estimator_.X_, pd.DataFrame)


# -- errors -------------------------------------------------------------------------


def test_a_regressor_cannot_follow_a_classifier(iris):
    X, y = iris
    output = SerialStage(GaussianNB()).fit_transform(X, y)
    text = r"holds a regressor .* fitted to \[0, 1, 2\]"
    with pytest.raises(ValueError, match=text):
        SerialStage(Ridge()).fit(output, y)


def test_folds_must_be_a_partition(iris):
    with pytest.raises(ValueError, match="test every row exactly once"):
        SerialStage(GaussianNB(), cv=TimeSeriesSplit(3)).fit_transform(*iris)


@pytest.mark.parametrize("learning_rate", [-0.1, 1.5, "fast"])
def test_learning_rate_outside_its_range(iris, learning_rate):
    with pytest.raises(ValueError, match="learning_rate"):
        SerialStage(GaussianNB(), learning_rate=learning_rate).fit(*iris)


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (StandardScaler(), "predict"),
        (GaussianNB, "instance"),
    ],
)
def test_members_that_are_none(iris, member, text):
    with pytest.raises((TypeError, ValueError), match=text):
        SerialStage(member).fit(*iris)
