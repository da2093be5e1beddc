import numpy as np
import pytest

from skopt_nn._probabilities import expected_calibration_error, reliability


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=500)
    return rng.uniform(size=500) < confidence**2, confidence


def test_the_error_is_the_mean_distance_of_confidence_and_accuracy(drawn):
    right, confidence = drawn
    expected = 0
    for low in np.arange(15) / 15:
        rows = (confidence >= low) & (confidence < low + 1 / 15)
        if rows.any():
            gap = abs(right[rows].mean() - confidence[rows].mean())
            expected += rows.mean() * gap
    assert expected_calibration_error(right, confidence) == pytest.approx(expected)
    assert expected > 0.1


def test_who_is_as_sure_as_right_has_no_error():
    right = np.array([True, True, True, False])
    assert expected_calibration_error(right, np.full(4, 0.75)) == 0
    assert expected_calibration_error(right[:3], np.ones(3)) == 0


def test_a_row_counts_as_often_as_it_weighs(drawn):
    right, confidence = drawn
    weight = np.arange(500) % 3
    repeated = np.repeat(right, weight), np.repeat(confidence, weight)
    for found, expected in zip(
        reliability(right, confidence, weight), reliability(*repeated)
    ):
        np.testing.assert_allclose(found, expected)
