"""Whole pipelines of stages."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import estimator_html_repr

from skopt_nn import (
    SerialStage,
    make_serial_fusion,
)
from tests.doubles import Recorder, Tasks


class Counted(GaussianNB):
    """A classifier that counts its fits."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        Counted.fits += 1
        return super().fit(X, y, sample_weight)


def test_probabilities_are_the_mean_weighted_by_stage_weights(iris):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), LogisticRegression(max_iter=500))
    fusion.fit(X, y)
    alpha = fusion[-1].stage_weights_
    parts = [stage.estimator_.predict_proba(X) for stage in fusion[:-1]]
    expected = (alpha[0] * parts[0] + alpha[1] * parts[1]) / alpha.sum()
    assert_allclose(fusion.predict_proba(X), expected)
    assert_array_equal(fusion.predict(X), expected.argmax(axis=1))


@pytest.mark.parametrize("rate", [1.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_regression_stages_fit_what_a_share_of_those_before_leaves(
    diabetes, rate, weighted
):
    X, y = diabetes
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else None
    members = [DecisionTreeRegressor(max_depth=1), Ridge(), Ridge(1e6)]
    fusion = make_serial_fusion(*members, cv=KFold(3), learning_rate=rate)
    params = {f"{name}__sample_weight": weight for name, _ in fusion.steps}
    fusion.fit(X, y, **params if weighted else {})

    w = np.ones(len(y)) if weight is None else weight
    said, total, taken = np.zeros(len(y)), np.zeros(len(y)), []
    for index, member in enumerate(members):
        share = rate if index else 0
        left, folded = y - share * said, np.empty(len(y))
        for train, test in KFold(3).split(X):
            fold = clone(member).fit(X[train], left[train], w[train])
            folded[test] = fold.predict(X[test])
        step = max((w * folded) @ left / ((w * folded) @ folded), 0) if index else 1
        error = w @ (left - step * folded) ** 2
        taken.append(not index or error < w @ (y - said) ** 2)
        if taken[-1]:
            added = step * clone(member).fit(X, left, w).predict(X)
            said, total = share * said + step * folded, share * total + added
        assert fusion[-1].stage_weights_[index] == pytest.approx(step * taken[-1])
    assert_allclose(fusion.predict(X), total)
    assert taken[1]
    assert not taken[2] or rate == 1


def test_a_regression_stage_that_learns_noise_is_not_heard():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X[:, 0] + rng.normal(size=300)
    fusion = make_serial_fusion(LinearRegression(), DecisionTreeRegressor()).fit(X, y)
    assert fusion[-1].stage_weights_[1] < 0.1


def test_regression_takes_several_outputs(diabetes):
    X, y = diabetes
    Y = np.column_stack([y, X[:, 0] - y])
    fusion = make_serial_fusion(LinearRegression(), KNeighborsRegressor()).fit(X, Y)
    assert fusion.predict(X).shape == Y.shape
    assert fusion.score(X, Y) > 0.5


@pytest.mark.parametrize("member", [GaussianNB(), KNeighborsClassifier(3)])
def test_rows_of_weight_zero_are_as_good_as_absent(iris, member):
    X, y = iris
    rng = np.random.default_rng(0)
    weight = (rng.uniform(size=len(y)) < 0.7).astype(float)
    kept = weight > 0
    fusion = make_serial_fusion(member, DecisionTreeClassifier(random_state=0))
    fusion.set_params(**{f"{name}__random_state": 0 for name, _ in fusion.steps[:-1]})
    names = [name for name, _ in fusion.steps]
    absent = clone(fusion).fit(X[kept], y[kept])
    weighted = fusion.fit(X, y, **{f"{name}__sample_weight": weight for name in names})
    assert_allclose(weighted[-1].stage_weights_, absent[-1].stage_weights_)
    assert_allclose(weighted.predict_proba(X), absent.predict_proba(X))


def test_any_classifier_may_end_the_pipeline(iris):
    X, y = iris
    stages = make_serial_fusion(GaussianNB(), DecisionTreeClassifier(max_depth=2))[:-1]
    pipe = make_pipeline(*[clone(stage) for stage in stages], LogisticRegression(C=10))
    assert (
        pipe.set_params(logisticregression__max_iter=2000).fit(X, y).score(X, y) > 0.9
    )
    assert pipe[-1].n_features_in_ == 4 + 2 * 3


def test_a_sliced_fusion_gives_the_scores_of_its_stages(iris):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), LogisticRegression(max_iter=500))
    scores = fusion.fit(X, y)[:-1].transform(X).scores
    assert scores.shape == (150, 2, 3)
    assert_allclose(scores[:, 0], GaussianNB().fit(X, y).predict_proba(X))


