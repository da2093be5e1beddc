"""The end of a serial fusion: the weighted sum of what its stages say."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MultiOutputMixin,
    RegressorMixin,
    _fit_context,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._checks import (
    check_labels,
    check_sum_weights,
    check_targets,
    check_weights,
)
from skopt_nn.fusion._rows import rows_that_count
from skopt_nn.fusion._stage_output import StageOutput
from skopt_nn.fusion._stage_weights import line_search, samme


class _WeightedSum(CallbackSupportMixin, BaseEstimator):
    """What both sums share: reading scores, and one weight a stage.

    Callbacks find nothing to do, and no reason to warn that they are not supported.
    """

    _parameter_constraints: dict = {"weights": ["array-like", None]}

    def __init__(self, weights=None):
        self.weights = weights

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

    def _sum(self, X):
        check_is_fitted(self)
        scores = self._scores(X)
        if scores.shape[1] != len(self.stage_weights_):
            raise ValueError(
                f"X has {scores.shape[1]} stages, but {type(self).__name__} was "
                f"fitted with {len(self.stage_weights_)}."
            )
        return np.einsum("ijk,j->ik", scores, self.stage_weights_)


class WeightedSumClassifier(ClassifierMixin, _WeightedSum):
    """Classify by the weighted sum of the class probabilities of serial stages.

    Parameters
    ----------
    weights : array-like of shape (n_stages,), default=None
        Weights of the stages, not negative. None computes SAMME's stage weights [1]_
        from the out-of-fold scores and y; where no stage is better than chance, all
        stages count alike.

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

    @_fit_context(prefer_skip_nested_validation=True)
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
        """
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        scores, y = self._scores(X), check_labels(y)
        check_consistent_length(scores, y)
        sample_weight = check_weights(sample_weight, y)
        rows = rows_that_count(y, sample_weight)
        classes = np.unique(y[rows])
        self._check_classes(X, scores, classes)
        if self.weights is not None:
            weights = check_sum_weights(self.weights, scores.shape[1], "stages")
        else:
            counted = np.ones(len(y)) if sample_weight is None else sample_weight[rows]
            rates = getattr(X, "learning_rates", np.ones(scores.shape[1]))
            weights, _ = samme(scores[rows], y[rows], classes, counted, rates)
            weights = weights if weights.any() else np.ones(len(weights))
        self.classes_, self.stage_weights_ = classes, weights
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
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
        total = self._sum(X)
        return total / total.sum(axis=1, keepdims=True)

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
        total = self._sum(X)
        return self.classes_[total.argmax(axis=1)]

    def _check_classes(self, X, scores, classes):
        known = getattr(X, "classes", None)
        if known is not None and not np.array_equal(known, classes):
            raise ValueError(
                f"y has the classes {classes.tolist()}, the stages were fitted to "
                f"{known.tolist()}. Fit the pipeline as a whole."
            )
        if scores.shape[2] != len(classes):
            raise ValueError(
                f"X has {scores.shape[2]} scores a stage, y has {len(classes)} classes."
            )


class WeightedSumRegressor(RegressorMixin, MultiOutputMixin, _WeightedSum):
    """Predict the weighted sum of the terms of serial stages.

    Parameters
    ----------
    weights : array-like of shape (n_stages,), default=None
        Weights of the stages, not negative. None gives the first stage 1 and finds
        those of the others by line search on the out-of-fold scores [1]_.

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

    @_fit_context(prefer_skip_nested_validation=True)
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
        """
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        scores, y = self._scores(X), check_targets(y)
        check_consistent_length(scores, y)
        weight = check_weights(sample_weight, y)
        n_stages, n_outputs = scores.shape[1:]
        if y.reshape(len(y), -1).shape[1] != n_outputs:
            raise ValueError(
                f"X has {n_outputs} terms a stage, y has the shape {y.shape}."
            )
        if self.weights is None:
            weight = np.ones(len(y)) if weight is None else weight
            rates = getattr(X, "learning_rates", np.ones(n_stages))
            self.stage_weights_ = line_search(scores, y, weight, rates)
        else:
            self.stage_weights_ = check_sum_weights(self.weights, n_stages, "stages")
        self._y_shape = y.shape[1:]
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
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
        total = self._sum(X)
        return total.reshape(len(total), *self._y_shape)
