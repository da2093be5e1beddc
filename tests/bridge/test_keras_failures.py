"""What a training that fails leaves behind."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from tests.doubles import EAGER, build_classifier, keras_classifier

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


class Boom(keras.callbacks.Callback):
    """It raises at the end of an epoch, or in its middle."""

    def __init__(self, error=RuntimeError, event="on_epoch_end"):
        super().__init__()
        setattr(self, event, self.boom)
        self.error = error

    def boom(self, *args, **kwargs):
        raise self.error("boom")


def trained(iris, **params):
    params = {"optimizer__learning_rate": 0.02, "model__rate": 0.3} | params
    return keras_classifier(**params).fit(*iris)


BOOMS = [
    (RuntimeError, "on_epoch_end"),
    (RuntimeError, "on_train_begin"),
    (KeyboardInterrupt, "on_train_batch_end"),
]


@pytest.mark.parametrize(("error", "event"), BOOMS)
@pytest.mark.parametrize("warm_start", [False, True])
def test_what_was_trained_is_as_before_and_trained_on_alike(
    iris, warm_start, error, event
):
    failed, other = (trained(iris, warm_start=warm_start) for _ in range(2))
    train = failed.fit if warm_start else failed.partial_fit
    with pytest.raises(error, match="boom"):
        train(*iris, callbacks=[Boom(error, event)])
    X, history = iris[0], other.history_
    np.testing.assert_array_equal(failed.predict_proba(X), other.predict_proba(X))
    assert (failed.n_iter_, failed.history_) == (1, history)
    for est in (failed, other):
        est.partial_fit(*iris)
    np.testing.assert_array_equal(failed.predict_proba(X), other.predict_proba(X))


def test_a_soft_fit_that_fails_leaves_the_weights(iris):
    X, y = iris
    est = trained(iris, warm_start=True)
    before = est.predict_proba(X)
    with pytest.raises(RuntimeError, match="boom"):
        est.fit_soft(X, y, np.eye(3)[y], callbacks=[Boom()])
    np.testing.assert_array_equal(est.predict_proba(X), before)


def build_compiled(meta):
    model = build_classifier(meta)
    model.compile("adagrad", "sparse_categorical_crossentropy", run_eagerly=EAGER)
    return model


@pytest.mark.parametrize("build", [build_classifier, build_compiled])
def test_a_model_that_was_not_yet_trained_is_as_new(iris, build):
    failed, other = (keras_classifier(model=build).initialize(*iris) for _ in range(2))
    with pytest.raises(RuntimeError, match="boom"):
        failed.partial_fit(*iris, callbacks=[Boom()])
    for est in (failed, other):
        est.partial_fit(*iris)
    proba = other.predict_proba(iris[0])
    np.testing.assert_array_equal(failed.predict_proba(iris[0]), proba)
