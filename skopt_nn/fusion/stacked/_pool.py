"""A combiner of probabilities with one weight a member."""

from numbers import Real

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skopt_nn._compat import FieldConstraints, check_sample_weight, fit_context
from skopt_nn._parameters import Range, parameter, parameters
from skopt_nn._probabilities import floored


@parameters
class LogarithmicPool(ClassifierMixin, BaseEstimator):
    """Combine class probabilities of several members, one weight a member.

    The final estimator of a stack of classifiers. It multiplies what the members say,
    each to a power of its own, and learns the powers from out-of-fold outputs: as many
    numbers as there are members and classes, where a logistic regression has their
    product times the number of classes.

    Parameters
    ----------
    C : float, default=0.2
        Inverse strength of the penalty, in (0, inf), as that of
        :class:`~sklearn.linear_model.LogisticRegression`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        The weights, not negative; a member that is too sure of itself gets less than
        it is worth, one that adds nothing gets none.
    intercept_ : ndarray of shape (n_classes,)
        What is added to the logits.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X has some.

    See Also
    --------
    make_stacked_fusion : A stack that ends with it.
    WeightedVotingClassifier : A sum in place of a product.

    Notes
    -----
    With :math:`p_m` the probabilities of member *m* of *M*, mixed with a thousandth of
    the uniform distribution, the pool [1]_ says

    .. math:: \\mathrm{softmax}\\Big(\\sum_m a_m \\log p_m + b\\Big)

    and minimises the log-loss of the training rows, times *C*, plus
    :math:`\\frac{1}{2} \\sum_m (a_m - 1/M)^2 + \\frac{1}{2} \\|b\\|^2` over all
    :math:`a_m \\ge 0`. The problem is convex. Without rows it is the geometric mean of
    the members; with one member and without *b* it is temperature scaling [2]_,
    :math:`a = 1/T`.

    References
    ----------
    .. [1] C. Genest, J. V. Zidek, "Combining Probability Distributions: A Critique and
       an Annotated Bibliography", Statistical Science 1(1), 114-135, 1986.
       doi:10.1214/ss/1177013825
    .. [2] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML 2017. arXiv:1706.04599

    Examples
    --------
    Two members, two classes: a column each, for the second class.

    >>> from skopt_nn import LogarithmicPool
    >>> X = [[0.9, 0.4], [0.8, 0.6], [0.2, 0.6], [0.3, 0.5]]
    >>> pool = LogarithmicPool().fit(X, ["yes", "yes", "no", "no"])
    >>> pool.predict(X)
    array(['yes', 'yes', 'no', 'no'], dtype='<U3')
    """

    C: float = parameter(0.2, Range(Real, 0, closed="neither"))

    _parameter_constraints = FieldConstraints()

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Find the weights of the members and the bias of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_members * n_classes)
            Class probabilities, member by member, as
            :class:`~sklearn.ensemble.StackingClassifier` gives them: of two classes the
            second one alone, so that the shape is (n_samples, n_members).
        y : array-like of shape (n_samples,)
            The labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For X that is no such probabilities, and for y of one class.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        weight = check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                "LogarithmicPool needs at least 2 classes, got 1 class: "
                f"{classes.tolist()}."
            )
        logarithms = _logarithms(X, len(classes))
        self.weights_, self.intercept_ = _least_loss(logarithms, codes, weight * self.C)
        self.classes_ = classes
        return self

    def decision_function(self, X):
        """Return the logits, of two classes the second one's less the first one's.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_members * n_classes)
            As for ``fit``.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes) or (n_samples,)
        """
        logits = self._logits(X)
        return logits if len(self.classes_) > 2 else logits[:, 1] - logits[:, 0]

    def predict_proba(self, X):
        """Return the class probabilities of the pool.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_members * n_classes)
            As for ``fit``.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        return softmax(self._logits(X), axis=1)

    def predict(self, X):
        """Return the likeliest label.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_members * n_classes)
            As for ``fit``.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        return self.classes_[self._logits(X).argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Of all 2-D arrays it takes probabilities alone.
        tags.input_tags.two_d_array = False
        return tags

    def _logits(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        logarithms = _logarithms(X, len(self.classes_))
        return _logits(logarithms, self.weights_, self.intercept_)


def _logarithms(X, n_classes):
    """Return log-probabilities of shape (n_samples, n_members, n_classes)."""
    n_samples, n_columns = X.shape
    if X.min() < 0 or X.max() > 1 + 1e-6:
        raise ValueError(
            f"LogarithmicPool combines probabilities, got X from {X.min():.3g} to "
            f"{X.max():.3g}. Its members need predict_proba, and passthrough=False."
        )
    if n_classes == 2:
        proba = np.stack([1 - X, X], axis=2)
    elif n_columns % n_classes:
        raise ValueError(
            f"LogarithmicPool takes one column a member and class, got {n_columns} "
            f"columns for {n_classes} classes. All members need predict_proba."
        )
    else:
        proba = X.reshape(n_samples, -1, n_classes)
    return np.log(floored(proba.clip(min=0), n_classes))


def _logits(logarithms, weights, intercept):
    return np.einsum("imk,m->ik", logarithms, weights) + intercept


def _least_loss(logarithms, codes, weight):
    n_samples, n_members, n_classes = logarithms.shape
    start = np.r_[np.full(n_members, 1 / n_members), np.zeros(n_classes)]
    rows, total = np.arange(n_samples), weight.sum()

    def loss_and_slope(parameters):
        a, b = np.split(parameters, [n_members])
        logits = log_softmax(_logits(logarithms, a, b), axis=1)
        left = np.exp(logits)
        left[rows, codes] -= 1
        left *= weight[:, np.newaxis]
        slope = np.r_[np.einsum("imk,ik->m", logarithms, left), left.sum(axis=0)]
        away = parameters - start
        loss = -weight @ logits[rows, codes] + away @ away / 2
        return loss / total, (slope + away) / total

    options = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-9}
    bounds = [(0, None)] * n_members + [(None, None)] * n_classes
    found = minimize(
        loss_and_slope, start, jac=True, method="L-BFGS-B", bounds=bounds,
        options=options,
    )  # fmt: skip
    return np.split(found.x, [n_members])
