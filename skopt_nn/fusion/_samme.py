"""SAMME's numbers, computed anew from the scores of the stages and the labels."""

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
