"""Fusions from members: names, kinds and errors."""

import subprocess
import sys

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skopt_nn import make_parallel_fusion, make_serial_fusion, make_stacked_fusion

MAKERS = [make_parallel_fusion, make_serial_fusion, make_stacked_fusion]
every_maker = pytest.mark.parametrize("make", MAKERS)


def names_of(fusion):
    if isinstance(fusion, Pipeline):
        return [name for name, _ in fusion.steps[:-1]]
    return [name for name, _ in fusion.estimators]


@every_maker
def test_members_are_named_as_make_pipeline_names_steps(make):
    members = [GaussianNB(), LogisticRegression(), GaussianNB()]
    assert names_of(make(*members)) == list(make_pipeline(*members).named_steps)


def test_fusions_are_scikit_learns_own():
    classifiers, regressors = [GaussianNB(), GaussianNB()], [Ridge(), Ridge()]
    assert type(make_parallel_fusion(*classifiers)) is VotingClassifier
    assert type(make_parallel_fusion(*regressors)) is VotingRegressor
    assert type(make_stacked_fusion(*classifiers)) is StackingClassifier
    assert type(make_stacked_fusion(*regressors)) is StackingRegressor
    assert type(make_serial_fusion(*classifiers)) is Pipeline
    assert type(make_serial_fusion(*regressors)) is Pipeline


def test_parallel_fusion_is_the_weighted_mean(iris):
    X, y = iris
    fusion = make_parallel_fusion(
        GaussianNB(), LogisticRegression(max_iter=500), weights=[3, 1]
    ).fit(X, y)
    a, b = [member.predict_proba(X) for member in fusion.estimators_]
    np.testing.assert_allclose(fusion.predict_proba(X), 0.75 * a + 0.25 * b)


def test_settings_reach_the_objects():
    parallel = make_parallel_fusion(GaussianNB(), voting="hard", n_jobs=2)
    assert (parallel.voting, parallel.n_jobs) == ("hard", 2)
    stacked = make_stacked_fusion(GaussianNB(), final_estimator=GaussianNB(), cv=4)
    assert stacked.cv == 4
    assert type(stacked.final_estimator) is GaussianNB
    serial = make_serial_fusion(
        GaussianNB(), weights=[2], cv=None, learning_rate=0.2, random_state=3
    )
    assert serial[0].get_params(deep=False) == {
        "estimator": serial[0].estimator,
        "cv": None,
        "learning_rate": 0.2,
        "method": "auto",
        "n_jobs": None,
        "random_state": 3,
    }
    assert serial[-1].weights == [2]


def test_fusions_nest_and_keep_frozen_members(iris):
    X, y = iris
    frozen = GaussianNB().fit(X[::2], y[::2])
    inner = make_serial_fusion(FrozenEstimator(frozen), LogisticRegression())
    inner.set_params(logisticregression__estimator__max_iter=500)
    outer = make_stacked_fusion(inner, DecisionTreeClassifier(), cv=2).fit(X, y)
    stage = outer.named_estimators_["pipeline"][0]
    assert stage.estimator_.estimator is frozen
    assert outer.score(X, y) > 0.9


@every_maker
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_over_a_member(iris, make, n_jobs):
    options = {} if make is make_parallel_fusion else {"cv": 2}
    fusion = make(GaussianNB(), DecisionTreeClassifier(random_state=0), **options)
    name = "decisiontreeclassifier__" + "estimator__" * (make is make_serial_fusion)
    grid = {f"{name}max_depth": [1, 4]}
    search = GridSearchCV(fusion, grid, cv=2, n_jobs=n_jobs).fit(*iris)
    assert search.best_score_ > 0.9


def test_joblib_gives_the_same_in_a_new_process(iris, tmp_path):
    X, y = iris
    fusions = [
        make(GaussianNB(), DecisionTreeClassifier(random_state=0)) for make in MAKERS
    ]
    fitted = [clone(fusion).fit(X, y) for fusion in fusions]
    expected = [fusion.predict_proba(X) for fusion in fitted]
    joblib.dump((fusions, fitted), tmp_path / "fusions")
    code = (
        "import sys, joblib, numpy as np\n"
        "from sklearn.datasets import load_iris\n"
        "X, y = load_iris(return_X_y=True)\n"
        "fusions, fitted = joblib.load(sys.argv[1] + '/fusions')\n"
        "fits = fitted + [fusion.fit(X, y) for fusion in fusions]\n"
        "probas = [fusion.predict_proba(X) for fusion in fits]\n"
        "np.save(sys.argv[1] + '/probas.npy', probas)\n"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path)]
    subprocess.run(arguments, check=True, timeout=60)
    assert_array_equal(np.load(tmp_path / "probas.npy"), expected * 2)


