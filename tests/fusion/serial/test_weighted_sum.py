"""What the end of a serial fusion makes of its stages."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from skopt_nn import (
    WeightedSumClassifier,
    WeightedSumRegressor,
    make_serial_fusion,
)
from tests.doubles import handed_on, one_hot

y10 = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])


def test_stage_weights_are_finite_for_a_perfect_stage_and_zero_for_a_useless_one():
    wrong = one_hot((y10 + 1) % 3)
    scores = np.stack([one_hot(y10), wrong], axis=1)
    weights = WeightedSumClassifier().fit(handed_on(scores, (1, 1)), y10).stage_weights_
    assert_allclose(weights, [np.log(19) + np.log(2), 0.0])


def test_stages_that_are_all_useless_count_alike():
    scores = np.stack([one_hot((y10 + 1) % 3)] * 2, axis=1)
    end = WeightedSumClassifier().fit(handed_on(scores, (1, 1)), y10)
    assert_array_equal(end.stage_weights_, [1, 1])


# -- errors -------------------------------------------------------------------------


def test_a_weighted_sum_refuses_plain_samples(iris):
    for end in (WeightedSumClassifier(), WeightedSumRegressor()):
        with pytest.raises(TypeError, match=r"shape \(150, 4\).*SerialStage"):
            end.fit(*iris)


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ([1, 2, 3], "got 3 weights, 2 stages"),
        ([1, -1], r"got \[1.0, -1.0\]"),
        ([0, 0], "one at least positive"),
        ([1, np.nan], "finite"),
    ],
)
def test_weights_that_do_not_fit_the_stages(iris, weights, text):
    steps = make_serial_fusion(GaussianNB(), GaussianNB(), cv=None).steps
    pipe = Pipeline([*steps[:-1], ("sum", WeightedSumClassifier(weights))])
    with pytest.raises(ValueError, match=text):
        pipe.fit(*iris)


def test_other_numbers_of_stages_at_predict_are_refused(iris):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 1 stages, but .* fitted with 2"):
        fusion[-1].predict(fusion[0].transform(X))
