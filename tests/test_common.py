"""scikit-learn's own checks, on every neural estimator of the package.

The parts of a fusion and the bridge to scikeras are checked beside their own tests.
"""

import pytest
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    TabularClassifier,
    TabularRegressor,
)

SMALL = {"learning_rate": 0.01, "epochs": 15}
SHARED = {"dense_units": (16, 16, 16), **SMALL}
TABLE = {"n_members": 4, "n_bins": 8, "embedding_dim": 4, "early_stopping": False}
# Each number of columns is a program to compile: convolutions, which take longest, are
# in one of them, as no check asks for them.
ESTIMATORS = [
    CNNClassifier((4,), dense_units=(16,), **SMALL),
    CNNRegressor((), dense_units=(16,), **SMALL),
    SharedWeightClassifier((), **SHARED),
    SharedWeightRegressor((), **SHARED),
    TabularClassifier(**TABLE, **SMALL, dense_units=(16,)),
    TabularRegressor(**TABLE, **SMALL, dense_units=(16,)),
]
EQUIVALENCE = "check_sample_weight_equivalence_on_dense_data"


def expected_failed_checks(estimator):
    if estimator.batch_size is None:
        return {}
    return {
        EQUIVALENCE: "as with scikit-learn's own mini-batch learners, a repeated row "
        "may fall into two batches, a row of weight two falls into one"
    }


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failed_checks)
def test_estimator_passes_the_checks_of_sklearn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_weights_equal_repetitions_when_all_rows_are_one_batch(estimator):
    estimator = type(estimator)(**{**estimator.get_params(), "batch_size": None})
    checks = [
        check
        for _, check in estimator_checks_generator(estimator)
        if getattr(check, "func", check).__name__ == EQUIVALENCE
    ]
    assert checks
    for check in checks:
        check(estimator)
