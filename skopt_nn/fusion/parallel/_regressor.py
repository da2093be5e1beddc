"""A sum of predictions whose weights are learned."""

import numpy as np
from sklearn.ensemble import VotingRegressor

from skopt_nn._parameters import parameters
from skopt_nn.fusion._learned_voting import LearnedVoting
from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.parallel._base import Weighted
from skopt_nn.fusion.parallel._weights import squared_error


@parameters
class WeightedVotingRegressor(Weighted, LearnedVoting, VotingRegressor):
    """Sum predictions with weights that are learned.

    A :class:`~sklearn.ensemble.VotingRegressor` whose weights are learned on rows that
    the members did not see; members of weight zero cost nothing at prediction.

    Parameters
    ----------
    estimators : list of (str, regressor)
        The members. One in :class:`~sklearn.frozen.FrozenEstimator` is asked as it is
        and costs no fit: X then are rows that it has not seen. ``set_params`` drops one
        by "drop".
    cv : int, cross-validation generator, iterable or "prefit", default=5
        The folds that learned weights are learned on; None means 5. With ``"prefit"``
        all members are fitted already, and asked about X.
    n_jobs : int, default=None
        Number of fits, of members and folds, at once.
    weights : {"greedy", "convex"}, array-like of shape (n_estimators,) or None, \
            default="greedy"
        ``"greedy"`` selects members with replacement, 25 times the one that lowers the
        squared error most, and keeps the best prefix [1]_. ``"convex"`` finds the
        weights of least squared error [2]_. Numbers, or None for equal ones, are not
        learned.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        The weights of ``estimators_``; their sum is one.
    selection_path_ : ndarray of shape (25,)
        The mean squared error, negative, behind each round of ``"greedy"``.
    estimators_ : list of regressor
        The members, fitted on all rows.
    named_estimators_ : Bunch
        The same by their names.
    n_features_in_, feature_names_in_
        Those of the members, where they have them.

    See Also
    --------
    WeightedVotingClassifier : The same for classes.
    make_parallel_fusion : Names the members itself.

    References
    ----------
    .. [1] R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble Selection from
       Libraries of Models", ICML 2004. doi:10.1145/1015330.1015432
    .. [2] L. Breiman, "Stacked Regressions", Machine Learning 24, 49-64, 1996.
       doi:10.1007/BF00117832

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from skopt_nn import WeightedVotingRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> members = [("line", Ridge(0.1)), ("near", KNeighborsRegressor(20))]
    >>> fusion = WeightedVotingRegressor(members, weights="convex").fit(X, y)
    >>> fusion.weights_.round(1)
    array([0.7, 0.3])
    """

    _kind = "regressor"

    def predict(self, X):
        """Return the weighted mean of the members' predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The samples.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        return self._sum(X).ravel()

    @staticmethod
    def _read(X, y, sample_weight, labels=None):
        return Problem.of_values(X, y, sample_weight, multi_output=False), None

    @staticmethod
    def _said(scores, problem):
        return scores[:, :, 0].T - problem.y[:, np.newaxis], squared_error
