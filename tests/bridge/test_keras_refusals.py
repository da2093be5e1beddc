"""What is refused, and the way out that the error names."""

import numpy as np
import pytest
from sklearn.exceptions import (
    NotFittedError,
)

from skopt_nn._backend import keras
from tests.doubles import build_sigmoid, keras_classifier, keras_regressor

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def build_nothing():
    keras.Sequential([keras.layers.Dense(1)])


def build_a_dict():
    return {}


def build_two_outputs():
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)]
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"optimizer__lr": 0.1}, "optimizer__learning_rate"),
        ({"optimizer__learningrate": 0.1}, "optimizer__learning_rate"),
        ({"optimzer__learning_rate": 0.1}, "optimizer__learning_rate"),
        ({"model__unit": 3}, "model__units"),
        ({"unist": 3}, "units"),
        ({"epoch": 3}, "epochs"),
        ({"fit__batchsize": 3}, "fit__batch_size"),
        ({"predict__batch": 3}, "predict__batch_size"),
        ({"loss__label_smooting": 0.1}, "loss__label_smoothing"),
        ({"callbacks__patienc": 3}, "callbacks__patience"),
        ({"callbacks__stop__patienc": 3}, "callbacks__stop__patience"),
        ({"metrics__nme": 3}, "metrics__name"),
    ],
)
def test_a_misspelt_parameter_names_the_one_that_was_meant(iris, parameters, meant):
    name = next(iter(parameters))
    stop = keras.callbacks.EarlyStopping
    estimator = keras_classifier(
        loss=keras.losses.CategoricalCrossentropy,
        callbacks={"stop": stop} if "stop" in name else stop,
        metrics=[keras.metrics.CategoricalAccuracy],
        **parameters,
    )
    with pytest.raises(ValueError, match=f"{name!r}.*Did you mean {meant!r}"):
        estimator.fit(*iris)
    assert not hasattr(estimator, "model_")


def test_parameters_of_the_optimizer_are_found_by_their_name(iris):
    estimator = keras_classifier(learning_rate=0.1)
    with pytest.raises(ValueError, match="optimizer is 'optimizer__learning_rate'"):
        estimator.fit(*iris)


def test_set_params_names_the_parameter_that_was_meant():
    with pytest.raises(ValueError, match="Did you mean 'epochs'"):
        keras_classifier().set_params(epoch=3)


def test_a_misspelt_argument_of_fit_names_the_one_that_was_meant(iris):
    with pytest.raises(ValueError, match="Did you mean 'batch_size'"):
        keras_classifier().fit(*iris, batchsize=3)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (build_nothing, TypeError, "build_nothing must return a keras.Model.*return"),
        (build_a_dict, TypeError, "must return a keras.Model.*of type dict"),
        (3, TypeError, "must be a callable"),
        (None, ValueError, "_keras_build_fn"),
        (build_two_outputs, ValueError, "has 2 outputs"),
        (build_sigmoid, ValueError, "do not fit y: y has 3 classes.*3 units"),
    ],
)
def test_a_build_function_that_cannot_do(iris, model, error, message):
    estimator = keras_classifier(model=model)
    with pytest.raises(error, match=message):
        estimator.fit(*iris)
    with pytest.raises(NotFittedError):
        estimator.predict(iris[0])


def test_outputs_that_do_not_fit_the_targets(targets):
    X, y = targets
    estimator = keras_regressor(model=build_sigmoid)
    with pytest.raises(ValueError, match="y has 2 targets a sample"):
        estimator.fit(X, np.column_stack([y, y]))


def test_no_loss_anywhere(iris):
    with pytest.raises(ValueError, match="loss"):
        keras_classifier(loss=None).fit(*iris)


def test_one_class_only(iris):
    with pytest.raises(ValueError, match=r"at least 2 classes.*only one class: 1"):
        keras_classifier().fit(iris[0], np.ones(150, int))


def test_continuous_labels(iris):
    with pytest.raises(ValueError, match="Unknown label type"):
        keras_classifier().fit(iris[0], iris[0][:, 0] + 0.1)


def test_a_failed_refit_leaves_the_fitted_estimator_as_it_was(iris):
    estimator = keras_classifier()
    before = dict(vars(estimator.fit(*iris)))
    proba = estimator.predict_proba(iris[0])
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(np.full((3, 4), np.nan), [0, 1, 2])
    assert vars(estimator) == before
    np.testing.assert_array_equal(estimator.predict_proba(iris[0]), proba)
