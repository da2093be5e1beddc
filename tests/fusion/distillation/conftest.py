"""What the tests of distillation share."""

import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier

from skopt_nn import DistilledClassifier
from tests.doubles import small_student


@pytest.fixture(scope="session")
def distilled(iris):
    """A small network, taught by a forest."""
    forest = RandomForestClassifier(50, random_state=0)
    return DistilledClassifier(forest, small_student(), random_state=0).fit(*iris)


@pytest.fixture(scope="session")
def indicator():
    """Samples of four labels each."""
    return make_multilabel_classification(
        n_samples=300, n_features=12, n_classes=4, random_state=0
    )
