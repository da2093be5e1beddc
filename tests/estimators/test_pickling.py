"""Fitted estimators on disk, in copies and in other processes."""

import copy
import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    TabularClassifier,
)

FAMILIES = [CNNClassifier, CNNRegressor, SharedWeightClassifier, SharedWeightRegressor]

LOAD = """
import sys
import joblib
import numpy as np
folder = sys.argv[1]
X = np.load(f"{folder}/X.npy")
for name, est in joblib.load(f"{folder}/fitted.joblib").items():
    outputs = est.predict_proba(X) if hasattr(est, "classes_") else est.predict(X)
    np.save(f"{folder}/{name}_outputs.npy", outputs)
    np.save(f"{folder}/{name}_features.npy", est.transform(X))
    if est.warm_start:
        y = np.load(f"{folder}/y.npy")
        np.save(f"{folder}/{name}_resumed.npy", est.partial_fit(X, y).predict(X))
"""


@pytest.fixture(scope="module")
def estimators(make, digits, fitted, fitted_shared):
    """Estimators of all families, those that resume among them."""
    busy = {"dropout": 0.3, "normalization": "batch", "warm_start": True}
    shared = {"filters": (), "dense_units": (8, 8, 8)}
    return {
        "classifier": fitted,
        "regressor": make(CNNRegressor, filters=()).fit(*digits),
        "shared": fitted_shared,
        "shared_regressor": make(SharedWeightRegressor, **shared).fit(*digits),
        "resuming": make(filters=(), **busy).fit(*digits),
        "table": TabularClassifier(
            n_members=2, n_bins=4, dense_units=(8,), epochs=1, random_state=0
        ).fit(*digits),
    }


def outputs_of(est, X):
    return est.predict_proba(X) if hasattr(est, "classes_") else est.predict(X)


def test_a_new_process_loads_the_same_outputs(estimators, digits, tmp_path):
    X, y = digits
    joblib.dump(estimators, tmp_path / "fitted.joblib")
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    subprocess.run([sys.executable, "-c", LOAD, str(tmp_path)], check=True, timeout=300)

    def loaded(name):
        return np.load(tmp_path / f"{name}.npy")

    for name, est in estimators.items():
        np.testing.assert_array_equal(loaded(f"{name}_outputs"), outputs_of(est, X))
        np.testing.assert_array_equal(loaded(f"{name}_features"), est.transform(X))
    resumed = copy.deepcopy(estimators["resuming"]).partial_fit(X, y)
    np.testing.assert_array_equal(loaded("resuming_resumed"), resumed.predict(X))


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_are_equal(estimators, digits, same, duplicate):
    X, _ = digits
    for est in estimators.values():
        other = duplicate(est)
        same(other, est, X)
        assert other.history_ == est.history_
        assert other.get_params() == est.get_params()
        assert other.model_ is not est.model_


@pytest.mark.parametrize("cls", FAMILIES)
def test_unfitted_estimator_is_pickled(make, digits, same, cls):
    X, y = digits
    est = make(cls, filters=())
    loaded = pickle.loads(pickle.dumps(est))
    assert loaded.get_params() == est.get_params()
    same(loaded.fit(X, y), est.fit(X, y), X)


def test_pickle_before_and_after_a_prediction_is_the_same(make, digits):
    X, y = digits
    est = make().fit(X, y)
    before = pickle.dumps(est)
    est.predict(X)
    est.transform(X)
    assert len(pickle.dumps(est)) == len(before)


def bytes_of(est):
    file = io.BytesIO()
    joblib.dump(est, file)
    return len(file.getvalue())


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_pickle_takes_four_bytes_a_parameter(make, digits, optimizer):
    X, y = digits
    params = {"filters": (), "dense_units": (512,), "epochs": 1}
    est = make(**params, optimizer=optimizer).fit(X, y)
    assert est.n_parameters_ > 30_000
    assert bytes_of(est) < 4 * est.n_parameters_ + 10_000


def test_shared_weights_are_stored_once(make, digits):
    X, y = digits
    params = {"filters": (), "dense_units": (100,) * 6, "epochs": 1}
    shared = make(SharedWeightClassifier, **params).fit(X, y)
    assert shared.compression_ratio_ > 3
    assert bytes_of(shared) < 4 * shared.n_parameters_ + 10_000


def test_partial_fit_goes_on_after_unpickling(make, digits, same):
    X, y = digits
    busy = {"dropout": 0.3, "normalization": "batch"}
    est = make(filters=(), **busy).partial_fit(X, y)
    loaded = pickle.loads(pickle.dumps(est)).partial_fit(X, y)
    same(loaded, est.partial_fit(X, y), X)
    assert loaded.n_iter_ == 2


@pytest.mark.parametrize("cls", FAMILIES)
def test_clone_of_a_fitted_estimator_is_unfitted(make, digits, cls):
    est = make(cls, filters=()).fit(*digits)
    other = clone(est)
    assert other.get_params() == est.get_params()
    assert not [name for name in vars(other) if name.endswith("_")]
