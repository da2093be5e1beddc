"""Models of build functions share compiled programs, and are never the worse for it."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from skopt_nn import KerasClassifier, KerasRegressor, training
from skopt_nn._backend import keras

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = [
    pytest.mark.jax_only,
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
    ),
]

layers = keras.layers


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:144].astype("float32") / 16, y[:144]


@pytest.fixture(scope="module")
def line():
    X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    return X, X.sum(axis=1)


@pytest.fixture(autouse=True)
def empty_cache():
    training.clear_cache()


def build(meta, units=8, rate=0.3):
    """No `Input`: Keras builds it when it sees the rows."""
    return keras.Sequential(
        [
            layers.Dense(units, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(rate),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def build_line(meta):
    return keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(1)])


def network(**parameters):
    defaults = {
        "model": build,
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "optimizer__learning_rate": 0.01,
        "metrics": ["accuracy"],
        "epochs": 2,
        "verbose": 0,
        "random_state": 0,
    }
    return KerasClassifier(**(defaults | parameters))


def straight(model=build_line, **parameters):
    defaults = {"loss": "mse", "optimizer": "sgd", "verbose": 0, "random_state": 0}
    return KerasRegressor(model, **(defaults | parameters))


def compilations(kind="train"):
    return training.cache_info().compilations[kind]


def assert_same(first, second, X):
    assert first.history_ == second.history_
    for one, other in zip(first.model_.get_weights(), second.model_.get_weights()):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_a_grid_over_learning_rates_compiles_once(digits):
    grid = {"optimizer__learning_rate": [0.001, 0.01, 0.1]}
    GridSearchCV(network(), grid, cv=3, refit=False).fit(*digits)
    # 96 rows are three batches of 32; 48 are predicted at once.
    assert training.cache_info().compilations == {"train": 1, "test": 0, "predict": 1}


def test_a_shorter_last_batch_is_a_second_shape(digits):
    X, y = digits
    for _ in range(2):
        network(validation_split=0.25).fit(X[:52], y[:52])
    assert training.cache_info().compilations == {"train": 2, "test": 1, "predict": 0}


def test_a_program_used_again_gives_the_bits_of_a_fresh_one(digits):
    X, y = digits
    network(random_state=7, optimizer__learning_rate=0.1).fit(X[::-1], y[::-1])
    again = network().fit(X, y)
    assert compilations() == 2  # of two shapes
    training.clear_cache()
    assert_same(network().fit(X, y), again, X)


def test_without_a_cache_the_bits_are_the_same(digits):
    X, y = digits
    kept = network().fit(X, y)
    size = training.cache_info().maxsize
    training.set_cache_size(0)
    try:
        training.clear_cache()
        fitted = network().fit(X, y)
        assert_same(fitted, kept, X)
        compiled = compilations("predict")
        fitted.predict(X)
        assert compilations("predict") == compiled
    finally:
        training.set_cache_size(size)


def test_threads_that_share_a_program_give_the_bits_of_one(digits):
    X, y = digits

    def fit(seed):
        return network(random_state=seed).fit(X, y).predict_proba(X)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(4)))
    alone = [fit(seed) for seed in range(4)]
    np.testing.assert_array_equal(together, alone)


def test_one_model_predicts_in_several_threads(digits):
    fitted = network().fit(*digits)
    expected = fitted.predict_proba(digits[0])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(fitted.predict_proba, [digits[0]] * 16):
            np.testing.assert_array_equal(found, expected)


def test_shared_steps_train_as_keras_own_do(digits):
    X, y = digits
    shared = network(model__rate=0.0, shuffle=False).fit(X, y)
    own = network(model__rate=0.0).initialize(X, y)
    own._ensure_compiled_model()
    history = own.model_.fit(X, y, shuffle=False, epochs=2, verbose=0).history
    np.testing.assert_allclose(shared.history_["loss"], history["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        shared.predict_proba(X), own.model_.predict(X, verbose=0), atol=1e-4
    )


def test_other_losses_and_metrics_have_programs_of_their_own(line):
    X, y = line
    errors = [straight(loss=loss).fit(X, y).history_["loss"] for loss in ("mse", "mae")]
    assert compilations() == 2
    assert errors[0] != errors[1]
    measured = straight(metrics=["mae"]).fit(X, y)
    assert set(measured.history_) == {"loss", "mean_absolute_error"}


def test_metrics_by_class_have_the_same_name_in_each_fit(line):
    X, y = line
    for _ in range(2):
        fitted = straight(metrics=[keras.metrics.MeanAbsoluteError]).fit(X, y)
        assert set(fitted.history_) == {"loss", "mean_absolute_error"}
    assert compilations() == 1


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return 2 * self.dense(inputs)


def build_subclassed():
    return Subclassed()


def build_lambda():
    doubled = layers.Lambda(lambda x: 2 * x)
    return keras.Sequential([keras.Input((3,)), layers.Dense(1), doubled])


def doubled_error(y, p):
    return 2 * keras.ops.mean((keras.ops.reshape(y, (-1, 1)) - p) ** 2, axis=-1)


@pytest.mark.parametrize(
    "parameters",
    [
        {"model": build_subclassed},
        {"model": build_lambda},
        {"loss": doubled_error},
        {"metrics": [doubled_error]},
    ],
)
def test_what_cannot_be_keyed_is_trained_alone_and_right(line, parameters):
    X, y = line
    alone = straight(**parameters, epochs=2, batch_size=64).fit(X, y)
    assert compilations() == 0
    eager = straight(**parameters, epochs=2, run_eagerly=True, batch_size=64)
    eager.fit(X, y)
    np.testing.assert_allclose(alone.predict(X), eager.predict(X), atol=1e-4)


class Louder(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.model.layers[2].rate = 0.9


def test_a_callback_that_changes_the_model_is_obeyed(digits):
    X, y = digits
    loud = network(model__rate=0.9).fit(X, y)
    changed = network(callbacks=[Louder]).fit(X, y)
    np.testing.assert_allclose(
        changed.history_["loss"], loud.history_["loss"], rtol=1e-4
    )


def test_layers_frozen_between_fits_stay_as_they_are(digits):
    X, y = digits
    fitted = network().fit(X, y)
    fitted.model_.layers[0].trainable = False
    fitted.model_.compile("sgd", loss=network().loss)
    before = fitted.model_.layers[0].get_weights()[0]
    fitted.partial_fit(X, y)
    np.testing.assert_array_equal(fitted.model_.layers[0].get_weights()[0], before)


def test_changes_after_fit_reach_predictions(digits):
    X, y = digits
    fitted = network().fit(X, y)
    fitted.model_.layers[-1].activation = keras.activations.sigmoid
    expected = fitted.model_(X, training=False)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-5)


def test_outputs_do_not_hang_on_how_they_are_asked_for(digits, capsys):
    X, y = digits
    fitted = network().fit(X, y)
    quiet = fitted.predict_proba(X)
    assert quiet.flags.writeable
    np.testing.assert_allclose(fitted.predict_proba(X, verbose=2), quiet, atol=1e-6)
    assert "step" in capsys.readouterr().out


def test_programs_are_not_pickled_and_are_found_again(digits):
    X, y = digits
    fitted = network().fit(X, y)
    loaded = pickle.loads(pickle.dumps(fitted))
    assert loaded.model_.train_function is None
    compiled = training.cache_info().compilations
    assert_same(
        loaded.partial_fit(X, y), clone(fitted).set_params(epochs=3).fit(X, y), X
    )
    assert training.cache_info().compilations["train"] == compiled["train"]


def test_an_interrupted_fit_leaves_the_programs_sound(digits):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    X, y = digits
    expected = network().fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        network(callbacks=[Interrupt]).fit(X, y)
    assert_same(network().fit(X, y), expected, X)


def test_a_loss_that_is_not_finite_keeps_the_weights_before_it(line):
    X, y = line
    with pytest.warns(UserWarning, match="not finite in epoch"):
        fitted = straight(optimizer__learning_rate=1e6, epochs=20).fit(X, y)
    assert all(np.isfinite(w).all() for w in fitted.model_.get_weights())
