"""A pipeline of stages from members."""

from functools import partial

from sklearn.pipeline import Pipeline

from skopt_nn.fusion._members import kept_folds, named_members
from skopt_nn.fusion.serial._lesson import check_learns_residuals
from skopt_nn.fusion.serial._stage import SerialStage
from skopt_nn.fusion.serial._weighted_sum import (
    WeightedSumClassifier,
    WeightedSumRegressor,
)


def make_serial_fusion(
    *estimators, weights=None, cv=3, learning_rate=0.1, method="auto", n_jobs=None,
    random_state=None, memory=None, verbose=False,
):  # fmt: skip
    """Fuse members that are trained one after another, each on what came before.

    Parameters
    ----------
    *estimators : classifiers with ``predict_proba``, or regressors
        The members in training order, never a mix.
    weights : array-like of shape (n_estimators,), default=None
        Weights of the members, not negative. None finds them on out-of-fold scores, as
        :class:`SerialStage` says.
    cv, learning_rate, method, n_jobs, random_state : object
        Of every :class:`SerialStage`.
    memory, verbose : object
        Of the :class:`~sklearn.pipeline.Pipeline`; ``memory`` keeps unchanged stages.

    Returns
    -------
    fusion : Pipeline
        A :class:`SerialStage` a member, under the member's name, and
        "weightedsumclassifier" or "weightedsumregressor".

    Raises
    ------
    TypeError, ValueError
        For members and weights that do not fit, and losses that take no residuals.

    See Also
    --------
    SerialStage : One stage, and the formulas.
    make_parallel_fusion : Members trained side by side.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import make_serial_fusion
    >>> make_serial_fusion(GaussianNB(), LogisticRegression(C=0.1))[1]
    SerialStage(estimator=LogisticRegression(C=0.1))
    """
    members, kind = named_members(estimators, weights, need_proba=True)
    check_learns_residuals(*(member for _, member in members[1:]))
    how = {"cv": kept_folds(cv), "method": method, "random_state": random_state}
    stage = partial(SerialStage, learning_rate=learning_rate, n_jobs=n_jobs, **how)
    steps = [(name, stage(member)) for name, member in members]
    end = WeightedSumClassifier if kind == "classifier" else WeightedSumRegressor
    last = end.__name__.lower(), end(weights=weights)
    return Pipeline([*steps, last], memory=memory, verbose=verbose)
