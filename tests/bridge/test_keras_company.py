"""Keras estimators in the company of other estimators."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import KerasRegressor
from skopt_nn._backend import keras
from tests.doubles import build_regressor, keras_classifier, keras_regressor

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def test_a_grid_search_stratifies_and_tunes_routed_parameters(iris):
    X, y = iris
    search = GridSearchCV(
        keras_classifier(epochs=5, batch_size=-1),
        {"optimizer__learning_rate": [1e-6, 0.1], "model__units": [8]},
        cv=3,
    ).fit(X, y)
    assert search.best_params_["optimizer__learning_rate"] == 0.1
    folds = cross_val_score(search.best_estimator_, X, y, cv=StratifiedKFold(3))
    np.testing.assert_allclose(
        folds.mean(), search.cv_results_["mean_test_score"].max()
    )


def test_a_grid_search_takes_optimizer_instances(targets):
    grid = {"optimizer": [keras.optimizers.SGD(1e-9), keras.optimizers.Adam(0.1)]}
    estimator = KerasRegressor(
        build_regressor, loss="mse", epochs=10, batch_size=-1, verbose=0, random_state=0
    )
    search = GridSearchCV(estimator, grid, cv=2).fit(*targets)
    assert isinstance(search.best_params_["optimizer"], keras.optimizers.Adam)


def test_two_processes_find_what_one_finds(targets):
    grid = {"optimizer__learning_rate": [0.001, 0.1]}
    scores = [
        GridSearchCV(keras_regressor(batch_size=-1), grid, cv=2, n_jobs=n_jobs)
        .fit(*targets)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_voting_with_string_labels(iris, labels, voting):
    members = [
        ("net", keras_classifier(epochs=20, optimizer__learning_rate=0.05)),
        ("linear", LogisticRegression()),
    ]
    fusion = VotingClassifier(members, voting=voting).fit(iris[0], labels)
    assert fusion.score(iris[0], labels) > 0.9


def test_stacking_in_a_pipeline_with_sample_weight(binary):
    X, y = binary
    stack = StackingClassifier([("net", keras_classifier(epochs=2))], cv=2)
    pipe = make_pipeline(StandardScaler(), stack)
    pipe.fit(X, y, stackingclassifier__sample_weight=np.ones(60))
    assert pipe.predict_proba(X).shape == (60, 2)


def test_calibration(binary):
    calibrated = CalibratedClassifierCV(keras_classifier(epochs=2), cv=2).fit(*binary)
    np.testing.assert_allclose(calibrated.predict_proba(binary[0]).sum(axis=1), 1)
