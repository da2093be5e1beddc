"""Members side by side, summed."""

from sklearn.ensemble import VotingClassifier, VotingRegressor

from skopt_nn.fusion._members import named_members


def make_parallel_fusion(*estimators, weights=None, voting="soft", n_jobs=None):
    """Fuse members that are trained side by side, by a weighted sum.

    Parameters
    ----------
    *estimators : classifiers or regressors
        The members, never a mix. Wrap a fitted one in
        :class:`~sklearn.frozen.FrozenEstimator` to keep it as it is.
    weights : array-like of shape (n_estimators,), default=None
        Weights of the members, not negative; None weighs all alike.
    voting : {"soft", "hard"}, default="soft"
        Sum class probabilities, or count votes. Regressors sum predictions; for them
        it must be "soft".
    n_jobs : int, default=None
        Number of members trained at once.

    Returns
    -------
    fusion : VotingClassifier or VotingRegressor

    Raises
    ------
    TypeError
        For a member that is a class, neither classifier nor regressor or, with
        ``voting="soft"``, a classifier without ``predict_proba``.
    ValueError
        For no member, a mix, another ``voting``, or weights that cannot weigh.

    See Also
    --------
    make_serial_fusion : Members trained one after another.
    make_stacked_fusion : Members combined by another estimator.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skopt_nn import make_parallel_fusion
    >>> fusion = make_parallel_fusion(LogisticRegression(), DecisionTreeClassifier())
    >>> [name for name, _ in fusion.estimators]
    ['logisticregression', 'decisiontreeclassifier']
    """
    if voting not in ("soft", "hard"):
        raise ValueError(f"voting must be 'soft' or 'hard', got {voting!r}.")
    members, kind = named_members(estimators, weights, need_proba=voting == "soft")
    if kind == "classifier":
        return VotingClassifier(members, voting=voting, weights=weights, n_jobs=n_jobs)
    if voting == "hard":
        raise ValueError("voting='hard' counts votes for classes, got regressors.")
    return VotingRegressor(members, weights=weights, n_jobs=n_jobs)
