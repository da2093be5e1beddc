"""A pipeline of stages from members."""

from functools import partial

from sklearn.pipeline import Pipeline

from skopt_nn.fusion._members import named_members
from skopt_nn.fusion.serial._stage import SerialStage
from skopt_nn.fusion.serial._weighted_sum import (
    WeightedSumClassifier,
    WeightedSumRegressor,
)


def make_serial_fusion(
    *estimators, weights=None, cv=3, learning_rate=None, method="auto", n_jobs=None,
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
        As :func:`make_parallel_fusion`, for members and weights that do not fit.

    See Also
    --------
    SerialStage : One stage, and the formulas.
    make_parallel_fusion : Members trained side by side.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import make_serial_fusion
    >>> fusion = make_serial_fusion(GaussianNB(), LogisticRegression())
    >>> fusion.set_params(logisticregression__estimator__C=0.1)[1]
    SerialStage(estimator=LogisticRegression(C=0.1))
    """
    members, kind = named_members(estimators, weights, need_proba=True)
    how = {"cv": cv, "learning_rate": learning_rate, "method": method}
    stage = partial(SerialStage, **how, n_jobs=n_jobs, random_state=random_state)
    steps = [(name, stage(member)) for name, member in members]
    end = WeightedSumClassifier if kind == "classifier" else WeightedSumRegressor
    steps.append((end.__name__.lower(), end(weights=weights)))
    return Pipeline(steps, memory=memory, verbose=verbose)
