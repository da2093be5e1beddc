"""Members side by side, under names of their own."""

from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator

from skopt_nn.fusion._members import kept_folds, named_members
from skopt_nn.fusion.parallel._classifier import WeightedVotingClassifier
from skopt_nn.fusion.parallel._regressor import WeightedVotingRegressor
from skopt_nn.fusion.parallel._weights import LEARNED


def make_parallel_fusion(*estimators, weights=None, voting="soft", cv=5, n_jobs=None):
    """Fuse members that are trained side by side, by a weighted sum.

    Parameters
    ----------
    *estimators : classifiers or regressors
        The members, never a mix; a fitted one stays as it is in a FrozenEstimator,
        unless ``voting="hard"``.
    weights : array-like of shape (n_estimators,), {"greedy", "convex"}, default=None
        Weights of the members, not negative; None weighs all alike. A name learns them
        on rows that the members did not see, as :class:`WeightedVotingClassifier` says.
    voting : {"soft", "hard"}, default="soft"
        Sum class probabilities, or count votes. Regressors sum predictions; for them,
        and for learned weights, it must be "soft".
    cv : int, cross-validation generator, iterable or "prefit", default=5
        The folds that weights are learned on.
    n_jobs : int, default=None
        Number of members trained at once.

    Returns
    -------
    fusion : VotingClassifier or VotingRegressor
        For learned weights WeightedVotingClassifier or WeightedVotingRegressor.

    Raises
    ------
    TypeError, ValueError
        For a member that is a class, no classifier or regressor or, softly voting,
        without ``predict_proba``; no member, a mix, settings that do not fit.

    See Also
    --------
    make_serial_fusion, make_stacked_fusion : Members one after another, or combined.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skopt_nn import make_parallel_fusion
    >>> fusion = make_parallel_fusion(LogisticRegression(), DecisionTreeClassifier())
    >>> [name for name, _ in fusion.estimators]
    ['logisticregression', 'decisiontreeclassifier']
    """
    return _parallel_fusion(
        estimators, weights, voting, cv=kept_folds(cv), n_jobs=n_jobs
    )


def _parallel_fusion(estimators, weights, voting, *, cv, n_jobs):
    if voting not in ("soft", "hard"):
        raise ValueError(f"voting must be 'soft' or 'hard', got {voting!r}.")
    learns, how = isinstance(weights, str), {"weights": weights, "n_jobs": n_jobs}
    if learns:
        _check_learned(weights, voting)
    given, need_proba = None if learns else weights, voting == "soft"
    members, kind = named_members(estimators, given, need_proba=need_proba)
    is_classes = kind == "classifier"
    if learns:
        learned = WeightedVotingClassifier if is_classes else WeightedVotingRegressor
        return learned(members, **how, cv=cv)
    if is_classes:
        if voting == "hard":
            _check_votes(members)
        return VotingClassifier(members, voting=voting, **how)
    if voting == "hard":
        raise ValueError("voting='hard' counts votes for classes, got regressors.")
    return VotingRegressor(members, **how)


def _check_votes(members):
    """scikit-learn counts codes of labels, and a fitted member says labels."""
    for name, member in members:
        if isinstance(member, FrozenEstimator):
            raise ValueError(
                "voting='hard' takes members that are fitted with the fusion, got "
                f"{member!r} as {name!r}. Use voting='soft', or the estimator in it."
            )


def _check_learned(weights, voting):
    if weights not in LEARNED:
        raise ValueError(
            f"weights must be one of {sorted(LEARNED)}, one number a member or None, "
            f"got {weights!r}."
        )
    if voting == "hard":
        raise ValueError(
            f"weights={weights!r} are learned for sums of probabilities, got "
            "voting='hard'. Take voting='soft', or give the weights as numbers."
        )
