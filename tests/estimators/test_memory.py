"""X is read where it is: a fit copies batches and nothing else of it."""

import math
import tracemalloc

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skopt_nn import CNNClassifier, CNNRegressor, SharedWeightClassifier, networks
from skopt_nn._backend import keras

MB = 2**20
N_MEGABYTES = 40
# JAX lets up to 32 calls of 16 steps wait for their turn, each with its batches.
BATCH_SIZE = 4 if keras.backend.backend() == "jax" else 512
SMALL = {"filters": (), "dense_units": (4,), "epochs": 1, "batch_size": BATCH_SIZE}


@pytest.fixture(scope="module", params=["float32", "uint8", "float64"])
def mapped(request, tmp_path_factory):
    """Samples on disk, and their labels."""
    dtype = np.dtype(request.param)
    shape = (24, 24, 1) if dtype == np.uint8 else (16, 16, 1)
    n_rows = N_MEGABYTES * MB // (dtype.itemsize * math.prod(shape))
    path = tmp_path_factory.mktemp("mapped") / "X.npy"
    X = np.lib.format.open_memmap(path, "w+", dtype, (n_rows, *shape))
    noise = np.random.default_rng(0).integers(0, 255, (64, *shape))
    for start in range(0, n_rows, 64):
        X[start : start + 64] = noise[: n_rows - start]
    X.flush()
    return np.load(path, mmap_mode="r"), np.arange(n_rows) % 2


def megabytes(call, *args, **kwargs):
    """The most that numpy and Python hold at a time during a call."""
    tracemalloc.start()
    try:
        call(*args, **kwargs)
        return tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def zero_weights(y):
    return np.where(np.arange(len(y)) % 3, 1.0, 0.0)


# What is allowed: batches, indices, weights and chunks of a megabyte.
ALLOWED = N_MEGABYTES / 4


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("weighted", [False, True], ids=["all rows", "rows of zero"])
def test_fit_copies_no_x(mapped, early_stopping, weighted):
    X, y = mapped
    weights = zero_weights(y) if weighted else None
    stopping = {"early_stopping": early_stopping, "validation_fraction": 0.5}
    net = CNNClassifier(**SMALL, **stopping)
    net.fit(X[:2048], y[:2048])  # what is loaded and compiled once is not counted
    assert megabytes(net.fit, X, y, sample_weight=weights) < ALLOWED


@pytest.mark.parametrize("cls", [CNNRegressor, SharedWeightClassifier])
def test_no_family_copies_x(mapped, cls):
    X, y = mapped
    net = cls(**SMALL | {"early_stopping": True, "validation_fraction": 0.5})
    net.fit(X[:2048], y[:2048])
    weights = zero_weights(y)
    assert megabytes(net.fit, X, y, sample_weight=weights) < ALLOWED


def test_partial_fit_copies_no_x(mapped):
    X, y = mapped
    net = CNNClassifier(**SMALL).partial_fit(X[:2048], y[:2048])
    assert megabytes(net.partial_fit, X, y) < ALLOWED


def test_a_fold_of_a_search_is_copied_by_scikit_learn_alone(mapped):
    X, y = mapped
    net = CNNClassifier(**SMALL, early_stopping=True, validation_fraction=0.5).fit(
        X[:2048], y[:2048]
    )
    search = GridSearchCV(
        net, {"learning_rate": [1e-3]}, cv=2, scoring=lambda *_: 0.0, refit=False
    )
    # It cuts the training part and the test part of a split: together all of X.
    assert megabytes(search.fit, X, y) < N_MEGABYTES + ALLOWED


def test_checking_a_fit_copies_no_x_and_reads_no_statistics(mapped):
    """Statistics are sums over chunks of a megabyte."""
    X, y = mapped
    net = CNNClassifier(**SMALL)
    net.check_fit(X[:2048], y[:2048])
    assert megabytes(net.check_fit, X, y) < 2


class Unbuilt(networks.CNNRecipe):
    """A recipe whose network nobody may build, and whose statistics nobody may ask."""

    def network(self):
        raise AssertionError("a network was built")

    @property
    def statistics_shape(self):
        raise AssertionError("statistics were read")


class Checked(CNNClassifier):
    _recipe_kind = Unbuilt


def test_checking_a_fit_builds_no_network(digits):
    net = Checked((4,), input_shape=(8, 8, 1))
    assert net.check_fit(*digits) is None
    assert not hasattr(net, "n_features_in_")
    with pytest.raises(AssertionError, match="a network was built"):
        net.fit(*digits)


@pytest.mark.parametrize("weighted", [False, True])
def test_statistics_of_many_chunks_are_those_of_all_rows(weighted):
    rng = np.random.default_rng(0)
    X = rng.normal(1e3, 5, (700, 1000)) * np.logspace(-3, 3, 1000)
    X[:, 3], X[:, 4] = 3e8, 0.0
    y = np.arange(700) % 2
    weights = rng.uniform(0.5, 2, 700) if weighted else np.ones(700)
    net = CNNClassifier((), dense_units=(2,), epochs=1, random_state=0)
    layer = net.fit(X, y, sample_weight=weights).model_.get_layer("standardize")
    mean, scale = (np.ravel(values) for values in layer.get_weights())
    expected = np.average(X, axis=0, weights=weights)
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    variance = np.average((X - expected) ** 2, axis=0, weights=weights)
    assert scale[3] == scale[4] == 1
    varying = np.arange(1000) != 3
    varying[4] = False
    np.testing.assert_allclose(scale[varying] ** 2, variance[varying], rtol=1e-5)
