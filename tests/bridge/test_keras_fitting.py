"""Randomness, epochs, and fits that go on."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skopt_nn._backend import keras
from tests.doubles import build_classifier, keras_classifier, keras_regressor

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def test_same_random_state_same_bits_whatever_happened_before(iris):
    X, y = iris
    first = keras_classifier(model__rate=0.5, epochs=2).fit(X, y).predict_proba(X)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    keras.utils.set_random_seed(1)
    second = keras_classifier(model__rate=0.5, epochs=2).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(first, second)


# torch has one random state for all threads, which its layers draw from.
@pytest.mark.jax_only
def test_threads_give_the_same_bits_as_one_after_another(iris):
    X, y = iris

    def fit(seed):
        return (
            keras_classifier(random_state=seed, model__rate=0.5)
            .fit(X, y)
            .predict_proba(X)
        )

    alone = [fit(seed) for seed in range(4)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(fit, range(4)))
    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("random_state", [0, None])
def test_no_global_random_state_is_changed(iris, random_state):
    keras.random.normal((1,))
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    keras_classifier(random_state=random_state).fit(*iris).predict(iris[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_without_a_random_state_fits_differ_even_if_the_process_was_seeded(iris):
    probabilities = []
    for _ in range(2):
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        estimator = keras_classifier(random_state=None).fit(*iris)
        probabilities.append(estimator.predict_proba(iris[0]))
    assert not np.array_equal(*probabilities)


def test_a_random_state_instance_is_drawn_from(iris):
    state = np.random.RandomState(0)
    fits = [keras_classifier(random_state=state).fit(*iris) for _ in range(2)]
    same = keras_classifier(random_state=np.random.RandomState(0)).fit(*iris)
    probabilities = [fit.predict_proba(iris[0]) for fit in (*fits, same)]
    assert not np.array_equal(probabilities[0], probabilities[1])
    np.testing.assert_array_equal(probabilities[0], probabilities[2])


def test_epochs_one_at_a_time_are_epochs_at_once(iris):
    X, y = iris
    at_once = keras_classifier(epochs=3).fit(X, y)
    resumed = keras_classifier()
    for _ in range(3):
        resumed.partial_fit(X, y, classes=[0, 1, 2])
    assert resumed.n_iter_ == resumed.current_epoch == 3
    assert resumed.history_.keys() == at_once.history_.keys()
    np.testing.assert_array_equal(resumed.predict_proba(X), at_once.predict_proba(X))


def test_warm_start_goes_on_and_counts_on(iris):
    X, y = iris
    estimator = keras_classifier(epochs=2, warm_start=True).fit(X, y)
    model = estimator.model_
    assert estimator.fit(X, y).model_ is model
    assert estimator.n_iter_ == 4
    assert estimator.classes_.tolist() == [0, 1, 2]
    once = keras_classifier(epochs=4).fit(X, y)
    np.testing.assert_array_equal(estimator.predict_proba(X), once.predict_proba(X))


def test_partial_fit_knows_classes_that_come_later(iris):
    X, y = iris
    estimator = keras_classifier().partial_fit(X[:100], y[:100], classes=[0, 1, 2])
    assert estimator.partial_fit(X[100:], y[100:]).predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match="not the same as on last call"):
        estimator.partial_fit(X, y, classes=[0, 1])


def test_partial_fit_names_labels_it_has_not_been_told_of(iris):
    X, y = iris
    estimator = keras_classifier().partial_fit(X[:100], y[:100])
    with pytest.raises(ValueError, match=r"previously unseen labels: \[2\]"):
        estimator.partial_fit(X, y)


def test_a_loss_that_is_not_finite_stops_with_the_weights_before_it(targets):
    X, y = targets
    estimator = keras_regressor(
        epochs=20, optimizer="sgd", optimizer__learning_rate=1e3
    )
    with pytest.warns(ConvergenceWarning, match="not finite in epoch") as caught:
        estimator.fit(X, y)
    (warned,) = (w for w in caught if w.category is ConvergenceWarning)
    assert warned.filename == __file__
    n_finite = np.isfinite(estimator.history_["loss"]).sum()
    assert 0 < n_finite == estimator.n_iter_ - 1 < 19
    until_then = clone(estimator).set_params(epochs=int(n_finite)).fit(X, y)
    np.testing.assert_array_equal(estimator.predict(X), until_then.predict(X))


def test_what_diverged_can_be_trained_on_at_a_smaller_rate(targets):
    X, y = targets
    estimator = keras_regressor().fit(X, y)
    expected = estimator.predict(X)
    estimator.model_.optimizer.learning_rate = 1e30
    with pytest.warns(ConvergenceWarning, match="not finite in epoch 2"):
        estimator.partial_fit(X, y)
    np.testing.assert_array_equal(estimator.predict(X), expected)
    estimator.model_.optimizer.learning_rate = 1e-3
    assert np.isfinite(estimator.partial_fit(X, y).predict(X)).all()


def test_validation_split_is_the_end_of_the_rows_in_the_order_given(iris):
    X, y = iris
    estimator = keras_classifier(validation_split=0.2, epochs=2).fit(X, y)
    loss = estimator.model_.evaluate(X[120:], y[120:], verbose=0)
    assert estimator.history_["val_loss"][-1] == pytest.approx(loss, rel=1e-4)


# -- going on -----------------------------------------------------------------------


def test_a_warm_start_takes_another_rate_and_keeps_the_state_of_the_optimizer(iris):
    estimator = keras_classifier(epochs=2, warm_start=True).fit(*iris)
    optimizer = estimator.model_.optimizer
    n_steps = int(optimizer.iterations)
    estimator.set_params(optimizer__learning_rate=0.5).fit(*iris)
    assert estimator.model_.optimizer is optimizer
    assert float(optimizer.learning_rate) == 0.5
    assert int(optimizer.iterations) == 2 * n_steps


def test_a_warm_start_with_another_loss_is_compiled_anew(targets):
    X, y = targets
    estimator = keras_regressor(warm_start=True).fit(X, y)
    before = estimator.model_.get_weights()
    estimator.set_params(loss="mae", optimizer__learning_rate=1e-9).fit(X, y)
    for one, other in zip(before, estimator.model_.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    error = np.abs(estimator.predict(X) - y).mean()
    assert estimator.history_["loss"][-1] == pytest.approx(error, rel=1e-3)


def test_a_warm_start_with_another_network_is_refused(iris):
    estimator = keras_classifier(warm_start=True, model__units=8).fit(*iris)
    with pytest.raises(ValueError, match=r"made with model__units=8; got .*units=9"):
        estimator.set_params(model__units=9).fit(*iris)
    assert estimator.set_params(model__units=8).fit(*iris).n_iter_ == 2


def test_what_the_build_function_compiled_is_not_compiled_otherwise(iris):
    def build(meta, compile_kwargs):
        model = build_classifier(meta)
        model.compile(**compile_kwargs)
        return model

    estimator = keras_classifier(model=build, warm_start=True).fit(*iris)
    with pytest.raises(ValueError, match=r"with optimizer='adam'; got .*'sgd'"):
        estimator.set_params(optimizer="sgd").fit(*iris)


def test_a_loss_whose_training_failed_is_not_the_one_that_goes_on(targets):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError

    X, y = targets
    estimator = keras_regressor(warm_start=True).fit(X, y)
    with pytest.raises(RuntimeError):
        estimator.set_params(loss="mae").fit(X, y, callbacks=[Fails()])
    estimator.set_params(loss="mse", optimizer__learning_rate=1e-9).fit(X, y)
    error = np.square(estimator.predict(X) - y).mean()
    assert estimator.history_["loss"][-1] == pytest.approx(error, rel=1e-3)


@pytest.mark.parametrize(
    "changed",
    [{"fit__batch_size": 16}, {"fit__epochs": 2}, {"predict__batch_size": 64}],
    ids=str,
)
def test_parameters_of_a_call_may_change_between_calls(iris, changed):
    estimator = keras_classifier(warm_start=True, fit__batch_size=32).fit(*iris)
    estimator.set_params(**changed).fit(*iris)
    assert estimator.n_iter_ == 1 + changed.get("fit__epochs", 1)


def test_labels_follow_a_loss_that_compares_otherwise(iris):
    X, y = iris
    how = {"epochs": 30, "optimizer__learning_rate": 0.03}
    estimator = keras_classifier(warm_start=True, **how).fit(X, y)
    for loss in ("mse", "sparse_categorical_crossentropy"):
        estimator.set_params(loss=loss).fit(X, y)
        assert estimator.score(X, y) > 0.9


def test_another_rate_may_be_set_before_the_first_training(iris):
    estimator = keras_classifier().initialize(*iris)
    estimator.set_params(optimizer__learning_rate=0.5).partial_fit(*iris)
    assert float(estimator.model_.optimizer.learning_rate) == 0.5


def test_what_cannot_be_compiled_is_refused_each_time(iris):
    estimator = keras_classifier().fit(*iris).set_params(optimizer="nonsense")
    for _ in range(2):
        with pytest.raises(ValueError, match="Could not interpret optimizer"):
            estimator.partial_fit(*iris)


def test_equal_arguments_of_the_build_function_change_nothing(iris):
    def build(meta, sizes):
        return build_classifier(meta, units=int(sizes["units"][0]))

    estimator = keras_classifier(model=build, sizes={"units": np.array([4, 5])})
    estimator.fit(*iris).set_params(sizes={"units": np.array([4, 5])})
    estimator.partial_fit(*iris)
    with pytest.raises(ValueError, match="the build function made with sizes"):
        estimator.set_params(sizes={"units": np.array([5])}).partial_fit(*iris)
