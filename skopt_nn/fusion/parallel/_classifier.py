"""A sum of class probabilities whose weights are learned."""

from sklearn.ensemble import VotingClassifier

from skopt_nn._parameters import parameter, parameters
from skopt_nn.fusion._learned_voting import LearnedSoftVoting
from skopt_nn.fusion.parallel._base import Weighted
from skopt_nn.fusion.parallel._weights import log_loss, true_class_probabilities


@parameters
class WeightedVotingClassifier(Weighted, LearnedSoftVoting, VotingClassifier):
    """Sum class probabilities with weights that are learned.

    A :class:`~sklearn.ensemble.VotingClassifier` that votes softly. Its weights are
    learned on rows that the members did not see, and members of weight zero cost
    nothing at prediction.

    Parameters
    ----------
    estimators : list of (str, classifier with ``predict_proba``)
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
        log-loss most, and keeps the best prefix [1]_: steady on few rows, and many
        members get nothing. ``"convex"`` finds the weights of least log-loss: no other
        ones are better on these rows. Numbers, or None for equal ones, are not learned.
    flatten_transform : bool, default=True
        Whether ``transform`` gives one row a sample.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        The weights of ``estimators_``; their sum is one.
    selection_path_ : ndarray of shape (25,)
        The log-loss, negative, behind each round of ``"greedy"``.
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
    WeightedVotingRegressor : The same for regression.
    make_parallel_fusion : Names the members itself.

    Notes
    -----
    With :math:`p_m(x)` the probabilities of member *m*, and on rows that it did not
    see, the weights minimise

    .. math:: -\\sum_i w_i \\log \\sum_m a_m p_m(x_i)_{y_i}, \\quad a_m \\ge 0, \\quad
        \\sum_m a_m = 1.

    In a tie ``"greedy"`` takes the member that it has taken most often.

    References
    ----------
    .. [1] R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble Selection from
       Libraries of Models", ICML 2004. doi:10.1145/1015330.1015432

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import WeightedVotingClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> members = [("line", LogisticRegression(max_iter=500)), ("bayes", GaussianNB())]
    >>> fusion = WeightedVotingClassifier(members, weights="convex").fit(X, y)
    >>> fusion.weights_.round(1)
    array([0.3, 0.7])
    """

    flatten_transform: bool = parameter(True, "boolean")

    def predict_proba(self, X):
        """Return the weighted mean of the members' class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The samples.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        return self._sum(X)

    @staticmethod
    def _said(scores, problem):
        return true_class_probabilities(scores, problem.y), log_loss
