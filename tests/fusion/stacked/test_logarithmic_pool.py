"""The logarithmic pool, held against numpy and against what it contains."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import check_grad
from scipy.special import log_softmax, softmax
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_checks

from skopt_nn import LogarithmicPool

SHARE = 1e-3


def probabilities(n_classes, n_members=2, n_samples=60, seed=0):
    """Members that know something, the first one more, and the labels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n_samples)
    hint = 2 * np.eye(n_classes)[y]
    logits = [rng.normal(size=hint.shape) + hint / (1 + m) for m in range(n_members)]
    return [softmax(part, axis=1) for part in logits], y


def mixed(proba):
    return np.log((1 - SHARE) * proba + SHARE / proba.shape[1])


@pytest.fixture(scope="module")
def three():
    members, y = probabilities(3)
    return members, np.hstack(members), y


def test_the_pool_is_the_softmax_of_weighted_logarithms(three):
    members, X, y = three
    pool = LogarithmicPool().fit(X, y)
    logits = sum(a * mixed(p) for a, p in zip(pool.weights_, members))
    logits = logits + pool.intercept_
    assert_allclose(pool.predict_proba(X), softmax(logits, axis=1))
    assert_allclose(pool.decision_function(X), logits)
    assert_array_equal(pool.predict(X), logits.argmax(axis=1))


def test_the_weights_are_where_the_penalised_loss_has_no_slope(three):
    members, X, y = three
    pool = LogarithmicPool(C=0.5).fit(X, y)
    logarithms = [mixed(p) for p in members]

    def loss(parameters):
        a, b = parameters[:2], parameters[2:]
        logits = log_softmax(np.tensordot(a, logarithms, 1) + b, axis=1)
        penalty = np.sum((a - 0.5) ** 2) / 2 + np.sum(b**2) / 2
        return -0.5 * logits[np.arange(len(y)), y].sum() + penalty

    found = np.r_[pool.weights_, pool.intercept_]
    assert check_grad(loss, np.zeros_like, found, epsilon=1e-6) < 1e-3


def test_of_two_classes_one_column_a_member_says_it_all():
    (first, second), y = probabilities(2)
    X = np.c_[first[:, 1], second[:, 1]]
    pool = LogarithmicPool().fit(X, y)
    logits = sum(a * mixed(p) for a, p in zip(pool.weights_, (first, second)))
    logits = logits + pool.intercept_
    assert_allclose(pool.predict_proba(X), softmax(logits, axis=1))
    assert_allclose(pool.decision_function(X), logits[:, 1] - logits[:, 0])


def test_a_strong_penalty_leaves_the_geometric_mean(three):
    members, X, y = three
    mean = np.mean([mixed(p) for p in members], axis=0)
    proba = LogarithmicPool(C=1e-9).fit(X, y).predict_proba(X)
    assert_allclose(proba, softmax(mean, axis=1), atol=1e-6)


def test_one_member_that_is_too_sure_is_tempered():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 3))
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    pool = LogarithmicPool().fit(softmax(3 * logits, axis=1), y)
    assert pool.weights_ == pytest.approx(1 / 3, abs=0.03)
    assert_allclose(pool.intercept_, 0, atol=0.1)


def test_a_member_that_speaks_against_the_truth_gets_no_weight(three):
    members, _, y = three
    X = np.hstack([members[0], softmax(-np.log(members[1]), axis=1)])
    assert LogarithmicPool(C=100).fit(X, y).weights_[1] == 0


def test_a_row_of_weight_two_is_two_rows(three):
    _, X, y = three
    twice = np.where(np.arange(len(y)) % 3, 1, 2)
    weighted = LogarithmicPool().fit(X, y, twice)
    repeated = LogarithmicPool().fit(X.repeat(twice, axis=0), y.repeat(twice))
    assert_allclose(weighted.weights_, repeated.weights_, rtol=1e-4)


def test_a_member_that_excludes_the_true_class_does_not_decide(three):
    members, _, y = three
    wrong = np.eye(3)[(y + 1) % 3]
    X = np.hstack(
        [members[0], np.where(np.arange(len(y))[:, None] % 9, members[0], wrong)]
    )
    pool = LogarithmicPool().fit(X, y)
    assert np.isfinite(pool.predict_proba(X)).all()
    assert pool.weights_[0] > pool.weights_[1]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_stack_gives_it_what_it_takes(iris, n_classes):
    X, y = iris[0][iris[1] < n_classes], iris[1][iris[1] < n_classes]
    names = np.array(["c", "a", "b"])[y]
    members = [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(max_depth=2))]
    stack = StackingClassifier(members, LogarithmicPool(), cv=3).fit(X, names)
    assert stack.final_estimator_.weights_.shape == (2,)
    assert log_loss(names, stack.predict_proba(X)) < 0.2
    assert stack.score(X, names) > 0.9


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_valid_tag_types",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_mixin_order",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_param_validation",
    ],
)
def test_sklearn_checks_of_the_pool_that_need_no_plain_samples(check):
    """In a stack it goes through all of them: tests/fusion/test_fusion_checks.py."""
    getattr(estimator_checks, check)("LogarithmicPool", LogarithmicPool())


# -- errors -------------------------------------------------------------------------


@pytest.mark.parametrize("X", [[[-0.5, 0.2]] * 2, [[0.1, 7.0]] * 2])
def test_scores_that_are_no_probabilities_are_refused(X):
    with pytest.raises(ValueError, match=r"combines probabilities, got X from .* need"):
        LogarithmicPool().fit(X, [0, 1])


def test_columns_that_are_not_all_members_classes_are_refused():
    with pytest.raises(ValueError, match="got 4 columns for 3 classes"):
        LogarithmicPool().fit(np.full((3, 4), 0.25), [0, 1, 2])


def test_one_class_is_refused():
    with pytest.raises(ValueError, match=r"at least 2 classes, got 1 class: \[7\]"):
        LogarithmicPool().fit([[0.5], [0.5]], [7, 7])


def test_several_labels_are_refused():
    with pytest.raises(ValueError, match="y should be a 1d array"):
        LogarithmicPool().fit([[0.5], [0.5]], [[0, 1], [1, 0]])


def test_a_member_of_decision_values_says_what_is_missing(iris):
    stack = StackingClassifier(
        [("line", LogisticRegression(max_iter=500))],
        LogarithmicPool(),
        stack_method="decision_function",
    )
    with pytest.raises(ValueError, match="members need predict_proba"):
        stack.fit(*iris)


def test_a_fit_that_fails_leaves_the_labels_that_were_learned():
    X, y = [[0.9, 0.4], [0.8, 0.6], [0.2, 0.6], [0.3, 0.5]], ["yes", "yes", "no", "no"]
    pool = LogarithmicPool().fit(X, y)
    before = pool.predict(X)
    with pytest.raises(ValueError, match="combines probabilities"):
        pool.fit([[5, 0.4], [0.8, 0.6]], ["x", "z"])
    assert_array_equal(pool.predict(X), before)
