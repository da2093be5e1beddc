"""Weights of members, held against numpy and against the conditions of an optimum."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skopt_nn.fusion.parallel._weights import (
    convex_weights,
    greedy_weights,
    log_loss,
    squared_error,
    true_class_probabilities,
)

ones = np.ones(40)


@pytest.fixture
def proba():
    """What five members give to the true class, the last one without a clue."""
    rng = np.random.default_rng(0)
    proba = rng.beta([6, 4, 4, 3, 1], [1, 1, 2, 1, 1], size=(40, 5))
    return np.maximum(proba, 1e-3)


@pytest.fixture
def error():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 4)) * [1, 2, 2, 9] + rng.normal(size=(40, 1))


def test_probabilities_of_the_true_class_are_read_and_never_zero():
    scores = [[[0.2, 0.8], [1.0, 0.0]], [[0.5, 0.5], [0.3, 0.7]]]
    said = true_class_probabilities(np.array(scores), np.array([0, 1]))
    assert_allclose(said, [[0.2, 0.5], [np.finfo(float).eps, 0.7]])


def test_greedy_adds_the_member_that_helps_most_each_time(proba):
    weights, path = greedy_weights(proba, ones, log_loss)
    bag = []
    for score in path:
        losses = [-np.log(proba[:, [*bag, m]].mean(axis=1)).mean() for m in range(5)]
        bag.append(int(np.argmin(losses)))
        assert score == pytest.approx(-min(losses))
    best = bag[: int(np.argmax(path)) + 1]
    assert len(path) == 25
    assert_allclose(weights, np.bincount(best, minlength=5) / len(best))


def test_a_tie_goes_to_the_member_that_is_used_already(proba):
    twins = proba[:, [1, 0, 0]]
    weights, _ = greedy_weights(twins[:, ::-1], ones, log_loss)
    assert weights[1] == 0
    assert weights.sum() == pytest.approx(1)


def test_the_best_prefix_of_a_member_without_match_is_that_member():
    error = np.array([[1.0, 5.0], [-1.0, -5.0]])
    weights, path = greedy_weights(error, np.ones(2), squared_error)
    assert_array_equal(weights, [1, 0])
    assert_allclose(path, -1)


@pytest.mark.parametrize("row_weight", [ones, np.arange(40)])
def test_convex_weights_of_probabilities_are_the_optimum(proba, row_weight):
    """No member's slope is below the mean slope: the gap bounds what could be won."""
    weights, _ = convex_weights(proba, row_weight, log_loss)
    share = row_weight / row_weight.sum()
    slope = -(share / (proba @ weights)) @ proba
    assert weights @ slope - slope.min() < 1e-6
    assert weights.min() == 0
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_convex_weights_of_errors_are_the_optimum_in_any_unit(error, scale):
    weights, _ = convex_weights(error * scale, ones, squared_error)
    slope = 2 * error.T @ (error @ weights) / 40
    assert weights @ slope - slope.min() < 1e-5
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)


def test_members_without_an_error_count_alike():
    weights, _ = convex_weights(np.zeros((3, 2)), np.ones(3), squared_error)
    assert_allclose(weights, [0.5, 0.5])


@pytest.mark.parametrize("learn", [greedy_weights, convex_weights])
def test_a_row_of_weight_two_is_two_rows(proba, learn):
    twice = np.where(np.arange(40) % 3, 1, 2)
    weighted, _ = learn(proba, twice, log_loss)
    repeated, _ = learn(proba.repeat(twice, axis=0), np.ones(twice.sum()), log_loss)
    assert_allclose(weighted, repeated, atol=1e-5)


@pytest.mark.parametrize("learn", [greedy_weights, convex_weights])
def test_units_of_y_do_not_change_the_weights(error, learn):
    weights, _ = learn(error, ones, squared_error)
    for unit in (1e-9, 1e9):
        assert_allclose(learn(unit * error, ones, squared_error)[0], weights)


def test_a_member_that_is_far_off_does_not_hide_the_others(error):
    """The weights of the others are those that they have without it."""
    weights, _ = convex_weights(error, ones, squared_error)
    for far in (1e4, 1e6, 1e8):
        with_it = np.column_stack([error, far * np.resize([1, -1], 40)])
        found, _ = convex_weights(with_it, ones, squared_error)
        assert_allclose(found, np.append(weights, 0), atol=1e-4)
        assert found[-1] == 0


def test_a_member_without_error_is_all_that_is_needed(error):
    with_it = np.column_stack([error, np.zeros(40)])
    assert_allclose(convex_weights(with_it, ones, squared_error)[0], [0, 0, 0, 0, 1])
