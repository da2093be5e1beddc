"""Fusions from members, named as ``make_pipeline`` names its steps."""

from collections import Counter

from sklearn.base import is_classifier, is_regressor
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.pipeline import Pipeline

from skopt_nn.fusion._checks import check_member, check_sum_weights
from skopt_nn.fusion._serial import SerialStage
from skopt_nn.fusion._weighted_sum import WeightedSumClassifier, WeightedSumRegressor


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
    members, kind = _members(estimators, weights, need_proba=voting == "soft")
    if kind == "classifier":
        return VotingClassifier(members, voting=voting, weights=weights, n_jobs=n_jobs)
    if voting == "hard":
        raise ValueError("voting='hard' counts votes for classes, got regressors.")
    return VotingRegressor(members, weights=weights, n_jobs=n_jobs)


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
    members, kind = _members(estimators)
    stack = StackingClassifier if kind == "classifier" else StackingRegressor
    return stack(
        members,
        final_estimator=final_estimator,
        cv=cv,
        passthrough=passthrough,
        n_jobs=n_jobs,
    )


def make_serial_fusion(
    *estimators,
    weights=None,
    cv=3,
    learning_rate=None,
    n_jobs=None,
    random_state=None,
    memory=None,
    verbose=False,
):
    """Fuse members that are trained one after another, each on what came before.

    Parameters
    ----------
    *estimators : classifiers with ``predict_proba``, or regressors
        The members in training order, never a mix.
    weights : array-like of shape (n_estimators,), default=None
        Weights of the members in the sum, not negative. None means SAMME's stage
        weights for classifiers, those of a line search for regressors.
    cv, learning_rate, n_jobs, random_state
        Of every :class:`SerialStage`.
    memory, verbose
        Of the :class:`~sklearn.pipeline.Pipeline`; ``memory`` keeps the stages that
        do not change from one fit to the next.

    Returns
    -------
    fusion : Pipeline
        A :class:`SerialStage` a member, under the member's name, and
        "weightedsumclassifier" or "weightedsumregressor".

    See Also
    --------
    SerialStage : One stage, and the formulas.
    make_parallel_fusion : Members trained side by side.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skopt_nn import make_serial_fusion
    >>> X, y = load_iris(return_X_y=True)
    >>> fusion = make_serial_fusion(
    ...     LogisticRegression(max_iter=1000),
    ...     DecisionTreeClassifier(max_depth=2, random_state=0),
    ... )
    >>> list(fusion.named_steps)
    ['logisticregression', 'decisiontreeclassifier', 'weightedsumclassifier']
    >>> fusion.set_params(logisticregression__estimator__C=10.0).fit(X, y).score(X, y)
    0.9733333333333334
    """
    members, kind = _members(estimators, weights, need_proba=True)
    steps = [
        (
            name,
            SerialStage(
                member,
                cv=cv,
                learning_rate=learning_rate,
                n_jobs=n_jobs,
                random_state=random_state,
            ),
        )
        for name, member in members
    ]
    end = WeightedSumClassifier if kind == "classifier" else WeightedSumRegressor
    steps.append((end.__name__.lower(), end(weights=weights)))
    return Pipeline(steps, memory=memory, verbose=verbose)


def _members(estimators, weights=None, need_proba=False):
    """Return the named members and their kind, "classifier" or "regressor"."""
    if not estimators:
        raise ValueError("A fusion needs at least one estimator, got none.")
    kinds = [_kind(estimator) for estimator in estimators]
    if len(set(kinds)) > 1:
        listed = ", ".join(f"{est!r} is a {k}" for est, k in zip(estimators, kinds))
        raise ValueError(
            f"A fusion holds classifiers or regressors, never a mix: {listed}."
        )
    if weights is not None:
        check_sum_weights(weights, len(estimators), "estimators")
    names = _names(estimators)
    for name, estimator in zip(names, estimators):
        check_member(estimator, kinds[0], name, need_proba=need_proba)
    return list(zip(names, estimators)), kinds[0]


def _kind(estimator):
    if isinstance(estimator, type):
        raise TypeError(
            "A fusion takes estimator instances, got the class "
            f"{estimator.__name__}. Did you mean {estimator.__name__}()?"
        )
    if hasattr(estimator, "fit"):
        if is_classifier(estimator):
            return "classifier"
        if is_regressor(estimator):
            return "regressor"
    raise TypeError(
        f"A fusion takes classifiers or regressors, got {estimator!r}, which is "
        "neither. To transform X first, make it and a classifier or regressor one "
        "member by make_pipeline."
    )


def _names(estimators):
    """Name estimators by class, in lower case, with -1, -2, ... where one repeats."""
    names = [type(estimator).__name__.lower() for estimator in estimators]
    totals, seen = Counter(names), Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(f"{name}-{seen[name]}" if totals[name] > 1 else name)
    return unique
