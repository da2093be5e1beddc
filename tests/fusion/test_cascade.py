"""Cascades: who is asked about which rows, by thresholds of out-of-fold outputs."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from skopt_nn import CascadeClassifier, load, make_cascade, make_parallel_fusion, save
from tests.doubles import Untouchable

bayes = GaussianNB()
line = LogisticRegression(max_iter=500)
forest = RandomForestClassifier(10, random_state=0)
COSTS = [1, 3, 20]


class Counting(GaussianNB):
    """It writes down how many rows it is asked about."""

    def predict_proba(self, X):
        self.asked_ = [*getattr(self, "asked_", []), len(X)]
        return super().predict_proba(X)


@pytest.fixture(scope="module")
def halves(digits):
    X, y = digits
    return X[:300], y[:300], X[300:600], y[300:600]


@pytest.fixture(scope="module")
def cascade(halves):
    X, y, *_ = halves
    return make_cascade(bayes, line, forest, cv=3, costs=COSTS).fit(X, y)


def so_far(probas):
    return np.cumsum(probas, axis=0) / np.arange(1, len(probas) + 1)[:, None, None]


def test_a_row_gets_the_mean_of_the_members_up_to_its_exit(cascade, halves):
    X = halves[2]
    means = so_far([member.predict_proba(X) for member in cascade.estimators_])
    least = [*cascade.thresholds_, 0]
    exits = (least <= means.max(axis=2).T).argmax(axis=1)
    assert len(np.unique(exits)) > 1
    assert_allclose(cascade.predict_proba(X), means[exits, np.arange(len(X))])


def test_thresholds_cost_no_score_out_of_fold(cascade, halves):
    X, y, *_ = halves
    each = [
        cross_val_predict(member, X, y, cv=3, method="predict_proba")
        for member in (bayes, line, forest)
    ]
    means = so_far(each)
    exits = ([*cascade.thresholds_, 0] <= means.max(axis=2).T).argmax(axis=1)
    right = means.argmax(axis=2) == y
    assert right[exits, np.arange(len(y))].mean() >= right[-1].mean()
    assert_array_equal(cascade.exit_counts_, np.bincount(exits, minlength=3))
    assert cascade.expected_ms_ == pytest.approx(np.cumsum(COSTS)[exits].mean())
    assert cascade.expected_ms_ < sum(COSTS)


class Table(ClassifierMixin, BaseEstimator):
    """Its probabilities of class 1 are columns of X."""

    def __init__(self, column=0):
        self.column = column

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        ones = np.asarray(X)[:, self.column]
        return np.column_stack([1 - ones, ones])


def tables(X, y):
    return [FrozenEstimator(Table(i).fit(X, y)) for i in range(np.shape(X)[1])]


def test_rows_won_by_luck_make_good_for_no_loss():
    # By the first member row 0 is right and row 1 wrong; by the mean of both it is the
    # other way round.
    X, y = np.array([[0.9, 0.0], [0.9, 0.0], [0.99, 1.0]]), np.array([1, 0, 1])
    members = tables(X, y)
    cascade = make_cascade(*members, costs=[1, 9], cv="prefit").fit(X, y)
    assert_array_equal(cascade.exit_counts_, [1, 2])
    cascade = make_cascade(*members, costs=[1, 9], cv="prefit", tolerance=0.4)
    assert_array_equal(cascade.fit(X, y).exit_counts_, [3, 0])


def test_weights_say_how_much_a_member_counts_in_the_mean():
    X, y = np.array([[0.9, 0.2], [0.2, 0.4], [0.8, 0.9]]), np.array([0, 0, 1])
    cascade = make_cascade(*tables(X, y), costs=[9, 1], weights=[3, 1], cv="prefit")
    assert cascade.weights == [1, 3]
    cascade.fit(X, y)
    assert_array_equal(cascade.weights_, [1, 3])
    cascade.thresholds_[0] = 2
    assert_allclose(cascade.predict_proba(X)[:, 1], X @ [3 / 4, 1 / 4])
    cascade.thresholds_[0] = 0.7
    # The second column is asked first, and is sure of all rows but one.
    assert_allclose(cascade.predict_proba(X)[:, 1], [0.2, 0.25, 0.9])


def test_a_weight_of_a_member_that_is_dropped_is_dropped(iris):
    X, y = iris
    cascade = make_cascade(bayes, line, forest, costs=COSTS, weights=[1, 2, 3], cv=2)
    cascade.set_params(logisticregression="drop").fit(X, y)
    assert_array_equal(cascade.weights_, [1, 3])


def test_only_rows_that_are_left_reach_the_next_member(halves):
    X, y, X_new, _ = halves
    first, second = Counting().fit(X, y), Counting().fit(X, y)
    members = [("first", first), ("second", second)]
    cascade = CascadeClassifier(members, costs=[1, 2], cv="prefit").fit(X, y)
    first.asked_, second.asked_ = [], []
    cascade.thresholds_[0] = 0.999999
    cascade.predict(X_new)
    unsure = first.predict_proba(X_new).max(axis=1) < 0.999999
    assert 0 < unsure.sum() < len(X_new)
    assert first.asked_[0] == len(X_new)
    assert second.asked_ == [unsure.sum()]


def test_nobody_is_asked_when_all_rows_have_left(halves):
    X, y, *_ = halves
    members = [("first", GaussianNB().fit(X, y)), ("second", Counting().fit(X, y))]
    cascade = CascadeClassifier(members, costs=[1, 2], cv="prefit").fit(X, y)
    members[1][1].asked_ = []
    cascade.thresholds_[0] = 0
    assert_allclose(cascade.predict_proba(X), members[0][1].predict_proba(X))
    assert members[1][1].asked_ == []


def test_tolerance_buys_time(halves):
    X, y, *_ = halves
    few = RandomForestClassifier(3, random_state=0)
    fusions = [
        make_cascade(few, line, cv=3, costs=[1, 20], tolerance=lost).fit(X, y)
        for lost in (0.0, 0.05, 1.0)
    ]
    times = [fusion.expected_ms_ for fusion in fusions]
    assert times[0] > times[1] > times[2]
    assert times[2] == pytest.approx(1)
    assert fusions[0].expected_ms_ < 21


def test_a_member_without_a_clue_sends_all_rows_on(halves):
    X, y, *_ = halves
    cascade = make_cascade(DummyClassifier(), line, cv=3, costs=[1, 2]).fit(X, y)
    assert_array_equal(cascade.exit_counts_, [0, len(y)])


def test_costs_sort_the_members_and_measured_ones_do_not():
    given = make_cascade(forest, bayes, line, costs=[20, 1, 3])
    assert [m for _, m in given.estimators] == [bayes, line, forest]
    assert given.costs == [1, 3, 20]
    measured = make_cascade(forest, bayes)
    assert [m for _, m in measured.estimators] == [forest, bayes]


def test_two_members_give_the_same_however_long_they_took(halves):
    X, y, X_new, _ = halves
    fits = [
        make_cascade(bayes, forest, cv=2, tolerance=0.02, costs=costs).fit(X, y)
        for costs in (None, [1, 9])
    ]
    assert_array_equal(*[fit.predict_proba(X_new) for fit in fits])
    assert (fits[0].costs_ > 0).all()


def test_thresholds_are_learned_on_given_rows(halves):
    X, y, X_val, y_val = halves
    cascade = make_cascade(bayes, line, costs=[1, 2])
    cascade.fit(X, y, X_val=X_val, y_val=y_val)
    assert cascade.exit_counts_.sum() == len(y_val)
    prefit = CascadeClassifier(
        [(name, clone(m).fit(X, y)) for name, m in cascade.estimators],
        costs=[1, 2],
        cv="prefit",
    ).fit(X_val, y_val)
    assert_array_equal(cascade.thresholds_, prefit.thresholds_)


def test_frozen_members_cost_no_fit(halves):
    X, y, X_new, y_new = halves
    fitted = Untouchable()
    GaussianNB.fit(fitted, X, y)
    frozen = FrozenEstimator(fitted)
    cascade = make_cascade(frozen, forest, cv=2, costs=[1, 2]).fit(X_new, y_new)
    assert cascade.estimators_[0] is frozen


def test_a_fusion_may_be_a_member(halves):
    X, y, *_ = halves
    fusion = make_parallel_fusion(line, forest, weights="greedy", cv=2)
    cascade = make_cascade(bayes, fusion, cv=2, costs=[1, 9]).fit(X, y)
    assert cascade.score(X, y) > 0.95


def test_a_safe_file_keeps_the_cascade(iris, tmp_path):
    X, y = iris
    cascade = make_cascade(bayes, line, cv=2, costs=[1, 2]).fit(X, y)
    save(cascade, tmp_path / "cascade.nn")
    again = load(tmp_path / "cascade.nn").predict_proba(X)
    assert_array_equal(again, cascade.predict_proba(X))


# -- errors -------------------------------------------------------------------------


def test_a_cascade_of_one_is_refused(iris):
    with pytest.raises(ValueError, match="at least two members, got 1"):
        make_cascade(bayes)
    cascade = make_cascade(bayes, line).set_params(gaussiannb="drop")
    with pytest.raises(ValueError, match="at least two members, got 1"):
        cascade.fit(*iris)


@pytest.mark.parametrize("tolerance", [-0.1, 1.5, "none"])
def test_tolerance_out_of_range_is_refused(iris, tolerance):
    with pytest.raises(ValueError, match="'tolerance' parameter"):
        make_cascade(bayes, line, tolerance=tolerance).fit(*iris)


@pytest.mark.parametrize("name", ["costs", "weights"])
@pytest.mark.parametrize("given", [[1], [1, 2, 3], [1, 0], [1, np.nan]])
def test_numbers_that_are_not_one_positive_number_a_member(name, given):
    rule = f"{name} must be one positive number a member, got"
    with pytest.raises(ValueError, match=rule):
        make_cascade(bayes, line, **{name: given})


def test_regressors_have_no_probabilities_to_be_sure_of():
    with pytest.raises(TypeError, match=r"holds classifiers, got regressors: \[Ridge"):
        make_cascade(Ridge(), Ridge())


def test_members_that_disagree_on_classes_are_named(iris):
    X, y = iris
    two = FrozenEstimator(GaussianNB().fit(X[:100], y[:100]))
    with pytest.raises(ValueError, match=r"'frozenestimator'.*knows the classes"):
        make_cascade(two, line, cv=2).fit(X, y)


def test_numbers_of_members_are_read_in_order_whatever_their_index():
    members = LogisticRegression(), GaussianNB()
    costs, weights = (
        pd.Series([9.0, 1], index=[1, 0]),
        pd.Series([5, 1], index=["a", "b"]),
    )
    cascade = make_cascade(*members, costs=costs, weights=weights)
    names = [name for name, _ in cascade.estimators]
    assert names == ["gaussiannb", "logisticregression"]
    assert (cascade.costs, cascade.weights) == ([1, 9], [1, 5])


def test_a_member_that_says_nan_is_named_and_not_waited_for(iris):
    class Diverged(GaussianNB):
        def predict_proba(self, X):
            return np.full((len(X), 3), np.nan)

    cascade = make_cascade(Diverged(), LogisticRegression(max_iter=500), costs=[1, 2])
    with pytest.raises(ValueError, match="'diverged' of CascadeClassifier must give"):
        cascade.fit(*iris)
