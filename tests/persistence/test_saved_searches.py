"""Searches in files: their results and their scorers."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler

from skopt_nn import CNNClassifier, load, save

X, y = load_iris(return_X_y=True)
LINE = LogisticRegression(max_iter=500)
NETWORK = CNNClassifier((), dense_units=(4,), epochs=1, random_state=0)
SCALED = make_pipeline(RobustScaler(), LINE)
GRIDS = {
    "tuples": (SCALED, {"robustscaler__quantile_range": [(25.0, 75.0), (9.0, 91.0)]}),
    "tuples of several lengths": (NETWORK, {"dense_units": [(4,), (4, 3)]}),
    "numbers or none": (Ridge(), {"max_iter": [None, 100]}),
    "numpy's numbers": (Ridge(), {"random_state": [None, *np.arange(2)]}),
    "estimators": (SCALED, {"logisticregression": [LINE, GaussianNB()]}),
    "a step or none": (SCALED, {"robustscaler": ["passthrough", StandardScaler()]}),
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_search_over_anything_that_a_file_holds_comes_back(tmp_path, name):
    search = GridSearchCV(*GRIDS[name], cv=2).fit(X, y)
    save(search, tmp_path / "search.nn")
    loaded = load(tmp_path / "search.nn")
    np.testing.assert_array_equal(loaded.predict(X), search.predict(X))
    assert repr(loaded.cv_results_["params"]) == repr(search.cv_results_["params"])
    for key, found in loaded.cv_results_.items():
        expected = search.cv_results_[key]
        assert (type(found), len(found)) == (type(expected), len(expected))
        assert repr(list(found)) == repr(list(expected))


def test_estimators_of_a_grid_are_those_of_its_results(tmp_path):
    search = GridSearchCV(*GRIDS["estimators"], cv=2).fit(X, y)
    save(search, tmp_path / "search.nn")
    results = load(tmp_path / "search.nn").cv_results_
    for params, value in zip(results["params"], results["param_logisticregression"]):
        assert params["logisticregression"] is value


SCORINGS = {
    "none": (None, True),
    "name": ("balanced_accuracy", True),
    "list": (["accuracy", "neg_log_loss"], "neg_log_loss"),
    "tuple": (("accuracy", "neg_log_loss"), False),
    "dict": ({"a": "accuracy", "b": "neg_log_loss"}, "b"),
}


@pytest.mark.parametrize("name", SCORINGS)
def test_scorers_are_found_again_by_their_names(tmp_path, name):
    scoring, refit = SCORINGS[name]
    grid = {"C": [0.1, 1.0]}
    search = GridSearchCV(LINE, grid, scoring=scoring, refit=refit, cv=2).fit(X, y)
    save(search, tmp_path / "search.nn")
    loaded = load(tmp_path / "search.nn")
    assert repr(loaded.scorer_) == repr(search.scorer_)
    assert type(loaded.scorer_) is type(search.scorer_)
    if refit:
        assert loaded.score(X, y) == search.score(X, y)
