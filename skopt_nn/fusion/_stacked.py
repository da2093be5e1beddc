"""Members combined by an estimator that learns from their out-of-fold outputs."""

from sklearn.ensemble import StackingClassifier, StackingRegressor

from skopt_nn.fusion._members import named_members


def make_stacked_fusion(
    *estimators, final_estimator=None, cv=5, passthrough=False, n_jobs=None
):
    """Fuse members by an estimator that learns from their out-of-fold outputs.

    Parameters
    ----------
    *estimators : classifiers or regressors
        The members, never a mix. A member may itself be a fusion.
    final_estimator : estimator, default=None
        Learns from the members' outputs. None is a logistic regression, or a ridge
        regression with built-in cross-validation.
    cv : int, cross-validation generator, iterable or "prefit", default=5
        The folds that give the outputs to learn from.
    passthrough : bool, default=False
        Whether ``final_estimator`` also sees X, which must then be 2-D.
    n_jobs : int, default=None
        Number of members trained at once.

    Returns
    -------
    fusion : StackingClassifier or StackingRegressor

    Raises
    ------
    TypeError
        For a member that is a class, or neither classifier nor regressor.
    ValueError
        For no member, or a mix.

    See Also
    --------
    make_parallel_fusion : Members summed with fixed weights.
    make_serial_fusion : Members trained one after another.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skopt_nn import make_stacked_fusion
    >>> fusion = make_stacked_fusion(LogisticRegression(), DecisionTreeClassifier())
    >>> type(fusion).__name__
    'StackingClassifier'
    """
    members, kind = named_members(estimators)
    stack = StackingClassifier if kind == "classifier" else StackingRegressor
    return stack(
        members, final_estimator, cv=cv, passthrough=passthrough, n_jobs=n_jobs
    )
