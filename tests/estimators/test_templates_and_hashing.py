"""Estimators whose kernels are made of templates, or drawn from fewer weights."""

import pickle

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skopt_nn import SharedWeightClassifier, SharedWeightRegressor, load, save, training

SHARINGS = {
    "templates": {"filters": (4, 4), "block": "recursive", "n_templates": 2},
    "hashed": {"filters": (), "dense_units": (64,), "compression": 8},
}


@pytest.fixture(scope="module", params=SHARINGS)
def fitted(request, make, digits):
    how = {"sharing": request.param, **SHARINGS[request.param]}
    return make(SharedWeightClassifier, **how).fit(*digits)


def test_what_is_stored_is_counted(fitted):
    assert fitted.n_parameters_ == fitted.summary().n_parameters
    assert fitted.compression_ratio_ > 1.5
    unshared = fitted.n_parameters_ * fitted.compression_ratio_
    assert unshared == pytest.approx(fitted._recipe.n_unshared_parameters())


def test_pickles_and_files_hold_what_is_stored(fitted, digits, same, tmp_path):
    save(fitted, tmp_path / "net.skopt")
    for loaded in (pickle.loads(pickle.dumps(fitted)), load(tmp_path / "net.skopt")):
        same(loaded, fitted, digits[0])
        assert loaded.compression_ratio_ == fitted.compression_ratio_


def test_training_goes_on(make, digits, fitted):
    est = pickle.loads(pickle.dumps(fitted)).set_params(warm_start=True, epochs=1)
    assert est.fit(*digits).n_iter_ == fitted.n_iter_ + 1
    part = make(SharedWeightClassifier, **fitted.get_params())
    assert part.partial_fit(*digits).predict_proba(digits[0]).shape == (300, 10)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"sharing": "templates", "n_templates": 9}, "n_templates=9 must be less"),
        ({"sharing": "templates", "n_templates": 0}, "'n_templates' .* Got 0"),
        ({"sharing": "hashed", "compression": 0.5}, "'compression' .* Got 0.5"),
        ({"sharing": "hashed", "compression": 1e5}, "'compression' .* Got 100000"),
        ({"sharing": "hashed", "compression": 900}, "must leave a weight of each"),
        ({"sharing": "roast"}, "'sharing' (?=.*'hashed').* Got 'roast'"),
    ],
)
def test_what_cannot_be_shared_is_refused(make, digits, params, match):
    est = make(SharedWeightClassifier, **params)
    with pytest.raises(ValueError, match=match):
        est.fit(*digits)
    assert not hasattr(est, "model_")


@pytest.mark.parametrize(
    ("fitted", "changed"),
    [("templates", {"n_templates": 1}), ("hashed", {"compression": 4})],
    indirect=["fitted"],
)
def test_another_amount_of_sharing_is_another_network(fitted, digits, changed):
    est = pickle.loads(pickle.dumps(fitted)).set_params(warm_start=True, **changed)
    with pytest.raises(ValueError, match=f"{next(iter(changed))}="):
        est.fit(*digits)


@pytest.mark.jax_only
def test_a_search_over_rates_compiles_one_program(make, digits):
    est = make(SharedWeightClassifier, sharing="hashed", **SHARINGS["hashed"])
    training.clear_cache()
    GridSearchCV(est, {"learning_rate": [0.01, 0.001]}, cv=2).fit(*digits)
    assert training.cache_info().compilations["train"] == 1


def test_values_are_predicted_from_shared_weights(make, diabetes):
    X, y = diabetes
    how = {"input_shape": None, "epochs": 40, "filters": (), "random_state": 0}
    for kind in (
        {"sharing": "hashed", "dense_units": (64,)},
        {"sharing": "templates", "dense_units": (16,) * 5},
    ):
        est = make(SharedWeightRegressor, **how | kind)
        assert est.fit(X, y).score(X, y) > 0.3


def test_hashed_digits_are_read_with_few_weights(digits):
    X, y = digits
    est = SharedWeightClassifier(
        filters=(), dense_units=(256,), sharing="hashed", compression=16, random_state=0
    )
    est.set_params(epochs=60).fit(X[:200], y[:200])
    assert est.n_parameters_ < 1_600
    assert np.mean(est.predict(X[200:]) == y[200:]) > 0.8
