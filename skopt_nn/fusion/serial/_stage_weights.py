"""Weights of serial stages, computed anew from their scores and y."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax

from skopt_nn._probabilities import floored

MOST_STEP = 4.0


def boosted_weights(sample_weight, exponent):
    """Return ``sample_weight * exp(exponent)``, scaled back to the sum it had.

    The sum stays so that boosting changes no member's balance of loss and penalty.
    """
    largest = exponent.max(initial=0)
    boosted = sample_weight * np.exp(exponent - largest)
    return boosted * (sample_weight.sum() / boosted.sum())


def stage_weight(missed, sample_weight, n_classes):
    """Return SAMME's weight of a stage, at least 0 and finite.

    An error of 0 or 1 is taken for half of the lightest row away from it.
    """
    share = sample_weight / sample_weight.sum()
    floor = share.min() / 2
    error = np.clip(share[missed].sum(), floor, 1 - floor)
    weight = np.log((1 - error) / error) + np.log(max(n_classes - 1, 1))
    return max(weight, 0.0)


class SoFar:
    """What the stages so far say together.

    Votes are summed with their weights. Logits are added to a share of the logarithm of
    that sum, which is one vote from then on, of the weight of all that are in it; those
    of no weight leave it as it is.

    Attributes
    ----------
    votes : list of ndarray of shape (n_samples, n_classes)
    shares : list of float
    """

    def __init__(self):
        self.votes, self.shares = [], []

    @classmethod
    def of(cls, scores, weights, in_logits, rates):
        """Read all stages of scores of shape (n_samples, n_stages, n_classes)."""
        so_far = cls()
        for stage in zip(scores.swapaxes(0, 1), weights, in_logits, rates):
            so_far.hear(*stage)
        return so_far

    def hear(self, said, weight, is_added, rate):
        if not is_added:
            self.votes.append(said)
            self.shares.append(weight)
        elif weight:
            proba = softmax(rate * self.logits() + weight * said, axis=1)
            self.votes, self.shares = [proba], [sum(self.shares)]

    def probabilities(self):
        """Return the weighted mean; the mean, where no vote has a weight."""
        shares = np.array(
            self.shares if any(self.shares) else np.ones_like(self.shares)
        )
        total = np.tensordot(shares, self.votes, 1)
        return total / total.sum(axis=1, keepdims=True)

    def logits(self):
        proba = self.probabilities()
        return np.log(floored(proba, proba.shape[1]))


def boosting(scores, y, classes, sample_weight, learning_rates, in_logits):
    """Return the weights of the stages and, a row, the sum of those that missed it.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_stages, n_classes)
        Class scores, stage by stage.
    y : ndarray of shape (n_samples,)
        The labels.
    classes : ndarray of shape (n_classes,)
        The label that each class score stands for.
    sample_weight : ndarray of shape (n_samples,)
        The user's weights, none of them zero.
    learning_rates : sequence of float
        Exponent on the boosting weights that each stage trained with or, of a stage in
        logit space, the share of the scores so far that it started from.
    in_logits : sequence of bool
        Whether a stage gives logits to add, and not votes.

    Returns
    -------
    weights : ndarray of shape (n_stages,)
        SAMME's weights of votes, steps of logits.
    exponent : ndarray of shape (n_samples,)
        A next stage trains on ``boosted_weights(sample_weight, rate * exponent)``.
    """
    codes, so_far = np.searchsorted(classes, y), SoFar()
    weights, exponent = np.zeros(scores.shape[1]), np.zeros(len(scores))
    for stage, (rate, is_added) in enumerate(zip(learning_rates, in_logits)):
        said = scores[:, stage]
        if is_added:
            before = so_far.logits()
            weights[stage] = step_of(before, said, codes, sample_weight, rate)
            so_far.hear(said, weights[stage], is_added, rate)
            missed = so_far.probabilities().argmax(axis=1) != codes
            exponent = so_far.shares[0] * missed
        else:
            missed = said.argmax(axis=1) != codes
            seen = boosted_weights(sample_weight, rate * exponent)
            weights[stage] = stage_weight(missed, seen, scores.shape[2])
            so_far.hear(said, weights[stage], is_added, rate)
            exponent = exponent + weights[stage] * missed
    return weights, exponent


def step_of(before, said, codes, sample_weight, rate):
    """Return the best step from a share of what was said before; 0 if that said more.

    Between the loss of both it is decided on these rows, which neither has seen.
    """
    step = best_step(rate * before, said, codes, sample_weight)
    rows = np.arange(len(codes))

    def loss(logits):
        return -sample_weight @ log_softmax(logits, axis=1)[rows, codes]

    return step if loss(rate * before + step * said) < loss(before) else 0.0


def best_step(before, said, codes, sample_weight):
    """Return how much of the logits to add for the least log-loss, in [0, 4]."""
    rows = np.arange(len(codes))

    def slope(step):
        left = softmax(before + step * said, axis=1)
        left[rows, codes] -= 1
        return sample_weight @ np.sum(left * said, axis=1)

    if slope(0) >= 0:
        return 0.0
    return MOST_STEP if slope(MOST_STEP) <= 0 else brentq(slope, 0, MOST_STEP)


def summed(scores, weights, rates):
    """Return the sum of regression stages, of shape (n_samples, n_outputs).

    A stage of some weight leaves those before it the share that it started from.
    """
    total = weights[0] * scores[:, 0]
    for stage in range(1, len(weights)):
        if weights[stage]:
            total = rates[stage] * total + weights[stage] * scores[:, stage]
    return total


def line_search(scores, y, sample_weight, learning_rates):
    """Return the weights of regression stages: 1, then the best steps one by one.

    A stage that brings no smaller squared error than those before it weighs 0.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_stages, n_outputs)
        Predictions of y by the first stage, of what is left of it by the others.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The target.
    sample_weight : ndarray of shape (n_samples,)
        The user's weights.
    learning_rates : sequence of float
        Share of what was said before that each stage after the first started from.

    Returns
    -------
    weights : ndarray of shape (n_stages,)
    """
    weights = np.zeros(scores.shape[1])
    weights[0] = 1.0
    weight, y = sample_weight[:, np.newaxis], y.reshape(len(y), -1)
    said = scores[:, 0]
    for stage in range(1, len(weights)):
        rate, term = learning_rates[stage], scores[:, stage]
        left, norm = y - rate * said, np.sum(weight * term**2)
        step = max(np.sum(weight * term * left) / norm, 0.0) if norm > 0 else 0.0
        error = np.sum(weight * (left - step * term) ** 2)
        if error < np.sum(weight * (y - said) ** 2):
            weights[stage] = step
            said = summed(scores, weights, learning_rates)
    return weights
