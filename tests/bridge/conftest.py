import numpy as np
import pytest
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.preprocessing import StandardScaler

from tests.doubles import keras_classifier


@pytest.fixture(scope="session")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X).astype("float32"), y


@pytest.fixture(scope="session")
def labels(iris):
    return np.array(["setosa", "versicolor", "virginica"])[iris[1]]


@pytest.fixture(scope="session")
def binary():
    X, y = make_classification(60, 4, random_state=0)
    return X.astype("float32"), y


@pytest.fixture(scope="session")
def targets():
    X, y = make_regression(60, 4, noise=1.0, random_state=0)
    return X.astype("float32"), (y / y.std()).astype("float32")


@pytest.fixture(scope="session")
def fitted(iris, labels):
    """Compiled, and trained long enough to have learned."""
    estimator = keras_classifier(
        run_eagerly=False, epochs=30, model__units=16, optimizer__learning_rate=0.02
    )
    return estimator.fit(iris[0], labels)
