"""Kernels of a few values: what is stored, and that training ends on them."""

import math
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skopt_nn import (
    SharedWeightClassifier,
    SharedWeightRegressor,
    load,
    networks,
    save,
    training,
)

WIDE = {"filters": (), "dense_units": (128, 64), "sharing": "clustered", "epochs": 3}


@pytest.fixture(scope="module")
def fitted(make, digits):
    return make(SharedWeightClassifier, **WIDE).fit(*digits)


def kernels(est):
    return [v for v in networks.get_values(est.model_) if v.ndim > 1]


def assert_clustered(est, n_clusters=16):
    assert kernels(est)
    for kernel in kernels(est):
        assert len(np.unique(kernel)) <= n_clusters


def test_training_ends_on_a_few_values(fitted):
    assert_clustered(fitted)
    assert fitted.shared_weights_ == {}


def test_parameters_are_those_that_are_stored(fitted):
    weights = [64 * 128, 128 * 64, 64 * 10]
    codes = sum(16 + math.ceil(n * 4 / 32) for n in weights)
    rest = fitted.model_.count_params() - sum(weights)
    vectors = 128 + 64 + 10
    assert rest >= vectors
    assert fitted.n_parameters_ == codes + vectors
    dense = sum(weights) + vectors
    assert fitted.compression_ratio_ == dense / fitted.n_parameters_


@pytest.mark.parametrize("n_clusters", [2, 4, 5])
def test_a_codebook_is_counted_once(make, digits, n_clusters):
    how = {"filters": (), "dense_units": (16, 16), "sharing": "clustered", "epochs": 1}
    est = make(SharedWeightClassifier, **how, n_clusters=n_clusters).fit(*digits)
    weights, n_bits = [64 * 16, 16 * 16, 16 * 10], {2: 1, 4: 2, 5: 3}[n_clusters]
    codes = sum(n_clusters + math.ceil(n * n_bits / 32) for n in weights)
    assert est.n_parameters_ == codes + 16 + 16 + 10


@pytest.mark.parametrize("n_clusters", [1, 2, 16])
def test_files_and_pickles_are_smaller_by_what_is_shared(
    make, digits, tmp_path, n_clusters
):
    est = make(SharedWeightClassifier, **WIDE, n_clusters=n_clusters).fit(*digits)
    plain = make(SharedWeightClassifier, **WIDE | {"sharing": "tied"}).fit(*digits)
    save(est, tmp_path / "est")
    bits = 4 if n_clusters == 16 else 1
    saved = sum(kernel.size * (32 - bits) / 8 for kernel in kernels(est))
    gained = len(pickle.dumps(plain)) - len(pickle.dumps(est))
    assert gained == pytest.approx(saved, rel=0.05)
    X = digits[0]
    for again in (pickle.loads(pickle.dumps(est)), load(tmp_path / "est")):
        np.testing.assert_array_equal(again.predict_proba(X), est.predict_proba(X))


def test_early_stopping_and_more_epochs_end_on_a_few_values(make, digits):
    est = make(SharedWeightClassifier, **WIDE, early_stopping=True, warm_start=True)
    assert_clustered(est.fit(*digits))
    assert_clustered(est.fit(*digits))
    part = make(SharedWeightClassifier, **WIDE, n_clusters=3)
    assert_clustered(part.partial_fit(*digits), 3)
    assert_clustered(part.partial_fit(*digits), 3)


@pytest.mark.jax_only
def test_clusters_ask_for_no_program(make, digits):
    est = make(SharedWeightClassifier, **WIDE)
    training.clear_cache()
    GridSearchCV(est, {"n_clusters": np.array([5, 16, 32])}, cv=2).fit(*digits)
    assert training.cache_info().compilations["train"] == 1


@pytest.mark.jax_only
def test_a_number_of_few_clusters_asks_for_one_program(make, digits):
    est = make(SharedWeightClassifier, **WIDE, n_clusters=2)
    training.clear_cache()
    GridSearchCV(est, {"learning_rate": [0.001, 0.003]}, cv=2).fit(*digits)
    assert training.cache_info().compilations["train"] == 1


def test_values_are_predicted_from_a_few(make, diabetes):
    X, y = diabetes
    params = WIDE | {"input_shape": None, "epochs": 40}
    est = make(SharedWeightRegressor, **params).fit(X, y)
    assert_clustered(est)
    assert est.score(X, y) > 0.3


def test_a_few_values_read_digits(digits):
    X, y = digits
    est = SharedWeightClassifier(**WIDE | {"epochs": 60}, n_clusters=3, random_state=0)
    assert est.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.8


def test_binary_kernels_read_digits_nearly_as_well_as_free_ones(digits):
    X, y = digits
    binary = SharedWeightClassifier(
        **WIDE | {"epochs": 30}, n_clusters=2, random_state=0
    )
    free = clone(binary).set_params(sharing=None)
    scores = [
        est.fit(X[:200], y[:200]).score(X[200:], y[200:]) for est in (binary, free)
    ]
    assert scores[0] > scores[1] - 0.03


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"n_clusters": 0}, r"'n_clusters' .* range \[1, 256\]. Got 0"),
        ({"n_clusters": 256, "dense_units": (8,)}, "'logits' has 80. Use fewer"),
    ],
)
def test_clusters_that_cannot_be_are_refused(make, digits, params, match):
    est = make(SharedWeightClassifier, **WIDE | params)
    with pytest.raises(ValueError, match=match):
        est.fit(*digits)
    assert not hasattr(est, "model_")
