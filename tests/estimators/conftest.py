from contextlib import contextmanager

import numpy as np
import pytest

from skopt_nn import CNNClassifier, CNNRegressor, SharedWeightClassifier
from skopt_nn.networks.sharing import SHARINGS


@pytest.fixture(scope="session")
def make(tiny):
    """Makes a tiny estimator of a class with some things changed."""

    def make(cls=CNNClassifier, **changes):
        return cls(**(tiny | changes))

    return make


@pytest.fixture(scope="session")
def fitted(make, digits):
    """A classifier that no test may change."""
    return make(dropout=0.2).fit(*digits)


@pytest.fixture(scope="session")
def fitted_regressor(make, diabetes):
    return make(CNNRegressor, filters=(), input_shape=None).fit(*diabetes)


@pytest.fixture(scope="session")
def fitted_shared(make, digits):
    X, y = digits
    return make(
        SharedWeightClassifier, filters=(4, 4), depth=2, normalization="batch"
    ).fit(X, y)


@pytest.fixture(scope="session")
def same():
    """Asserts that two fitted estimators are equal to the bit."""

    def same(first, second, X):
        for method in ("predict", "transform"):
            one, other = (getattr(est, method)(X) for est in (first, second))
            np.testing.assert_array_equal(one, other)
        for one, other in zip(
            first.model_.get_weights(), second.model_.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(one, other)

    return same


@pytest.fixture(scope="session")
def registered():
    """Registers a kind of sharing for a while."""

    @contextmanager
    def registered(name, kind):
        SHARINGS[name] = kind
        try:
            yield
        finally:
            del SHARINGS[name]

    return registered
