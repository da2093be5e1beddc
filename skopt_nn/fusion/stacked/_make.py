"""A stack from members, under names of their own."""

from sklearn.ensemble import StackingClassifier, StackingRegressor

from skopt_nn.fusion._members import kept_folds, named_members
from skopt_nn.fusion.stacked._features import (
    FeatureStackingClassifier,
    FeatureStackingRegressor,
    check_has_features,
)
from skopt_nn.fusion.stacked._pool import LogarithmicPool

_STACKS = {
    ("classifier", False): StackingClassifier,
    ("classifier", True): FeatureStackingClassifier,
    ("regressor", False): StackingRegressor,
    ("regressor", True): FeatureStackingRegressor,
}


def make_stacked_fusion(
    *estimators, final_estimator=None, cv=5, passthrough=False, n_jobs=None
):
    """Fuse members by an estimator that learns from their out-of-fold outputs.

    Parameters
    ----------
    *estimators : classifiers or regressors
        The members, never a mix. A member may itself be a fusion.
    final_estimator : estimator, default=None
        Learns from the members' outputs. None is a :class:`LogarithmicPool` of
        classifiers that all have ``predict_proba``; else, and with ``passthrough``,
        scikit-learn's own: a logistic regression, or a ridge regression.
    cv : int, cross-validation generator, iterable or "prefit", default=5
        The folds that give the outputs to learn from.
    passthrough : bool or "features", default=False
        Whether ``final_estimator`` also sees X, which must then be 2-D, or what the
        members' ``transform`` makes of it.
    n_jobs : int, default=None
        Number of members trained at once.

    Returns
    -------
    fusion : StackingClassifier or StackingRegressor

    Raises
    ------
    TypeError, ValueError
        As :func:`make_parallel_fusion`; for ``"features"`` of members without any.

    See Also
    --------
    make_parallel_fusion, make_serial_fusion : Members summed, one after another.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skopt_nn import make_stacked_fusion
    >>> make_stacked_fusion(LogisticRegression(), DecisionTreeClassifier()).cv
    5
    """
    how = {"cv": kept_folds(cv), "n_jobs": n_jobs}
    return _stacked_fusion(estimators, final_estimator, passthrough, how)


def _stacked_fusion(estimators, final_estimator, passthrough, how):
    if passthrough not in (True, False, "features"):
        raise ValueError(
            f'passthrough must be True, False or "features", got {passthrough!r}.'
        )
    members, kind = named_members(estimators)
    by_features = passthrough == "features"
    for name, member in members if by_features else ():
        check_has_features(name, member)
    is_pooled = kind == "classifier" and not passthrough
    if final_estimator is None and is_pooled and _all_have_probabilities(members):
        final_estimator = LogarithmicPool()
    stack, passthrough = _STACKS[kind, by_features], bool(passthrough)
    return stack(members, final_estimator, passthrough=passthrough, **how)


def _all_have_probabilities(members):
    return all(hasattr(member, "predict_proba") for _, member in members)
