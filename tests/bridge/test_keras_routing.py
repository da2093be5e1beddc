"""Routed names go where they are taken; misspelt ones are refused."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from tests.doubles import build_classifier, keras_classifier, keras_regressor

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


class TakesAny(keras.callbacks.Callback):
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.given = args, kwargs


class TakesPositions(keras.callbacks.Callback):
    def __init__(self, *args):
        super().__init__()
        self.given = args


class ScaledError(keras.losses.MeanSquaredError):
    def __init__(self, **kwargs):
        self.scale = kwargs.pop("scale", 1.0)
        super().__init__(**kwargs)

    def call(self, y, p):
        return self.scale * super().call(y, p)


class HalvedSGD(keras.optimizers.SGD):
    def __init__(self, *args, **kwargs):
        kwargs["learning_rate"] = kwargs.pop("doubled_rate") / 2
        super().__init__(*args, **kwargs)


def test_a_callback_with_kwargs_takes_any_name(targets):
    estimator = keras_regressor(
        callbacks=[TakesAny], callbacks__0__patience=3, callbacks__0__0="first"
    )
    (callback,) = estimator.fit(*targets).callbacks_
    assert callback.given == (("first",), {"patience": 3})


def test_a_callback_with_args_takes_positions_and_no_names(targets):
    estimator = keras_regressor(
        callbacks=TakesPositions, callbacks__1="b", callbacks__0="a"
    )
    assert estimator.fit(*targets).callbacks_[0].given == ("a", "b")
    estimator.set_params(callbacks__patience=3)
    with pytest.raises(ValueError, match="TakesPositions has no parameter 'patience'"):
        estimator.fit(*targets)


def test_a_loss_with_kwargs_takes_any_name(targets):
    plain, scaled = (
        keras_regressor(loss=ScaledError, loss__scale=scale, batch_size=-1)
        for scale in (1.0, 4.0)
    )
    first, second = (fit.fit(*targets).history_["loss"] for fit in (plain, scaled))
    np.testing.assert_allclose(second, 4 * np.array(first), rtol=1e-5)


def test_an_optimizer_with_kwargs_takes_any_name(iris):
    halved = keras_classifier(
        optimizer=HalvedSGD, optimizer__doubled_rate=0.5, optimizer__momentum=0.25
    )
    optimizer = halved.fit(*iris).model_.optimizer
    assert float(optimizer.learning_rate) == 0.25
    assert optimizer.momentum == 0.25


@pytest.mark.parametrize(
    ("optimizer", "accepted"),
    [("adam", False), (keras.optimizers.Adam, False), (HalvedSGD, True)],
)
def test_what_keras_own_kwargs_refuse_is_refused_with_a_hint(iris, optimizer, accepted):
    estimator = keras_classifier(optimizer=optimizer, optimizer__doubled_rate=0.1)
    if accepted:
        assert estimator.fit(*iris).initialized_
        return
    with pytest.raises(ValueError, match="Adam has no parameter 'doubled_rate'"):
        estimator.fit(*iris)


class Tempered(keras.Sequential):
    """Its methods have arguments of their own."""

    seen = ()

    def compile(self, *args, temperature=1.0, **kwargs):
        super().compile(*args, **kwargs)
        self.temperature = temperature

    def fit(self, x, y=None, epochs=1, custom=None, **kwargs):
        self.seen = (*self.seen, custom)
        return super().fit(x, y, epochs=epochs, **kwargs)

    def predict(self, x, *, sharpness=1, callbacks=None, verbose=0, batch_size=None):
        return super().predict(x, verbose=0) ** sharpness


class Narrow(Tempered):
    def fit(
        self, x, custom=None, *, epochs, initial_epoch, verbose, callbacks, shuffle
    ):
        return super().fit(x, None, epochs, custom, verbose=0, callbacks=callbacks)


def build_tempered(meta, cls=Tempered):
    return cls(build_classifier(meta).layers)


def test_arguments_of_the_models_own_methods_are_routed(iris):
    estimator = keras_classifier(
        model=build_tempered,
        fit__custom="routed",
        predict__sharpness=2,
        compile__temperature=3.0,
    )
    estimator.fit(*iris)
    assert estimator.model_.temperature == 3.0
    assert estimator.model_.seen == ("routed",)
    squared = estimator.predict_proba(iris[0])
    estimator.set_params(predict__sharpness=1)
    np.testing.assert_allclose(squared, estimator.predict_proba(iris[0]) ** 2, 1e-4)


def test_arguments_of_the_models_own_fit_are_taken_for_one_call(iris):
    estimator = keras_classifier(model=build_tempered).fit(*iris, custom="given")
    assert estimator.partial_fit(*iris, custom="again").model_.seen == (
        "given",
        "again",
    )


def test_arguments_of_a_model_instances_own_fit_are_routed(iris):
    model = build_tempered({"target_type_": "", "X_shape_": (0, 4), "n_classes_": 3})
    estimator = keras_classifier(model=model, fit__custom="routed").fit(*iris)
    assert estimator.model_.seen == ("routed",)


@pytest.mark.parametrize(
    ("parameters", "given", "message"),
    [
        ({"fit__custm": 1}, {}, "Narrow.fit has no argument.*mean 'fit__custom'"),
        ({}, {"custm": 1}, "Narrow.fit has no argument.*mean 'custom'"),
        ({"predict__sharp": 1}, {}, "Narrow.predict has .*mean 'predict__sharpness'"),
    ],
)
def test_what_the_models_own_methods_do_not_take_is_refused(
    iris, parameters, given, message
):
    estimator = keras_classifier(model=build_tempered, model__cls=Narrow, **parameters)
    with pytest.raises(ValueError, match=message):
        estimator.fit(*iris, **given)
    assert not estimator.initialized_


def test_arguments_of_another_models_methods_are_refused(iris):
    with pytest.raises(ValueError, match=r"keras\.Model\.fit has no argument 'custom'"):
        keras_classifier(fit__custom=3).fit(*iris)
    fitted = keras_classifier().fit(*iris).set_params(fit__custom=3)
    with pytest.raises(ValueError, match=r"keras\.Model\.fit has no argument 'custom'"):
        fitted.partial_fit(*iris)


def test_an_accuracy_with_parameters_is_not_exact_equality(iris):
    estimator = keras_classifier(metrics=["accuracy"], metrics__name="share")
    with pytest.raises(TypeError, match="not a class"):
        estimator.fit(*iris)
