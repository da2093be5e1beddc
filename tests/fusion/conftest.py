"""Data and cheap members for the tests of the fusions."""

import pytest
from sklearn import config_context
from sklearn.datasets import load_diabetes, load_digits, load_iris


@pytest.fixture(scope="session")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="session")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X, (y - y.mean()) / y.std()


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield
