"""Thresholds of a cascade, held against all that there are."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skopt_nn.fusion._thresholds import Walk, exits_at, least_time


def walk(n_members, costs, seed=0, n_samples=12, row_weight=None):
    """A few rows; members that come later are right more often."""
    rng = np.random.default_rng(seed)
    confidence = rng.choice(np.linspace(0.3, 1, 8), size=(n_samples, n_members))
    share = np.linspace(0.6, 0.9, n_members)
    is_right = rng.uniform(size=confidence.shape) < share * confidence**0.3
    weight = np.ones(n_samples) if row_weight is None else row_weight
    return Walk(confidence, is_right, np.array(costs, dtype=float), weight)


def least_of_all(walk, least):
    """The least time of all thresholds, one by one."""
    values = [[*np.unique(column), np.inf] for column in walk.confidence[:, :-1].T]
    measured = map(walk.measure, product(*values))
    return min(time for score, time in measured if score >= least - 1e-9)


def test_a_row_leaves_at_the_first_member_that_is_sure_enough():
    confidence = np.array([[0.9, 0.1, 0.1], [0.5, 0.7, 0.1], [0.5, 0.6, 0.1]])
    assert_array_equal(exits_at(confidence, [0.9, 0.7]), [0, 1, 2])


def test_score_and_time_are_weighted_means_at_the_exits():
    weight = np.array([1.0, 3.0])
    rows = Walk(
        np.array([[0.9, 0.5], [0.4, 0.5]]),
        np.array([[True, False], [True, False]]),
        np.array([1.0, 10.0]),
        weight,
    )
    assert rows.measure([0.5]) == pytest.approx((0.25, 0.25 * 1 + 0.75 * 11))


@pytest.mark.parametrize("lost", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_of_two_members_takes_less_time(seed, lost):
    rows = walk(2, [1, 10], seed)
    least = rows.measure([np.inf])[0] - lost
    score, time = rows.measure(least_time(rows, least))
    assert score >= least - 1e-9
    assert time == pytest.approx(least_of_all(rows, least))


@pytest.mark.parametrize("seed", range(5))
def test_no_thresholds_of_three_members_take_less_time(seed):
    """Of these; in general there may be some."""
    rows = walk(3, [1, 3, 10], seed)
    least = rows.measure([np.inf, np.inf])[0]
    score, time = rows.measure(least_time(rows, least))
    assert score >= least - 1e-9
    assert time == pytest.approx(least_of_all(rows, least))


def test_thresholds_of_two_members_are_the_same_whatever_they_cost():
    found = [least_time(walk(2, costs), 0.7) for costs in ([1, 2], [5, 1], [1, 1e6])]
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])


def test_nobody_leaves_a_member_that_is_always_wrong():
    rows = walk(2, [1, 10])
    rows.right[:, 0], rows.right[:, 1] = 0, rows.share
    assert_array_equal(least_time(rows, 1.0), [np.inf])


def test_many_members_are_tried_in_time():
    rows = walk(14, np.arange(1, 15), n_samples=50)
    least = rows.measure(np.full(13, np.inf))[0]
    assert rows.measure(least_time(rows, least))[0] >= least - 1e-9


def test_a_row_of_weight_two_is_two_rows():
    twice = np.where(np.arange(12) % 3, 1, 2)
    weighted = walk(2, [1, 10], row_weight=twice)
    once = walk(2, [1, 10])
    repeated = Walk(
        once.confidence.repeat(twice, axis=0),
        (once.right > 0).repeat(twice, axis=0),
        np.array([1.0, 10.0]),
        np.ones(twice.sum()),
    )
    assert_array_equal(least_time(weighted, 0.7), least_time(repeated, 0.7))
