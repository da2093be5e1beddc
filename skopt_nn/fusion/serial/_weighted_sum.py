"""The end of a serial fusion: the weighted sum of what its stages say."""

from typing import Any

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MultiOutputMixin,
    RegressorMixin,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import FieldConstraints, fit_context
from skopt_nn._parameters import parameter, parameters
from skopt_nn.fusion._cross_fit import fit_task
from skopt_nn.fusion._members import check_sum_weights
from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.serial._stage_output import StageOutput
from skopt_nn.fusion.serial._stage_weights import SoFar, boosting, line_search, summed


@parameters
class _WeightedSum(CallbackSupportMixin, BaseEstimator):
    """What both sums share: reading scores, and one weight a stage.

    Callbacks find nothing to do, and no reason to warn that they are not supported.
    """

    weights: Any = parameter(None, ["array-like", None], kw_only=False)

    _parameter_constraints = FieldConstraints()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        # A StageOutput's X is never read, so that sparse stages can come before.
        tags.input_tags.sparse = True
        return tags

    def _scores(self, X):
        if not isinstance(X, StageOutput) and np.ndim(X) != 3:
            raise TypeError(
                f"{type(self).__name__} sums scores of shape (n_samples, n_stages, "
                f"n_scores), got {type(X).__name__} of shape {np.shape(X)}. Put it "
                "behind SerialStage steps in a Pipeline, as make_serial_fusion does."
            )
        scores = X.scores if isinstance(X, StageOutput) else X
        return check_array(scores, allow_nd=True, dtype=[np.float64, np.float32])

    def _find_weights(self, X, problem):
        """Return the weights given, or the best ones for the scores in ``problem``."""
        n_stages = problem.X.shape[1]
        if self.weights is not None:
            return check_sum_weights(self.weights, n_stages, "stages")
        part = problem.take(problem.counted)
        return self._best_weights(part, _rates(X), _in_logits(X))

    def _scores_of_stages(self, X):
        check_is_fitted(self)
        scores = self._scores(X)
        if scores.shape[1] != len(self.stage_weights_):
            raise ValueError(
                f"X has {scores.shape[1]} stages, but {type(self).__name__} was "
                f"fitted with {len(self.stage_weights_)}."
            )
        return scores


class WeightedSumClassifier(ClassifierMixin, _WeightedSum):
    """Classify by the weighted sum of the class probabilities of serial stages.

    Parameters
    ----------
    weights : array-like of shape (n_stages,), default=None
        Weights of the stages, not negative. None computes SAMME's stage weights [1]_
        of votes and the best steps of logits from the out-of-fold scores and y; where
        no vote is better than chance, all votes count alike. Logits that bring no
        smaller loss get 0, and leave what was said before as it is.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    stage_weights_ : ndarray of shape (n_stages,)
        The weights, given or computed, as they are before they are normalised.

    See Also
    --------
    SerialStage : The steps before it, and the formulas.
    make_serial_fusion : The whole pipeline from members.

    Notes
    -----
    Beside what a stage hands on, X may be a plain array of scores of shape
    (n_samples, n_stages, n_classes); a 2-D array is refused. Probabilities are
    summed, not votes: SAMME.R's real-valued scores are another algorithm.

    References
    ----------
    .. [1] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and
       Its Interface 2(3), 349-360, 2009. doi:10.4310/SII.2009.v2.n3.a8

    Examples
    --------
    Two stages, three rows; the first stage is right on all of them:

    >>> from skopt_nn import WeightedSumClassifier
    >>> scores = [[[0.9, 0.1], [0.6, 0.4]],
    ...           [[0.8, 0.2], [0.3, 0.7]],
    ...           [[0.1, 0.9], [0.2, 0.8]]]
    >>> fused = WeightedSumClassifier().fit(scores, ["cat", "cat", "dog"])
    >>> fused.stage_weights_.round(2)
    array([1.61, 0.69])
    >>> fused.predict(scores)
    array(['cat', 'cat', 'dog'], dtype='<U3')
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Find the weights of the stages.

        Parameters
        ----------
        X : StageOutput or array-like of shape (n_samples, n_stages, n_classes)
            Class probabilities of the stages on rows they did not train on.
        y : array-like of shape (n_samples,)
            The labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in SAMME's errors.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For X without scores, such as plain samples.
        ValueError
            For X or y of other stages or classes, or ``weights`` that do not fit.
        """
        with fit_task(self._init_callback_context(), self, X, y):
            problem = Problem.of_labels(self._scores(X), y, sample_weight)
            self._check_classes(X, problem)
            weights = self._find_weights(X, problem)
            self.classes_, self.stage_weights_ = problem.classes, weights
        return self

    def predict_proba(self, X):
        """Return the weighted mean of the stages' class probabilities.

        Parameters
        ----------
        X : StageOutput or array-like of shape (n_samples, n_stages, n_classes)
            Class probabilities of the stages.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        scores, weights = self._scores_of_stages(X), self.stage_weights_
        return SoFar.of(scores, weights, _in_logits(X), _rates(X)).probabilities()

    def predict(self, X):
        """Return the label of the largest sum.

        Parameters
        ----------
        X : StageOutput or array-like of shape (n_samples, n_stages, n_classes)
            Class probabilities of the stages.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @staticmethod
    def _check_classes(X, problem):
        classes, known = problem.classes, getattr(X, "classes", None)
        if known is not None and not np.array_equal(known, classes):
            raise ValueError(
                f"y has the classes {classes.tolist()}, the stages were fitted to "
                f"{known.tolist()}. Fit the pipeline as a whole."
            )
        n_scores = problem.X.shape[2]
        if n_scores != len(classes):
            raise ValueError(
                f"X has {n_scores} scores a stage, y has {len(classes)} classes."
            )

    @staticmethod
    def _best_weights(part, rates, in_logits):
        known = part.classes, part.weights
        weights, _ = boosting(part.X, part.y, *known, rates, in_logits)
        votes = ~np.array(in_logits)
        if not weights[votes].any():
            weights[votes] = 1
        return weights


