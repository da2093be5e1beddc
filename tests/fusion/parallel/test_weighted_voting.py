"""Parallel fusions with learned weights: what is learned on which rows, and errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skopt_nn import (
    WeightedVotingClassifier,
    WeightedVotingRegressor,
    load,
    make_parallel_fusion,
    save,
)
from skopt_nn.fusion.parallel._weights import (
    convex_weights,
    log_loss,
    squared_error,
    true_class_probabilities,
)
from tests.doubles import Untouchable

line = LogisticRegression(max_iter=500)
tree = DecisionTreeClassifier(max_depth=3, random_state=0)
PAIR = [("bayes", GaussianNB()), ("tree", tree)]


@pytest.fixture(scope="module")
def halves(iris):
    X, y = iris
    return X[::2], y[::2], X[1::2], y[1::2]


def test_the_objects_are_scikit_learns_own_with_other_weights():
    classes = make_parallel_fusion(line, tree, weights="greedy", cv=3, n_jobs=2)
    values = make_parallel_fusion(Ridge(), Ridge(), weights="convex")
    assert type(classes) is WeightedVotingClassifier
    assert isinstance(classes, VotingClassifier)
    assert type(values) is WeightedVotingRegressor
    assert isinstance(values, VotingRegressor)
    assert (classes.weights, classes.cv, classes.n_jobs) == ("greedy", 3, 2)
    assert values.weights == "convex"


def test_weights_of_classifiers_are_learned_on_out_of_fold_outputs(iris):
    X, y = iris
    fusion = WeightedVotingClassifier(PAIR, weights="convex", cv=3).fit(X, y)
    each = [
        cross_val_predict(member, X, y, cv=3, method="predict_proba")
        for _, member in PAIR
    ]
    said = true_class_probabilities(each, y)
    expected, _ = convex_weights(said, np.ones(len(y)), log_loss)
    assert_allclose(fusion.weights_, expected)
    proba = [clone(member).fit(X, y).predict_proba(X) for _, member in PAIR]
    assert_allclose(fusion.predict_proba(X), np.tensordot(expected, proba, 1))


def test_weights_of_regressors_are_learned_on_out_of_fold_outputs(diabetes):
    X, y = diabetes
    members = [("line", Ridge()), ("near", KNeighborsRegressor())]
    fusion = WeightedVotingRegressor(members, weights="convex", cv=3).fit(X, y)
    each = [cross_val_predict(member, X, y, cv=3) for _, member in members]
    error = np.transpose(each) - y[:, None]
    expected, _ = convex_weights(error, np.ones(len(y)), squared_error)
    assert_allclose(fusion.weights_, expected)
    said = [clone(member).fit(X, y).predict(X) for _, member in members]
    assert_allclose(fusion.predict(X), expected @ said)


def test_weights_learned_on_given_rows_leave_all_of_x_to_the_members(halves):
    X, y, X_val, y_val = halves
    fusion = WeightedVotingClassifier(PAIR, weights="convex", cv=None)
    fusion.fit(X, y, X_val=X_val, y_val=y_val)
    each = [clone(member).fit(X, y).predict_proba(X_val) for _, member in PAIR]
    said = true_class_probabilities(each, y_val)
    expected, _ = convex_weights(said, np.ones(len(y_val)), log_loss)
    assert_allclose(fusion.weights_, expected)


def test_given_rows_of_weight_zero_do_not_count(halves):
    X, y, X_val, y_val = halves
    fusion = WeightedVotingClassifier(PAIR, weights="convex")
    weight = np.arange(len(y_val)) % 2
    odd = {"X_val": X_val[1::2], "y_val": y_val[1::2]}
    expected = clone(fusion).fit(X, y, **odd).weights_
    fusion.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    assert_allclose(fusion.weights_, expected, atol=1e-6)


def test_labels_may_be_strings(iris):
    X, y = iris
    names = np.array(["c", "a", "b"])[y]
    fusion = WeightedVotingClassifier(PAIR, cv=2).fit(X, names)
    assert_array_equal(fusion.classes_, ["a", "b", "c"])
    assert fusion.score(X, names) > 0.9


def test_members_of_weight_zero_are_not_asked(iris):
    X, y = iris
    members = [("bayes", GaussianNB()), ("none", DummyClassifier())]
    fusion = WeightedVotingClassifier(members, cv=2).fit(X, y)
    assert_array_equal(fusion.weights_, [1, 0])
    fusion.estimators_[1] = None
    assert_allclose(fusion.predict_proba(X), fusion.estimators_[0].predict_proba(X))


def test_the_path_ends_where_greedy_weights_come_from(iris):
    fusion = make_parallel_fusion(line, tree, GaussianNB(), weights="greedy", cv=3)
    path = fusion.fit(*iris).selection_path_
    n_best = np.argmax(path) + 1
    assert path.shape == (25,)
    assert_allclose(fusion.weights_ * n_best, np.round(fusion.weights_ * n_best))
    assert not hasattr(
        fusion.set_params(weights="convex").fit(*iris), "selection_path_"
    )


def test_frozen_members_cost_no_fit_and_keep_their_labels(iris, halves):
    X, y, *_ = halves
    names = np.array(["c", "a", "b"])
    fitted = Untouchable()
    GaussianNB.fit(fitted, X, names[y])
    frozen = FrozenEstimator(fitted)
    fusion = make_parallel_fusion(frozen, tree, weights="greedy", cv=3)
    fusion.fit(iris[0], names[iris[1]])
    assert fusion.estimators_[0] is frozen
    assert fusion.score(iris[0], names[iris[1]]) > 0.9


def test_fitted_members_are_taken_as_they_are(halves):
    X, y, X_new, y_new = halves
    members = [("a", GaussianNB().fit(X, y)), ("b", clone(tree).fit(X, y))]
    fusion = WeightedVotingClassifier(members, weights="convex", cv="prefit")
    fusion.fit(X_new, y_new)
    assert fusion.named_estimators_["a"] is members[0][1]
    said = true_class_probabilities([m.predict_proba(X_new) for _, m in members], y_new)
    expected, _ = convex_weights(said, np.ones(len(y_new)), log_loss)
    assert_allclose(fusion.weights_, expected)


def test_weights_that_are_given_are_those_of_scikit_learn(iris):
    X, y = iris
    ours = WeightedVotingClassifier(PAIR, weights=[3, 1]).fit(X, y)
    theirs = VotingClassifier(PAIR, voting="soft", weights=[3, 1]).fit(X, y)
    assert_allclose(ours.weights_, [0.75, 0.25])
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X))
    assert_allclose(ours.transform(X), theirs.transform(X))


def test_a_dropped_member_has_no_weight(iris):
    fusion = WeightedVotingClassifier(PAIR, cv=2).set_params(tree="drop").fit(*iris)
    assert_array_equal(fusion.weights_, [1])
    assert fusion.named_estimators_["tree"] == "drop"


def test_jobs_do_not_change_the_result(iris):
    fusions = [
        WeightedVotingClassifier(PAIR, cv=3, n_jobs=n).fit(*iris) for n in (1, 2)
    ]
    assert_array_equal(*[fusion.predict_proba(iris[0]) for fusion in fusions])


def test_a_search_compares_ways_to_weigh(iris):
    grid = {"weights": ["greedy", "convex", None], "tree__max_depth": [1, 3]}
    search = GridSearchCV(WeightedVotingClassifier(PAIR, cv=2), grid, cv=2).fit(*iris)
    assert search.best_score_ > 0.9


def test_a_member_that_takes_no_weights_is_fitted_on_resampled_rows(iris):
    X, y = iris
    weight = np.where(y == 2, 0.0, 1.0)
    near = KNeighborsClassifier(1)
    fusion = make_parallel_fusion(near, tree, weights="greedy", cv=2)
    assert_array_equal(fusion.fit(X, y, weight).classes_, [0, 1])


def test_metadata_go_to_the_members_that_request_them(iris, routing):
    X, y = iris
    weight = np.where(y == 1, 0.1, 1.0)
    asking = GaussianNB().set_fit_request(sample_weight=True)
    silent = GaussianNB().set_fit_request(sample_weight=False)
    fusion = make_parallel_fusion(asking, silent, weights="greedy", cv=2)
    first, second = fusion.fit(X, y, sample_weight=weight).estimators_
    assert_allclose(first.class_prior_, np.bincount(y, weight) / weight.sum())
    assert_allclose(second.class_prior_, 1 / 3)


def test_a_safe_file_keeps_the_fusion(iris, tmp_path):
    X, y = iris
    fusion = make_parallel_fusion(line, GaussianNB(), weights="convex", cv=2).fit(X, y)
    save(fusion, tmp_path / "fusion.nn")
    again = load(tmp_path / "fusion.nn")
    assert_array_equal(again.predict_proba(X), fusion.predict_proba(X))


# -- errors -------------------------------------------------------------------------


def test_unknown_names_of_weights_list_those_there_are():
    text = r"one of \['convex', 'greedy'\].*got 'best'"
    with pytest.raises(ValueError, match=text):
        make_parallel_fusion(line, tree, weights="best")


def test_votes_have_no_learned_weights():
    with pytest.raises(ValueError, match=r"got voting='hard'\. Take voting='soft'"):
        make_parallel_fusion(line, tree, weights="greedy", voting="hard")


def test_a_member_that_fails_is_named(iris):
    members = [("good", tree), ("bad", DecisionTreeClassifier(max_depth=-1))]
    text = "The member 'bad' of WeightedVotingClassifier failed: .*max_depth"
    with pytest.raises(ValueError, match=text) as caught:
        WeightedVotingClassifier(members).fit(*iris)
    assert "max_depth" in str(caught.value.__cause__)


def test_a_frozen_member_of_other_classes_is_named(iris):
    X, y = iris
    two = FrozenEstimator(GaussianNB().fit(X[:100], y[:100]))
    text = r"'two'.*it knows the classes \[0, 1\], y has \[0, 1, 2\]"
    with pytest.raises(ValueError, match=text):
        WeightedVotingClassifier([("two", two), ("tree", tree)], cv=2).fit(X, y)


def test_a_frozen_member_of_other_features_is_named(iris):
    X, y = iris
    narrow = FrozenEstimator(GaussianNB().fit(X[:, :2], y))
    with pytest.raises(ValueError, match=r"'narrow'.*X has 4 features"):
        WeightedVotingClassifier([("narrow", narrow)], cv=2).fit(X, y)


def test_members_of_another_kind_and_without_probabilities(iris):
    with pytest.raises(ValueError, match="should be a classifier"):
        WeightedVotingClassifier([("line", Ridge())]).fit(*iris)
    with pytest.raises(TypeError, match="svc must have predict_proba"):
        WeightedVotingClassifier([("svc", LinearSVC())]).fit(*iris)


def test_several_labels_and_outputs_are_refused(iris, diabetes):
    X, y = iris
    with pytest.raises(ValueError, match=r"\(150, 3\).*MultiOutputClassifier"):
        WeightedVotingClassifier(PAIR).fit(X, np.eye(3, dtype=int)[y])
    X, y = diabetes
    with pytest.raises(ValueError, match="1d array"):
        WeightedVotingRegressor([("mean", DummyRegressor())]).fit(X, np.c_[y, y])


def test_given_rows_must_be_whole_and_of_known_classes(iris):
    X, y = iris
    fusion = WeightedVotingClassifier(PAIR)
    with pytest.raises(ValueError, match="given together, got X_val alone"):
        fusion.fit(X, y, X_val=X)
    with pytest.raises(ValueError, match=r"got sample_weight_val alone"):
        fusion.fit(X, y, sample_weight_val=y)
    with pytest.raises(ValueError, match=r"y_val has the classes \[7\], which y does"):
        fusion.fit(X, y, X_val=X, y_val=np.where(y, y, 7))


def test_numbers_that_are_no_weights(iris):
    with pytest.raises(ValueError, match="got 3 weights, 2 estimators"):
        WeightedVotingClassifier(PAIR, weights=[1, 2, 3]).fit(*iris)


def test_metadata_need_routing(iris):
    with pytest.raises(TypeError, match=r"\['groups'\].*enable_metadata_routing"):
        WeightedVotingClassifier(PAIR).fit(*iris, groups=iris[1])


@pytest.mark.parametrize("cls", [WeightedVotingClassifier, WeightedVotingRegressor])
def test_weights_of_members_that_are_left_are_not_all_zero(iris, cls):
    members = (
        (Untouchable(), line) if cls is WeightedVotingClassifier else (Ridge(),) * 2
    )
    fusion = cls([*zip("ab", members)], weights=[1, 0]).set_params(b="drop")
    assert fusion.set_params(b=members[1], a="drop").weights == [1, 0]
    with pytest.raises(ValueError, match=r"one at least positive: got \[0.0\]"):
        fusion.fit(*iris)


def test_a_frozen_member_of_other_numbers_is_not_of_codes(iris):
    X, y = iris
    frozen = FrozenEstimator(GaussianNB().fit(X[y < 2], y[y < 2]))
    with pytest.raises(ValueError, match=r"knows the classes \[0, 1\], y has \[1, 2\]"):
        WeightedVotingClassifier([("f", frozen)]).fit(X[y > 0], y[y > 0])


class Diverged(GaussianNB):
    """Its probabilities are no numbers for some rows."""

    def predict_proba(self, X):
        proba = super().predict_proba(X)
        proba[X[:, 0] > 7] = np.nan
        return proba


@pytest.mark.parametrize("weights", ["greedy", "convex"])
@pytest.mark.parametrize("held_out", [False, True])
def test_a_member_that_says_nan_is_named(iris, weights, held_out):
    X, y = iris
    fusion = make_parallel_fusion(GaussianNB(), Diverged(), weights=weights)
    rows = {"X_val": X, "y_val": y} if held_out else {}
    with pytest.raises(
        ValueError, match=r"'diverged' .* NaN or infinity for 12 of 150"
    ):
        fusion.fit(X, y, **rows)
    assert not hasattr(fusion, "estimators_")


def test_members_that_are_not_fitted_are_that(iris):
    members = GaussianNB(), LogisticRegression()
    fusion = make_parallel_fusion(*members, weights="greedy", cv="prefit")
    with pytest.raises(NotFittedError, match="'gaussiannb'"):
        fusion.fit(*iris)
