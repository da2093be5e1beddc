"""Fit the members of a fusion: on weighted rows, on folds, and ask for their scores."""

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import has_fit_parameter

from skopt_nn.fusion._labels import label_probabilities
from skopt_nn.fusion._rows import resample, take_rows

_ENSEMBLES = (VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)


def attribute_of(member, name):
    """Return a property that is the attribute ``name`` of a fitted member."""
    return property(lambda self: getattr(getattr(self, member), name))


def weight_params(estimator, sample_weight):
    """Return the fit parameters that carry ``sample_weight``, or None if none do."""
    if has_fit_parameter(estimator, "sample_weight"):
        return {"sample_weight": sample_weight}
    if get_config()["enable_metadata_routing"]:
        routing = get_routing_for_object(estimator)
        consumed = routing.consumes("fit", ["sample_weight"])
        return {"sample_weight": sample_weight} if consumed else None
    if isinstance(estimator, Pipeline):
        takers = [
            name
            for name, step in estimator.steps
            if hasattr(step, "fit") and has_fit_parameter(step, "sample_weight")
        ]
        params = {f"{name}__sample_weight": sample_weight for name in takers}
        return params if estimator.steps[-1][0] in takers else None
    if isinstance(estimator, _ENSEMBLES):
        members = [est for _, est in estimator.estimators if est != "drop"]
        members += [getattr(estimator, "final_estimator", None)]
        if all(m is None or has_fit_parameter(m, "sample_weight") for m in members):
            return {"sample_weight": sample_weight}
    return None


def fit_member(estimator, X, y, weight, rows, *, context, caller, offset=0.5):
    """Fit ``estimator`` in place to some rows; resampled, where it takes no weights."""
    params = {}
    if weight is not None:
        params = weight_params(estimator, weight[rows])
        if params is None:
            params, rows = {}, rows[resample(weight[rows], offset)]
    if not np.array_equal(rows, np.arange(len(y))):
        X, y = take_rows(X, rows), y[rows]
    with context.propagate_callback_context(estimator):
        context.call_on_fit_task_begin(estimator=caller, X=X, y=y)
        estimator.fit(X, y, **params)
        context.call_on_fit_task_end(estimator=caller, X=X, y=y)
    return estimator


def predict_scores(estimator, X, classes=None):
    """Return what a fusion sums: probabilities of ``classes``, or predictions, in 2-D.

    A member that saw a part of the classes gives the others probability zero.
    """
    if classes is None:
        prediction = np.asarray(estimator.predict(X))
        return prediction.reshape(len(prediction), -1)
    proba = estimator.predict_proba(X)
    if isinstance(proba, list):
        return label_probabilities(proba, estimator.classes_)
    proba = np.asarray(proba)
    unknown = np.setdiff1d(estimator.classes_, classes)
    if len(unknown):
        raise ValueError(
            f"{type(estimator).__name__} knows the classes {unknown.tolist()}, which y "
            f"does not have: y has the classes {classes.tolist()}."
        )
    scores = np.zeros((len(proba), len(classes)), dtype=proba.dtype)
    scores[:, np.searchsorted(classes, estimator.classes_)] = proba
    return scores


def _fit_fold(estimator, X, y, weight, train, test, classes, **how):
    fit_member(estimator, X, y, weight, train, **how)
    return predict_scores(estimator, take_rows(X, test), classes)


def cross_fit(
    estimator,
    X,
    y,
    weight,
    rows,
    *,
    folds,
    classes,
    context,
    caller,
    random=None,
    n_jobs=None,
):
    """Fit a clone on the given rows; score each row by one that did not see it.

    Without folds the clone fitted on all given rows gives all scores; with them it
    gives those of the other rows, which are in no fold. The tasks become children
    of ``context``, which allows ``1 + len(folds)`` of them in any order. ``random``
    draws where :func:`resample` places its comb.
    """
    n_fits = 1 + len(folds)
    offsets = np.full(n_fits, 0.5) if random is None else random.uniform(size=n_fits)
    names = ["fit-all-rows", *(f"fit-fold-{k}" for k in range(len(folds)))]
    how = [
        {"context": context.subcontext(name, k), "caller": caller, "offset": offset}
        for k, (name, offset) in enumerate(zip(names, offsets))
    ]
    fitted = fit_member(clone(estimator), X, y, weight, rows, **how[0])
    if not folds:
        return fitted, predict_scores(fitted, X, classes)
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_fit_fold)(clone(estimator), X, y, weight, train, test, classes, **kw)
        for (train, test), kw in zip(folds, how[1:])
    )
    order = [test for _, test in folds]
    if len(rows) < len(y):
        order.append(np.setdiff1d(np.arange(len(y)), rows))
        scores.append(predict_scores(fitted, take_rows(X, order[-1]), classes))
    return fitted, np.concatenate(scores)[np.argsort(np.concatenate(order))]
