"""Networks learn real data: one seed here, more seeds and folds in the benchmarks."""

import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
)


@pytest.fixture(scope="module")
def split():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)


# Smaller than by default, and trained for less: the defaults are measured elsewhere.
SMALL = {
    "filters": (16, 16),
    "dense_units": (64,),
    "input_shape": (8, 8, 1),
    "normalization": "batch",
    "learning_rate": 3e-3,
    "epochs": 8,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def score(split):
    X_train, X_test, y_train, y_test = split
    return CNNClassifier(**SMALL).fit(X_train, y_train).score(X_test, y_test)


def test_a_small_network_reads_raw_digits(score):
    # The mean over folds and seeds is for the benchmarks: 360 rows are a rough measure.
    assert score >= 0.97


def test_scaled_pixels_are_read_as_well(split, score):
    X_train, X_test, y_train, y_test = split
    cnn = CNNClassifier(**SMALL)
    scaled = cnn.fit(X_train / 16, y_train).score(X_test / 16, y_test)
    assert abs(scaled - score) <= 0.003


def test_shared_weights_cost_next_to_nothing(split, score):
    """The mean of two seeds: one of them may be four rows off."""
    X_train, X_test, y_train, y_test = split
    scores = []
    for seed in range(2):
        net = SharedWeightClassifier(**SMALL | {"random_state": seed})
        scores.append(net.fit(X_train, y_train).score(X_test, y_test))
        assert net.compression_ratio_ >= 1.5
    assert sum(scores) / len(scores) >= score - 0.01


@pytest.mark.parametrize("cls", [CNNRegressor, SharedWeightRegressor])
def test_regressors_keep_up_with_a_line_on_raw_values(cls):
    X, y = load_diabetes(return_X_y=True, scaled=False)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    params = {"filters": (), "dense_units": (16, 16), "weight_decay": 0.1}
    net = cls(**params, epochs=30, random_state=0).fit(X_train, y_train)
    line = LinearRegression().fit(X_train, y_train)
    assert net.score(X_test, y_test) > line.score(X_test, y_test) - 0.1