def test_memory_keeps_the_stages_that_did_not_change(iris, tmp_path):
    X, y = iris
    Counted.fits = 0
    fusion = make_serial_fusion(Counted(), LogisticRegression(), memory=str(tmp_path))
    proba = fusion.fit(X, y).predict_proba(X)
    assert Counted.fits == 4
    changed = clone(fusion).set_params(logisticregression__estimator__C=1e-3).fit(X, y)
    assert Counted.fits == 4
    assert np.abs(changed.predict_proba(X) - proba).max() > 0.01
    assert_array_equal(clone(fusion).fit(X, y).predict_proba(X), proba)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_tunes_nested_parameters(iris, n_jobs):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), DecisionTreeClassifier(random_state=0))
    grid = {
        "decisiontreeclassifier__estimator__max_depth": [1, 3],
        "decisiontreeclassifier__learning_rate": [0.0, 0.5],
        "weightedsumclassifier__weights": [None, [1, 2]],
    }
    search = GridSearchCV(fusion, grid, cv=2, n_jobs=n_jobs).fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    assert search.best_score_ > 0.9


def test_n_jobs_changes_nothing(iris):
    X, y = iris
    members = [KNeighborsClassifier(), DecisionTreeClassifier(random_state=0)]
    fits = [
        make_serial_fusion(*members, n_jobs=n_jobs, random_state=0).fit(X, y)
        for n_jobs in (1, 2)
    ]
    assert_array_equal(*[fit.predict_proba(X) for fit in fits])


def test_metadata_routing_brings_requested_weights_to_every_step(iris, routing):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    member = GaussianNB().set_fit_request(sample_weight=True)
    fusion = make_serial_fusion(member, LogisticRegression(max_iter=500))
    for step in fusion:
        step.set_fit_request(sample_weight=True)
    routed = fusion.fit(X, y, sample_weight=weight)
    by_hand = SerialStage(GaussianNB()).fit_transform(X, y, weight)
    assert_allclose(routed[0].estimator_.theta_, GaussianNB().fit(X, y, weight).theta_)
    lesson = SerialStage(Recorder()).fit(by_hand, y, weight).estimator_.weight_
    expected = LogisticRegression(max_iter=500).fit(X, y, lesson)
    assert_allclose(routed[1].estimator_.coef_, expected.coef_)


def test_weights_by_step_name_without_routing(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    fusion = make_serial_fusion(GaussianNB())
    fusion.fit(X, y, gaussiannb__sample_weight=weight)
    assert_allclose(fusion[0].estimator_.theta_, GaussianNB().fit(X, y, weight).theta_)


def test_the_diagram_shows_the_members(iris):
    html = estimator_html_repr(
        make_serial_fusion(GaussianNB(), LogisticRegression(C=7))
    )
    for word in (
        "SerialStage",
        "estimator: GaussianNB",
        "C=7",
        "WeightedSumClassifier",
    ):
        assert word in html


def test_callbacks_see_stages_and_folds(iris):
    X, y = iris
    tasks = Tasks()
    member = LogisticRegression(max_iter=500)
    fusion = make_serial_fusion(member, member, cv=2).set_callbacks(tasks)
    fusion.fit(X, y)
    fits = [seen for seen in tasks.seen if seen[0] == "LogisticRegression"]
    assert len([seen for seen in tasks.seen if seen[0] == "SerialStage"]) >= 2
    assert len([seen for seen in fits if seen[1] == "fit"]) == 6
    assert tasks.seen[0] == "setup"
    assert tasks.seen[-1] == "teardown"


def test_a_serial_fusion_is_not_below_its_best_member(digits):
    """Members that err on 2 to 4 % of the rows: SAMME without shrinkage falls below."""
    X, y = digits
    members = [LogisticRegression(max_iter=500), KNeighborsClassifier(3)]
    scores = []
    for seed in range(5):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.5, stratify=y, random_state=seed
        )
        fits = [*map(clone, members), make_serial_fusion(*members, random_state=seed)]
        scores.append([fit.fit(X_train, y_train).score(X_test, y_test) for fit in fits])
    *alone, fused = np.mean(scores, axis=0)
    assert fused >= max(alone)
