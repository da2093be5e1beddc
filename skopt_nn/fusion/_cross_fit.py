"""Fit members on weighted rows, and on folds that leave each row out once."""

from contextlib import contextmanager

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

from skopt_nn._compat import safe_indexing
from skopt_nn.fusion._members import predict_scores

_ENSEMBLES = (VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)


@contextmanager
def fit_task(context, caller, X, y, **at_end):
    """Tell callbacks that a task of the ``caller`` begins, and that it went well."""
    context.call_on_fit_task_begin(estimator=caller, X=X, y=y)
    yield
    context.call_on_fit_task_end(estimator=caller, X=X, y=y, **at_end)


def cross_fit(
    estimator, problem, folds, *, caller, context, random=None, validation=None
):
    """Fit a clone on the rows that teach; score each row by one that did not see it.

    Without folds the clone fitted on these rows gives all scores; with them it gives
    those of the rows that are in no fold.

    Parameters
    ----------
    estimator : estimator
        Stays as it is.
    problem : Problem
    folds : list of pairs of ndarray
        Rows to train on and rows to score, each in one fold at most.
    caller : estimator
        The one that is fitted; its ``n_jobs`` folds are trained at once.
    context : CallbackContext
        Allows ``1 + len(folds)`` subtasks, in any order.
    random : RandomState or Generator, default=None
        Draws where :func:`resample` places its comb.
    validation : dict, default=None
        ``X_val`` and its like, for every fit.

    Returns
    -------
    fitted : estimator
    scores : ndarray of shape (n_samples, n_scores)
    """
    n_fits = 1 + len(folds)
    offsets = np.full(n_fits, 0.5) if random is None else random.uniform(size=n_fits)
    names = ["fit-all-rows", *(f"fit-fold-{k}" for k in range(len(folds)))]
    common = {"caller": caller, "validation": validation or {}}
    how = [
        {"context": context.subcontext(name, k), "offset": offset, **common}
        for k, (name, offset) in enumerate(zip(names, offsets))
    ]
    fitted = fit_member(clone(estimator), problem, problem.taught, **how[0])
    if not folds:
        return fitted, predict_scores(fitted, problem.X, problem.classes)
    scores = Parallel(n_jobs=caller.n_jobs)(
        delayed(_fit_fold)(clone(estimator), problem, fold, **kwargs)
        for fold, kwargs in zip(folds, how[1:])
    )
    order = np.concatenate([test for _, test in folds])
    rest = np.setdiff1d(np.arange(len(problem)), order)
    if len(rest):
        scores.append(_score(fitted, problem, rest))
    order = np.concatenate([order, rest])
    return fitted, np.concatenate(scores)[np.argsort(order)]


def _fit_fold(estimator, problem, fold, **how):
    train, test = fold
    return _score(fit_member(estimator, problem, train, **how), problem, test)


def _score(fitted, problem, rows):
    return predict_scores(fitted, safe_indexing(problem.X, rows), problem.classes)


def fit_member(estimator, problem, rows, *, context, caller, validation, offset):
    """Fit ``estimator`` in place to some rows; resampled, where it takes no weights."""
    rows, params = weighted_rows(estimator, problem, rows, offset)
    part = problem.take(rows)
    with (
        context.propagate_callback_context(estimator),
        fit_task(context, caller, part.X, part.y),
    ):
        if part.offsets is None:
            estimator.fit(part.X, part.y, **params, **validation)
        else:
            params["classes"] = part.classes
            estimator.fit_offset(part.X, part.y, part.offsets, **params)
    return estimator


def weighted_rows(estimator, problem, rows, offset=0.5):
    """Return rows and the fit parameters that weigh them, or rows drawn by weight."""
    if problem.sample_weight is None:
        return rows, {}
    weight = problem.sample_weight[rows]
    params = weight_params(estimator, weight)
    return (rows[resample(weight, offset)], {}) if params is None else (rows, params)


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


def resample(sample_weight, offset):
    """Draw as many rows as there are, each ``n * weight`` times rounded up or down.

    Systematic resampling: one ``offset`` in (0, 1) places an even comb over the
    cumulated weights, so that equal weights return every row exactly once and a row
    of weight zero is never drawn.
    """
    share = np.cumsum(sample_weight) / np.sum(sample_weight)
    comb = (np.arange(len(share)) + offset) / len(share)
    return np.searchsorted(share, comb, side="right").clip(max=len(share) - 1)
