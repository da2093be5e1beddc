"""What the stages before leave to be learned."""

from dataclasses import replace

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator

from skopt_nn.fusion.serial._stage_weights import (
    SoFar,
    boosted_weights,
    boosting,
    line_search,
    summed,
)

# Losses of scikit-learn's and our regressors.
_OF_POSITIVE = ("poisson", "gamma")


def check_stages(before, problem):
    """Raise unless the stages before were fitted to the classes of the problem."""
    if not np.array_equal(before.classes, problem.classes):
        kind = "regressor" if problem.classes is None else "classifier"
        own, theirs = map(_listed, (problem.classes, before.classes))
        raise ValueError(
            f"This stage holds a {kind} of the classes {own}, the stages before "
            f"were fitted to {theirs}. All members of a serial fusion are "
            "classifiers of the same classes, or all regressors."
        )


def check_learns_residuals(*estimators):
    """Raise if regressors take no negative y, such as what stages before leave."""
    for estimator in filter(is_regressor, estimators):
        loss = getattr(estimator, "loss", None)
        if loss in _OF_POSITIVE:
            raise ValueError(
                f"loss={loss!r} takes no negative y, and a stage behind others learns "
                f"what they leave, of either sign; got {estimator!r}. Let it be the "
                'first stage, or use loss="squared_error".'
            )


def starts_from_scores(estimator):
    """Whether a stage may train it on from what those before it say."""
    frozen = isinstance(estimator, FrozenEstimator)
    watches_loss = getattr(estimator, "scoring", "loss") == "loss"
    can = is_classifier(estimator) and hasattr(estimator, "fit_offset")
    return can and watches_loss and not frozen


def left_by(before, problem, *, adds, rate):
    """Return the problem of a stage: residuals, offsets of logits, or other weights.

    Parameters
    ----------
    before : StageOutput
    problem : Problem
    adds : bool
        Whether the stage gives logits that are added to those before.
    rate : float
        Its learning rate.

    Returns
    -------
    problem : Problem
    """
    rows, rates = problem.counted, before.learning_rates
    scores, y, weight = before.scores[rows], problem.y[rows], problem.weights[rows]
    if problem.classes is None:
        steps = line_search(scores, y, weight, rates)
        said = summed(before.scores, steps, rates).reshape(problem.y.shape)
        return replace(problem, y=problem.y - rate * said)
    known = problem.classes, weight, rates, before.in_logits
    weights, exponent = boosting(scores, y, *known)
    if adds:
        so_far = SoFar.of(before.scores, weights, before.in_logits, rates)
        return replace(problem, offsets=rate * so_far.logits())
    boosted = np.zeros(len(problem))
    boosted[rows] = boosted_weights(weight, rate * exponent)
    return replace(problem, sample_weight=boosted)


def _listed(classes):
    return None if classes is None else classes.tolist()
