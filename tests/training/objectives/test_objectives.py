"""An objective from outside of the package: a function and what it is compared with."""

from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import training
from skopt_nn._backend import keras
from skopt_nn.training.objectives import Objective
from tests.doubles import draw

ops = keras.ops
N_ROWS = 50


def pinball(logits, targets, settings):
    """Quantile loss; each row has a price, and each output of it a value."""
    values, price = targets
    quantile = settings["quantile"]
    error = values - logits
    losses = ops.maximum(quantile * error, (quantile - 1) * error)
    return price * ops.mean(losses, axis=-1)


VALUES, PRICE = draw((N_ROWS, 3)), np.abs(draw(N_ROWS, seed=1))
WEIGHTS = np.float32(0.5 + np.arange(N_ROWS) % 3)


def examples(quantile=0.9):
    objective = Objective(pinball, (VALUES, PRICE), {"quantile": quantile})
    rows = training.ArrayRows(draw((N_ROWS, 64), seed=2))
    return training.Examples(rows, objective, WEIGHTS)


def pinball_by_hand(logits, quantile):
    error = VALUES - logits
    return PRICE * np.maximum(quantile * error, (quantile - 1) * error).mean(axis=1)


@pytest.fixture(scope="module")
def linear(build):
    return lambda: build(filters=(), dense_units=(), n_outputs=3)


@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_loss_and_gradient_of_a_step_are_those_of_the_formula(linear, train, quantile):
    model = linear()
    kernel, bias = model.get_layer("logits").get_weights()
    X = (draw((N_ROWS, 64), seed=2) - 4.9) / 6.0
    logits = X @ kernel + bias
    whole = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": None}
    outcome = train(model, examples(quantile), **whole)
    expected = np.average(pinball_by_hand(logits, quantile), weights=WEIGHTS)
    assert outcome.history["loss"] == [pytest.approx(expected, rel=1e-4)]
    slope = np.where(logits < VALUES, -quantile, 1 - quantile) / 3
    slope *= (PRICE * WEIGHTS / WEIGHTS.sum())[:, None]
    found = model.get_layer("logits").get_weights()
    expected = [kernel - 0.1 * X.T @ slope, bias - 0.1 * slope.sum(axis=0)]
    for one, other in zip(found, expected):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_it_is_watched_on_held_out_rows_as_well(linear, train):
    held_out = examples().view(np.arange(10))
    model = linear()
    outcome = train(model, examples(), learning_rate=1e-12, validation=held_out)
    logits = training.Predictor(model)(draw((N_ROWS, 64), seed=2))
    losses = pinball_by_hand(logits, 0.9)[:10]
    expected = np.average(losses, weights=WEIGHTS[:10])
    assert outcome.history["val_loss"] == [pytest.approx(expected, rel=1e-4)]


def test_it_is_learned(build, train):
    losses = train(build(n_outputs=3), examples(), epochs=5).history["loss"]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.jax_only
def test_another_value_of_its_settings_compiles_nothing(linear, train):
    train(linear(), examples(0.2))
    before = training.cache_info().compilations
    train(linear(), examples(0.3))
    assert training.cache_info().compilations == before


def test_rows_take_their_targets_along():
    objective = examples().objective
    taken = objective.take(np.array([4, 1, 4]))
    np.testing.assert_array_equal(taken.targets[0], VALUES[[4, 1, 4]])
    np.testing.assert_array_equal(taken.targets[1], PRICE[[4, 1, 4]])
    assert taken == replace(objective, targets=taken.targets)
