"""Pickles of estimators, of their callbacks and their models."""

import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest

from skopt_nn import KerasRegressor
from skopt_nn._backend import keras
from skopt_nn.bridge._pickle import custom_objects, is_importable
from tests.doubles import (
    keras_classifier,
)

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


_BUILDERS = """
from skopt_nn._backend import keras
from skopt_nn.bridge._pickle import custom_objects, is_importable


def half_squared(y, p):
    return keras.ops.mean((y - p) ** 2, axis=-1) / 2


class Halve(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2


class Subclassed(keras.Model):
    def __init__(self, n_outputs):
        super().__init__()
        self.dense = keras.layers.Dense(n_outputs)

    def call(self, inputs):
        return self.dense(inputs)


def plain(meta):
    model = keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            Halve(),
            keras.layers.Dense(8, activation=keras.ops.tanh),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    model.compile(loss=half_squared, optimizer="adam", run_eagerly=True)
    return model


def subclassed(meta):
    model = Subclassed(meta["n_outputs_"])
    model.compile(loss=lambda y, p: half_squared(y, p), run_eagerly=True)
    return model
"""

_CONTINUE = """
import sys
import joblib
fitted, X, y = joblib.load(sys.argv[1])
before = {build: estimator.predict(X) for build, estimator in fitted.items()}
after = {build: e.partial_fit(X, y).predict(X) for build, e in fitted.items()}
joblib.dump((before, after, [e.n_iter_ for e in fitted.values()]), sys.argv[2])
"""


@pytest.fixture(scope="module")
def here_and_there(tmp_path_factory, targets):
    """Predictions before and after one more epoch, in this and in a new process."""
    folder = tmp_path_factory.mktemp("pickles")
    (folder / "builders_of_test_keras.py").write_text(_BUILDERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        import builders_of_test_keras

        X, y = targets
        fitted = {
            build: KerasRegressor(
                getattr(builders_of_test_keras, build),
                epochs=2,
                verbose=0,
                random_state=0,
            ).fit(X, y)
            for build in ("plain", "subclassed")
        }
        joblib.dump((fitted, X, y), folder / "here")
    before = {build: e.predict(X) for build, e in fitted.items()}
    after = {build: e.partial_fit(X, y).predict(X) for build, e in fitted.items()}
    done = subprocess.run(
        [sys.executable, "-c", _CONTINUE, "here", "there"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{os.getcwd()}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return (before, after, [3, 3]), joblib.load(folder / "there")


@pytest.mark.parametrize("build", ["plain", "subclassed"])
def test_a_new_process_predicts_the_same_and_trains_on(here_and_there, build):
    here, there = here_and_there
    np.testing.assert_array_equal(here[0][build], there[0][build])
    np.testing.assert_array_equal(here[1][build], there[1][build])
    assert here[2] == there[2]


def test_an_unfitted_estimator_pickles():
    estimator = keras_classifier(model__units=3, optimizer=keras.optimizers.SGD(0.3))
    loaded = pickle.loads(pickle.dumps(estimator))
    assert loaded.model__units == 3
    assert loaded.optimizer.get_config() == estimator.optimizer.get_config()


def test_a_fitted_estimator_pickles_whatever_its_callbacks_hold(iris):
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    estimator = keras_classifier(callbacks=[callback]).fit(*iris)
    with pytest.warns(UserWarning, match="callbacks of this fitted KerasClassifier"):
        loaded = pickle.loads(pickle.dumps(estimator))
    assert loaded.callbacks is None
    assert estimator.callbacks == [callback]
    np.testing.assert_array_equal(
        loaded.predict_proba(iris[0]), estimator.predict_proba(iris[0])
    )


def test_callbacks_that_pickle_stay(iris):
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    estimator = keras_classifier(callbacks=[stop]).fit(*iris)
    assert pickle.loads(pickle.dumps(estimator)).callbacks[0].patience == 3


def test_custom_objects_are_found_in_layers_losses_and_metrics():
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    def my_loss(y, p):
        return keras.losses.mean_squared_error(y, p)

    model = keras.Sequential([keras.Input((2,)), Doubled(), keras.layers.Dense(1)])
    model.compile(loss=my_loss, metrics=["mae"])
    found = custom_objects(model)
    assert found == {"Doubled": Doubled, "my_loss": my_loss}
    assert not is_importable(Doubled)
    assert is_importable(keras_classifier)
