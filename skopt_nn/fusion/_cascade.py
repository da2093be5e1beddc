"""Members cheap to dear, of which the first ones that are sure answer."""

import time
from numbers import Real
from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.utils import indexable
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import num_samples, safe_indexing
from skopt_nn._parameters import Range, parameter, parameters
from skopt_nn.fusion._fit_members import scores_of
from skopt_nn.fusion._learned_voting import LearnedSoftVoting
from skopt_nn.fusion._members import kept_folds, named_members
from skopt_nn.fusion._thresholds import Walk, exits_at, least_time

N_TIMED, N_REPEATS = 256, 3


@parameters
class CascadeClassifier(LearnedSoftVoting, VotingClassifier):
    """Let the first members that are sure answer, and ask dear ones about the rest.

    Each row is given to one member after the other. As soon as the mean of their
    probabilities has a largest one that reaches the threshold of that member, it is the
    answer. The thresholds cost no score on rows that the members did not see.

    Parameters
    ----------
    estimators : list of (str, classifier with ``predict_proba``)
        The members, cheap to dear: they are asked in this order. A member may be a
        fusion, or a distilled student before its teacher. One in
        :class:`~sklearn.frozen.FrozenEstimator` costs no fit: X then are rows that it
        has not seen.
    cv : int, cross-validation generator, iterable or "prefit", default=5
        The folds that thresholds are learned on; None means 5. With ``"prefit"`` all
        members are fitted already, and asked about X.
    n_jobs : int, default=None
        Number of fits, of members and folds, at once.
    tolerance : float, default=0.0
        How much accuracy may be lost against the mean of all members, in [0, 1], on
        the rows that thresholds are learned on.
    costs : array-like of shape (n_estimators,), default=None
        Milliseconds a row of each member, positive; any other unit does as well. None
        measures them. Only what they are to each other decides about thresholds, with
        three members or more: pass numbers for thresholds that repeat to the bit. With
        two members the thresholds are the same whatever the costs.
    weights : array-like of shape (n_estimators,), default=None
        How much each member counts in the mean, positive; None means equal weights. A
        fusion of five beside one network deserves more than the half.
    flatten_transform : bool, default=True
        Whether ``transform``, which asks all members, gives one row a sample.

    Attributes
    ----------
    thresholds_ : ndarray of shape (n_members - 1,)
        What the largest probability must reach behind each member but the last;
        infinite where no row leaves.
    exit_counts_ : ndarray of int of shape (n_members,)
        How many of the rows that thresholds were learned on leave at each member.
    expected_ms_ : float
        Expected milliseconds of such a row, in the unit of ``costs_``.
    costs_ : ndarray of shape (n_members,)
        The costs, given or measured: ``predict_proba`` of up to 256 rows, the best of
        three times.
    weights_ : ndarray of shape (n_members,)
        The weights, as given, or ones.
    estimators_ : list of classifier
        The members, fitted on all rows, to the codes of the labels.
    named_estimators_ : Bunch
        The same by their names.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    le_ : LabelEncoder
        Turns labels to codes.
    n_features_in_, feature_names_in_
        Those of the members, where they have them.

    See Also
    --------
    make_cascade : Names the members itself, and sorts them by costs that are given.
    DistilledClassifier : A student that may stand before its teacher.

    Notes
    -----
    Row *x* leaves at the first member *m* with :math:`\\max_k \\sum_{j \\le m} w_j
    p_j(x)_k \\ge t_m \\sum_{j \\le m} w_j` [1]_. The thresholds are those of least
    expected time at which no more than ``tolerance`` of the rows, by out-of-fold
    outputs, leave with a wrong answer where the mean of all members has the right one.
    Rows of which it is the other way round are luck that does not repeat, and make good
    for none. Times are never looked at in ``predict``.

    References
    ----------
    .. [1] X. Wang, D. Kondratyuk, E. Christiansen, K. M. Kitani, Y. Movshovitz-Attias,
       E. Eban, "Wisdom of Committees: An Overlooked Approach To Faster and More
       Accurate Models", ICLR 2022. arXiv:2012.01988

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import CascadeClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> members = [("bayes", GaussianNB()), ("forest", RandomForestClassifier(20))]
    >>> cascade = CascadeClassifier(members, costs=[1, 20], tolerance=0.02).fit(X, y)
    >>> cascade.expected_ms_ < 21
    True
    """

    tolerance: float = parameter(0.0, Range(Real, 0, 1, closed="both"))
    costs: Any = parameter(None, ["array-like", None])
    weights: Any = parameter(None, ["array-like", None])
    flatten_transform: bool = parameter(True, "boolean")

    def predict_proba(self, X):
        """Return the mean of the members up to the one at which each row leaves.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The samples.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        X = indexable(X)[0]
        left = np.arange(num_samples(X))
        proba = np.zeros((len(left), len(self.classes_)))
        for member, weight, so_far, least in zip(
            self.estimators_,
            self.weights_,
            np.cumsum(self.weights_),
            [*self.thresholds_, -np.inf],
        ):
            part = X if len(left) == len(proba) else safe_indexing(X, left)
            proba[left] += weight * scores_of(member, part)
            stays = proba[left].max(axis=1) / so_far < least
            proba[left[~stays]] /= so_far
            left = left[stays]
            if not len(left):
                break
        return proba

    def _checked_members(self):
        members = super()._checked_members()
        check_cascade(members, self.costs, self.weights, len(self.estimators))
        return members

    def _learn(self, fitted, scores, problem):
        costs = self._given_costs()
        if costs is None:
            costs = np.array([_milliseconds(member, problem.X) for member in fitted])
        weights = self._given_weights(len(fitted))
        sums = np.cumsum(weights[:, np.newaxis, np.newaxis] * scores, axis=0)
        confidence = sums.max(axis=2).T / np.cumsum(weights)
        is_right = (sums.argmax(axis=2) == problem.y).T
        walk = Walk(confidence, is_right & is_right[:, -1:], costs, problem.weights)
        whole, _ = walk.measure(np.full(len(costs) - 1, np.inf))
        thresholds = least_time(walk, whole - self.tolerance)
        exits = exits_at(confidence, thresholds)
        return {
            "thresholds_": thresholds,
            "exit_counts_": np.bincount(exits, minlength=len(costs)),
            "expected_ms_": float(walk.measure(thresholds)[1]),
            "costs_": costs,
            "weights_": weights,
        }

    def _given_costs(self):
        if self.costs is None:
            return None
        kept = [member != "drop" for _, member in self.estimators]
        return np.asarray(self.costs, dtype=np.float64)[kept]


def make_cascade(
    *estimators, tolerance=0.0, cv=5, costs=None, weights=None, n_jobs=None
):
    """Fuse members so that dear ones are asked about the rows that are hard.

    Parameters
    ----------
    *estimators : classifiers with ``predict_proba``
        The members, cheap to dear; a fitted one stays as it is in a FrozenEstimator.
    tolerance, cv : object
        Of :class:`CascadeClassifier`.
    costs : array-like of shape (n_estimators,), default=None
        Milliseconds a row of each member, by which they are sorted. None keeps them in
        order and measures their time in ``fit``.
    weights : array-like of shape (n_estimators,), default=None
        How much each counts in the mean, positive; None means equal weights.
    n_jobs : int, default=None
        Number of fits at once.

    Returns
    -------
    fusion : CascadeClassifier

    Raises
    ------
    TypeError, ValueError
        For regressors, less than two members, and costs or weights that are not one
        positive number a member.

    See Also
    --------
    CascadeClassifier : What it does.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import make_cascade
    >>> cascade = make_cascade(RandomForestClassifier(), GaussianNB(), costs=[9, 1])
    >>> [name for name, _ in cascade.estimators]
    ['gaussiannb', 'randomforestclassifier']
    """
    members, kind = named_members(estimators, need_proba=True)
    if kind != "classifier":
        raise TypeError(
            f"A cascade holds classifiers, got regressors: {[e for _, e in members]}."
        )
    members, costs, weights = _by_cost(members, costs, weights)
    how = {"tolerance": tolerance, "cv": kept_folds(cv), "n_jobs": n_jobs}
    return CascadeClassifier(members, costs=costs, weights=weights, **how)


def _by_cost(members, costs, weights):
    costs, weights = (of if of is None else list(of) for of in (costs, weights))
    check_cascade(members, costs, weights, len(members))
    if costs is None:
        return members, costs, weights
    order = np.argsort(costs, kind="stable")
    weights = None if weights is None else [weights[i] for i in order]
    return [members[i] for i in order], [costs[i] for i in order], weights


def check_cascade(members, costs, weights, n_numbers):
    """Raise unless there are members to choose from, and a number each, or none."""
    if len(members) < 2:
        raise ValueError(
            f"A cascade needs at least two members, got {len(members)}: the first one "
            "answers where it is sure, another one the rest."
        )
    for name, numbers in {"costs": costs, "weights": weights}.items():
        if numbers is None:
            continue
        given = np.asarray(numbers, dtype=np.float64)
        if given.shape != (n_numbers,) or not (np.isfinite(given) & (given > 0)).all():
            raise ValueError(
                f"{name} must be one positive number a member, got "
                f"{given.tolist()} for {n_numbers} members."
            )


def _milliseconds(member, X):
    """Return the time that a member takes for a row of many, without the first time."""
    rows = np.arange(min(num_samples(X), N_TIMED))
    part, seconds = safe_indexing(X, rows), []
    for _ in range(1 + N_REPEATS):
        start = time.perf_counter()
        member.predict_proba(part)
        seconds.append(time.perf_counter() - start)
    return max(1e3 * min(seconds[1:]) / len(rows), 1e-9)