class WeightedSumRegressor(RegressorMixin, MultiOutputMixin, _WeightedSum):
    """Predict the weighted sum of the terms of serial stages.

    Parameters
    ----------
    weights : array-like of shape (n_stages,), default=None
        Weights of the stages, not negative. None gives the first stage 1 and finds
        those of the others by line search on the out-of-fold scores [1]_; one that
        brings no smaller error gets 0.

    Attributes
    ----------
    stage_weights_ : ndarray of shape (n_stages,)
        The weights.

    See Also
    --------
    SerialStage : The steps before it, and the formulas.
    make_serial_fusion : The whole pipeline from members.

    References
    ----------
    .. [1] J. H. Friedman, "Greedy function approximation: a gradient boosting
       machine", Annals of Statistics 29(5), 1189-1232, 2001.
       doi:10.1214/aos/1013203451

    Examples
    --------
    >>> from skopt_nn import WeightedSumRegressor
    >>> terms = [[[3.0], [0.5]], [[1.0], [-0.25]]]
    >>> fused = WeightedSumRegressor().fit(terms, [3.4, 0.8])
    >>> fused.stage_weights_.round(2)
    array([1. , 0.8])
    >>> fused.predict(terms).round(2)
    array([3.4, 0.8])
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Find the weights of the stages.

        Parameters
        ----------
        X : StageOutput or array-like of shape (n_samples, n_stages, n_outputs)
            The terms that the stages predict.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the line search.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For X without scores, such as plain samples.
        ValueError
            For y of other outputs than X, or ``weights`` that do not fit.
        """
        with fit_task(self._init_callback_context(), self, X, y):
            problem = Problem.of_values(self._scores(X), y, sample_weight)
            n_outputs = problem.X.shape[2]
            if problem.y.size != len(problem) * n_outputs:
                raise ValueError(
                    f"X has {n_outputs} terms a stage, y has the shape "
                    f"{problem.y.shape}."
                )
            self.stage_weights_ = self._find_weights(X, problem)
            self._y_shape = problem.y.shape[1:]
        return self

    def predict(self, X):
        """Return the weighted sum.

        Parameters
        ----------
        X : StageOutput or array-like of shape (n_samples, n_stages, n_outputs)
            The terms that the stages predict.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        scores = self._scores_of_stages(X)
        total = summed(scores, self.stage_weights_, _rates(X))
        return total.reshape(len(total), *self._y_shape)

    @staticmethod
    def _best_weights(part, rates, in_logits):
        return line_search(part.X, part.y, part.weights, rates)


def _in_logits(X):
    """Whether each stage gives logits to add; those of a plain array vote."""
    return X.in_logits if isinstance(X, StageOutput) else (False,) * np.shape(X)[1]


def _rates(X):
    """The learning rate of each stage; 1 for those of a plain array."""
    return X.learning_rates if isinstance(X, StageOutput) else (1.0,) * np.shape(X)[1]
