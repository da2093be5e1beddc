"""Losses of regressions, against numpy and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import (
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
)

from skopt_nn.training import objectives
from tests.doubles import losses_of

rng = np.random.default_rng(0)
LOGITS = rng.normal(size=(40, 2)).astype(np.float32)
VALUES = np.exp(rng.normal(size=(40, 2))).astype(np.float32)


def rows_of(loss, **settings):
    return losses_of(loss, LOGITS, (VALUES,), settings)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_pinball_loss_is_that_of_scikit_learn(quantile):
    mean = rows_of(objectives.quantile_error, quantile=quantile).mean()
    assert mean == pytest.approx(mean_pinball_loss(VALUES, LOGITS, alpha=quantile))


def test_the_absolute_error_is_twice_the_pinball_loss_of_the_median():
    median = rows_of(objectives.quantile_error, quantile=0.5)
    np.testing.assert_allclose(
        rows_of(objectives.absolute_error), 2 * median, rtol=1e-6
    )


def test_the_huber_loss_is_squared_near_and_linear_far():
    error, delta = np.abs(LOGITS - VALUES), 1.345
    near, far = error**2 / 2, delta * (error - delta / 2)
    expected = np.where(error <= delta, near, far).mean(axis=1)
    assert (error > delta).any()
    assert (error < delta).any()
    np.testing.assert_allclose(rows_of(objectives.huber_error), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "deviance"),
    [
        (objectives.poisson_deviance, mean_poisson_deviance),
        (objectives.gamma_deviance, mean_gamma_deviance),
    ],
)
def test_deviances_are_half_of_scikit_learns_but_for_what_y_alone_tells(loss, deviance):
    """So that the difference of two predictions is that of their deviances."""
    predicted = np.exp(LOGITS[:, 0])
    y = VALUES[:, 0]
    other = np.full_like(LOGITS, 0.3)

    def of(logits):
        return losses_of(loss, logits[:, :1], (VALUES[:, :1],), {}).mean()

    expected = deviance(y, predicted) - deviance(y, np.exp(other[:, 0]))
    assert 2 * (of(LOGITS) - of(other)) == pytest.approx(expected, rel=1e-4)
