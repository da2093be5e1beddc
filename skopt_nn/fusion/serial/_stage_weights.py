"""Weights of serial stages, computed anew from their scores and y."""

import numpy as np


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


def samme(scores, y, classes, sample_weight, learning_rates):
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
        Exponent on the boosting weights that each stage trained with.

    Returns
    -------
    weights : ndarray of shape (n_stages,)
    exponent : ndarray of shape (n_samples,)
        A next stage trains on ``boosted_weights(sample_weight, rate * exponent)``.
    """
    missed = classes[scores.argmax(axis=2)] != y[:, np.newaxis]
    weights, exponent = np.zeros(scores.shape[1]), np.zeros(len(scores))
    for stage, rate in enumerate(learning_rates):
        seen = boosted_weights(sample_weight, rate * exponent)
        weights[stage] = stage_weight(missed[:, stage], seen, scores.shape[2])
        exponent += weights[stage] * missed[:, stage]
    return weights, exponent


def line_search(scores, y, sample_weight, learning_rates):
    """Return the weights of regression stages: 1, then the best steps one by one.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_stages, n_outputs)
        Predictions of y by the first stage, of what is left of it by the others.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The target.
    sample_weight : ndarray of shape (n_samples,)
        The user's weights.
    learning_rates : sequence of float
        Share of the best step that each stage after the first takes.

    Returns
    -------
    weights : ndarray of shape (n_stages,)
    """
    weights = np.ones(scores.shape[1])
    weight = sample_weight[:, np.newaxis]
    left = y.reshape(len(y), -1) - scores[:, 0]
    for stage in range(1, len(weights)):
        term = scores[:, stage]
        norm = np.sum(weight * term**2)
        step = np.sum(weight * term * left) / norm if norm > 0 else 0.0
        weights[stage] = learning_rates[stage] * max(step, 0.0)
        left = left - weights[stage] * term
    return weights