# -- errors -------------------------------------------------------------------------


@every_maker
def test_no_members(make):
    with pytest.raises(ValueError, match="at least one estimator"):
        make()


@every_maker
def test_a_mix_says_who_is_what(make):
    text = r"GaussianNB\(\) is a classifier, Ridge\(\) is a regressor"
    with pytest.raises(ValueError, match=text):
        make(GaussianNB(), Ridge())


@every_maker
def test_a_list_of_members_is_no_member(make):
    for given in ([[GaussianNB(), GaussianNB()]], [("a", GaussianNB())]):
        with pytest.raises(TypeError, match=r"one by one and names them.*make\(a, b\)"):
            make(*given)


@every_maker
@pytest.mark.parametrize("member", [StandardScaler(), "drop", None])
def test_neither_classifier_nor_regressor(make, member):
    with pytest.raises(TypeError, match="which is neither"):
        make(GaussianNB(), member)


@every_maker
def test_a_class_instead_of_an_instance(make):
    with pytest.raises(TypeError, match=r"Did you mean GaussianNB\(\)"):
        make(GaussianNB)


@pytest.mark.parametrize("make", [make_parallel_fusion, make_serial_fusion])
@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ([1, 2, 3], "got 3 weights, 2 estimators"),
        ([1, -2], "not negative"),
        ([1, np.nan], "finite"),
        ([0, 0], "one at least positive"),
    ],
)
def test_weights_that_do_not_fit(make, weights, text):
    with pytest.raises(ValueError, match=text):
        make(GaussianNB(), GaussianNB(), weights=weights)


@pytest.mark.parametrize("make", [make_parallel_fusion, make_serial_fusion])
def test_summed_classifiers_need_probabilities(make):
    with pytest.raises(TypeError, match="linearsvc must have predict_proba"):
        make(GaussianNB(), LinearSVC())


def test_votes_and_stacks_need_none(iris):
    members = GaussianNB(), LinearSVC()
    assert make_parallel_fusion(*members, voting="hard").fit(*iris).score(*iris) > 0.9
    assert make_stacked_fusion(*members).fit(*iris).score(*iris) > 0.9


def test_unknown_voting_and_votes_of_regressors():
    with pytest.raises(ValueError, match="got 'loud'"):
        make_parallel_fusion(GaussianNB(), voting="loud")
    with pytest.raises(ValueError, match="got regressors"):
        make_parallel_fusion(Ridge(), KNeighborsRegressor(), voting="hard")


def test_votes_are_of_members_that_are_fitted_with_the_fusion(iris):
    member = FrozenEstimator(GaussianNB().fit(*iris))
    with pytest.raises(
        ValueError, match=r"voting='hard' takes members.*Use voting='so"
    ):
        make_parallel_fusion(member, GaussianNB(), voting="hard")


@pytest.mark.parametrize("make", [make_serial_fusion, make_parallel_fusion])
def test_folds_from_an_iterator_serve_all_stages_and_fits(iris, make):
    X, y = iris
    folds = StratifiedKFold(3)
    weights = {} if make is make_serial_fusion else {"weights": "convex"}
    members = GaussianNB(), DecisionTreeClassifier(max_depth=1, random_state=0)
    fusion = make(*members, cv=folds.split(X, y), **weights)
    twin = make(*members, cv=folds, **weights).fit(X, y)
    for _ in range(2):
        fusion.fit(X, y)
        assert_array_equal(fusion.predict_proba(X), twin.predict_proba(X))


def test_no_folds_are_refused_with_a_way_out(iris):
    with pytest.raises(ValueError, match=r"at least one fold.*pass a list of them"):
        make_serial_fusion(GaussianNB(), GaussianNB(), cv=[]).fit(*iris)
