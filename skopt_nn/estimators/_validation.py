"""Rows to validate on: given or held out, and what is watched on them."""

import math

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names

from skopt_nn._fitting import bare_copy
from skopt_nn.training.hooks import Hook


def check_scoring(scoring):
    """A scorer of scikit-learn by its name, or a function; None for the loss."""
    if scoring == "loss":
        return None
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        raise ValueError(
            'scoring must be "loss", one of sklearn.metrics.get_scorer_names() or a '
            f"function scorer(estimator, X, y), got {scoring!r}."
        )
    return get_scorer(scoring)


def on_both_sides(labels, share):
    """Labels, if each of them can be among the rows held out and the others, too."""
    if labels is None:
        return None
    counts = np.unique_counts(labels).counts
    n_held_out = int(share * len(labels))
    least = min(n_held_out, len(labels) - n_held_out)
    return labels if counts.min() > 1 and least >= len(counts) else None


class Score(Hook):
    """Logs a score of the rows held out as ``"val_score"``.

    Parameters
    ----------
    estimator : NeuralEstimator
        The one that is fitted.
    examples : Examples
    """

    def __init__(self, estimator, examples):
        self._estimator = estimator
        self._scorer = check_scoring(estimator.scoring)
        self._X = examples.rows.take(np.arange(len(examples)))
        self._y = estimator._decode_y(examples.objective.targets[0])
        weights = examples.score_weights
        self._weights = {}
        if isinstance(estimator.scoring, str) and np.ptp(weights) > 0:
            self._weights = {"sample_weight": weights}

    def __call__(self, fitted):
        """The score of a fitted estimator."""
        fitted = fitted._of_rows()
        return float(self._scorer(fitted, self._X, self._y, **self._weights))

    def begin(self, run):
        """Score the network as it is, so that a scorer that cannot says so now."""
        if not isinstance(self._estimator.scoring, str):
            return
        try:
            score = self._score_of(run)
        except (TypeError, ValueError) as err:
            raise ValueError(
                f"scoring={self._estimator.scoring!r} cannot judge the rows held out: "
                f'{err} Choose a scorer for this y, such as "accuracy", "roc_auc_ovr" '
                'or "r2", or give rows of all classes as X_val, y_val.'
            ) from err
        if not math.isfinite(score):
            raise ValueError(
                f"scoring={self._estimator.scoring!r} cannot judge the rows held out: "
                f"it gives {score} for {len(self._y)} of them. Give more rows, and of "
                "all classes, as X_val, y_val, or another scoring."
            )

    def end_epoch(self, run):
        run.log("val_score", self._score_of(run))

    def _score_of(self, run):
        return self(bare_copy(self._estimator, self._estimator._so_far(run)))


def measures(estimator, examples):
    """The hook that scores, if there is a score to be watched."""
    if examples is None or estimator.scoring == "loss":
        return []
    return [Score(estimator, examples)]
