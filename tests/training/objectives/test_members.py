"""The loss of members against numpy, and what they are judged by together."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from skopt_nn import training
from skopt_nn.training import objectives
from skopt_nn.training.objectives import Objective, distilled, of_members, of_prediction
from tests.doubles import build, draw, losses_of

LOGITS = draw((6, 3, 4))
LABELS = np.arange(6, dtype=np.int32) % 4
INDICATORS = np.float32(draw((6, 4), seed=1) > 0)
POSITIVE = np.abs(draw((6, 4), seed=2)) + 0.1
SETTINGS = {"label_smoothing": np.float32(0.0), "quantile": np.float32(0.3)}
TARGETS = {
    "cross_entropy": LABELS,
    "binary_cross_entropy": INDICATORS,
    "squared_error": draw((6, 4), seed=3),
    "quantile_error": draw((6, 4), seed=3),
    "poisson_deviance": POSITIVE,
    "gamma_deviance": POSITIVE,
}
TOGETHER = {
    "cross_entropy": lambda z: np.log(softmax(z, axis=2).mean(axis=1)),
    "binary_cross_entropy": lambda z: _logit(expit(z).mean(axis=1)),
    "poisson_deviance": lambda z: np.log(np.exp(z).mean(axis=1)),
    "gamma_deviance": lambda z: np.log(np.exp(z).mean(axis=1)),
}
EACH_LOSS = pytest.mark.parametrize("name", TARGETS)


def _logit(p):
    return np.log(p) - np.log1p(-p)


@EACH_LOSS
def test_loss_is_the_mean_of_the_members_losses(name):
    loss, targets = getattr(objectives, name), (TARGETS[name],)
    each = [losses_of(loss, LOGITS[:, i], targets, SETTINGS) for i in range(3)]
    found = losses_of(of_members(loss), LOGITS, targets, SETTINGS)
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=1e-5)


@EACH_LOSS
def test_members_are_judged_by_what_they_predict_together(name):
    loss, targets = getattr(objectives, name), (TARGETS[name],)
    pooled = TOGETHER.get(name, lambda z: z.mean(axis=1))(LOGITS).astype(np.float32)
    found = losses_of(of_prediction(of_members(loss)), LOGITS, targets, SETTINGS)
    expected = losses_of(loss, pooled, targets, SETTINGS)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_other_losses_are_judged_by_themselves():
    assert of_prediction(objectives.squared_error) is objectives.squared_error


def test_members_of_one_loss_share_their_programs():
    assert of_members(objectives.squared_error) == of_members(objectives.squared_error)
    assert of_members(objectives.squared_error) != of_members(objectives.huber_error)


def test_each_member_is_taught_by_soft_targets():
    hard = Objective(objectives.cross_entropy, (LABELS,), {"label_smoothing": 0.0})
    soft, alpha = softmax(draw((6, 4), seed=4), axis=1), np.full(6, 0.5, np.float32)
    one = distilled(hard, soft, alpha, settings={"temperature": 2.0})
    members = Objective(of_members(hard.loss), hard.targets, hard.settings)
    many = distilled(members, soft, alpha, settings={"temperature": 2.0})
    assert many.loss.pooled == members.loss.pooled
    each = [
        losses_of(one.loss, LOGITS[:, i], one.targets, one.settings) for i in range(3)
    ]
    found = losses_of(many.loss, LOGITS, many.targets, many.settings)
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=1e-5)


class Judged:
    """A loss of zero, and of one for rows that are not trained on."""

    def __call__(self, logits, targets, settings):
        return 0 * logits[:, 0]

    def of_prediction(self, logits, targets, settings):
        return 0 * logits[:, 0] + 1


def test_only_rows_that_are_not_trained_on_are_judged(train):
    rows = training.ArrayRows(draw((20, 64)))
    objective = Objective(Judged(), (np.zeros(20, np.float32),), {})
    examples = training.Examples(rows, objective, np.ones(20, np.float32))
    model = build(n_outputs=2, filters=(), dense_units=())
    history = train(model, examples, validation=examples, epochs=2).history
    assert history["loss"] == [0, 0]
    assert history["val_loss"] == [1, 1]
