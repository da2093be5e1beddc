"""Requested sample weights arrive at the networks inside every composite."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import VotingRegressor
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    DistilledRegressor,
    SerialStage,
    SharedWeightClassifier,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)

SMALL = {"filters": (), "dense_units": (8,), "epochs": 3, "learning_rate": 0.01}


@pytest.fixture(autouse=True)
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def weights(digits):
    """Odd digits count a tenth."""
    return np.where(digits[1] % 2, 0.1, 1.0)


def net(cls=CNNClassifier, weighted=True, **params):
    estimator = cls(**SMALL | {"random_state": 0} | params)
    return estimator.set_fit_request(sample_weight=weighted)


def line(weighted=True):
    return LogisticRegression(max_iter=500).set_fit_request(sample_weight=weighted)


def scaler():
    return StandardScaler().set_fit_request(sample_weight=False)


def assert_same(network, other, X):
    np.testing.assert_array_equal(network.predict_proba(X), other.predict_proba(X))


def assert_weighted(network, X, y, weights):
    """The network is that of a direct fit with the weights, and no other."""
    direct = clone(network).fit(X, y, sample_weight=weights)
    assert_same(network, direct, X)
    plain = clone(network).fit(X, y)
    assert np.abs(network.predict_proba(X) - plain.predict_proba(X)).max() > 0.01


@pytest.mark.parametrize("cls", [CNNClassifier, SharedWeightClassifier])
def test_pipeline(digits, weights, cls):
    X, y = digits
    pipe = make_pipeline(scaler(), net(cls)).fit(X, y, sample_weight=weights)
    assert_weighted(pipe[-1], pipe[0].transform(X), y, weights)


def test_network_before_another_classifier(digits, weights):
    X, y = digits
    pipe = make_pipeline(net(), line(False)).fit(X, y, sample_weight=weights)
    assert_weighted(pipe[0], X, y, weights)


def test_member_that_does_not_ask_gets_none(digits, weights):
    X, y = digits
    vote = make_parallel_fusion(net(), net(weighted=False))
    asking, silent = vote.fit(X, y, sample_weight=weights).estimators_
    assert_weighted(asking, X, y, weights)
    assert_same(silent, clone(silent).fit(X, y), X)


def test_network_that_was_not_asked_is_named(digits, weights):
    silent = CNNClassifier(**SMALL)
    with pytest.raises(UnsetMetadataPassedError, match=r"CNNClassifier\.fit"):
        make_parallel_fusion(silent, line()).fit(*digits, sample_weight=weights)


def test_voting_of_regressors(diabetes):
    X, y = diabetes
    weights = np.linspace(0.1, 1, len(y))
    vote = VotingRegressor([("net", net(CNNRegressor))])
    (member,) = vote.fit(X, y, sample_weight=weights).estimators_
    direct = clone(member).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(member.predict(X), direct.predict(X))


def test_stacking(digits, weights):
    X, y = digits
    stack = make_stacked_fusion(net(), net(), final_estimator=line(False), cv=2)
    stack.fit(X, y, sample_weight=weights)
    assert_weighted(stack.estimators_[0], X, y, weights)


def test_search_weighs_training_and_score(digits, weights):
    X, y = digits
    scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
    pipe = make_pipeline(scaler(), net())
    grid = {"cnnclassifier__learning_rate": [1e-2]}
    folds = StratifiedKFold(2)
    search = GridSearchCV(pipe, grid, cv=folds, scoring=scorer)
    search.fit(X, y, sample_weight=weights)
    best = search.best_estimator_
    assert_weighted(best[-1], best[0].transform(X), y, weights)
    train, test = next(iter(folds.split(X, y)))
    direct = clone(pipe).fit(X[train], y[train], sample_weight=weights[train])
    expected = scorer(direct, X[test], y[test], sample_weight=weights[test])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(expected)


def test_cross_validate(digits, weights):
    X, y = digits
    network = net().set_score_request(sample_weight=True)
    params = {"sample_weight": weights}
    result = cross_validate(
        network, X, y, cv=2, params=params, return_estimator=True, return_indices=True
    )
    for fitted, train in zip(result["estimator"], result["indices"]["train"]):
        assert_weighted(fitted, X[train], y[train], weights[train])


def test_serial_stages(digits, weights):
    X, y = digits
    first, second = net(), net(random_state=1)
    fusion = make_serial_fusion(first, second, cv=2)
    for step in fusion:
        step.set_fit_request(sample_weight=True)
    fusion.fit(X, y, sample_weight=weights)
    assert_weighted(fusion[0].estimator_, X, y, weights)
    handed_on = SerialStage(first, cv=2).fit_transform(X, y, weights)
    direct = SerialStage(second).fit(handed_on, y, weights)
    assert_same(fusion[1].estimator_, direct.estimator_, X)


def test_distillation_of_teacher_and_student(digits, weights):
    X, y = digits
    how = {"temperature": 2.0, "queries": None}
    distilled = DistilledClassifier(net(), net(random_state=1), **how)
    distilled.fit(X, y, sample_weight=weights)
    assert_weighted(distilled.teacher_, X, y, weights)
    soft = distilled.teacher_.predict_proba(X)
    weighted, plain = (
        clone(distilled.student).fit_soft(
            X, y, soft, temperature=2.0, alpha=0.5, sample_weight=sample_weight
        )
        for sample_weight in (weights, None)
    )
    assert_same(distilled, weighted, X)
    assert np.abs(distilled.predict_proba(X) - plain.predict_proba(X)).max() > 0.01


def test_distillation_of_a_student_that_does_not_ask(digits, weights):
    X, y = digits
    distilled = DistilledClassifier(net(), net(weighted=False), queries=None)
    distilled.fit(X, y, sample_weight=weights)
    soft = distilled.teacher_.predict_proba(X)
    student = clone(distilled.student).fit_soft(X, y, soft, temperature=2.0)
    assert_same(distilled.student_, student, X)


def test_distillation_in_a_pipeline_in_a_search(digits, weights):
    X, y = digits
    distilled = DistilledClassifier(line(), net(), queries=None).set_fit_request(
        sample_weight=True
    )
    pipe = make_pipeline(scaler(), distilled)
    scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
    grid = {"distilledclassifier__alpha": [0.5]}
    search = GridSearchCV(pipe, grid, cv=2, scoring=scorer)
    search.fit(X, y, sample_weight=weights)
    best = search.best_estimator_
    rows = best[0].transform(X)
    direct = clone(distilled).fit(rows, y, sample_weight=weights)
    assert_same(best[-1], direct, rows)


def test_fusion_that_teaches(digits, weights):
    X, y = digits
    teacher = make_parallel_fusion(net(), net(random_state=1))
    distilled = DistilledClassifier(teacher, net(), queries=None).fit(
        X, y, sample_weight=weights
    )
    assert_weighted(distilled.teacher_.estimators_[0], X, y, weights)


def test_distilled_regressor(diabetes):
    X, y = diabetes
    weights = np.linspace(0.1, 1, len(y))
    distilled = DistilledRegressor(net(CNNRegressor), net(CNNRegressor), queries=None)
    teacher = distilled.fit(X, y, sample_weight=weights).teacher_
    direct = clone(teacher).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(teacher.predict(X), direct.predict(X))


def test_fusion_inside_a_serial_stage(digits, weights):
    X, y = digits
    vote = make_parallel_fusion(net(), net(random_state=1))
    fusion = make_serial_fusion(vote, cv=2)
    for step in fusion:
        step.set_fit_request(sample_weight=True)
    fusion.fit(X, y, sample_weight=weights)
    assert_weighted(fusion[0].estimator_.estimators_[0], X, y, weights)
