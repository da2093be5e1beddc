"""Fit the members of a fusion: on weighted rows, on folds, and ask for their scores."""

import numpy as np
from scipy.sparse import issparse
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

_ENSEMBLES = (VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)


def take_rows(X, rows):
    """Return the given rows of an array, sparse matrix, frame or list, as its kind."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[row] for row in rows]
    return X[rows]


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


def fit_member(estimator, X, y, sample_weight=None, *, context, caller, offset=0.5):
    """Fit ``estimator`` in place, on resampled rows where it takes no weights."""
    params = {}
    if sample_weight is not None:
        params = weight_params(estimator, sample_weight)
        if params is None:
            rows = resample(sample_weight, offset)
            X, y, params = take_rows(X, rows), y[rows], {}
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
    proba = np.asarray(estimator.predict_proba(X))
    if unknown := set(estimator.classes_) - set(classes):
        raise ValueError(
            f"{type(estimator).__name__} knows the classes {sorted(unknown)}, which y "
            f"does not have: y has the classes {list(classes)}."
        )
    scores = np.zeros((len(proba), len(classes)), dtype=proba.dtype)
    scores[:, np.searchsorted(classes, estimator.classes_)] = proba
    return scores


def _fit_fold(estimator, X, y, weight, train, test, classes, **how):
    weight = None if weight is None else weight[train]
    fit_member(estimator, take_rows(X, train), y[train], weight, **how)
    return predict_scores(estimator, take_rows(X, test), classes)


def cross_fit(
    estimator,
    X,
    y,
    weight,
    *,
    folds,
    classes,
    context,
    caller,
    random=None,
    n_jobs=None,
):
    """Fit a clone on all rows, and score each row by a clone that did not see it.

    Without folds the clone fitted on all rows gives the scores. The tasks become
    children of ``context``, which allows ``1 + len(folds)`` of them in any order.
    ``random`` draws where :func:`resample` places its comb.
    """
    n_fits = 1 + len(folds)
    offsets = np.full(n_fits, 0.5) if random is None else random.uniform(size=n_fits)
    names = ["fit-all-rows", *(f"fit-fold-{k}" for k in range(len(folds)))]
    how = [
        {"context": context.subcontext(name, k), "caller": caller, "offset": offset}
        for k, (name, offset) in enumerate(zip(names, offsets))
    ]
    fitted = fit_member(clone(estimator), X, y, weight, **how[0])
    if not folds:
        return fitted, predict_scores(fitted, X, classes)
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_fit_fold)(clone(estimator), X, y, weight, train, test, classes, **kw)
        for (train, test), kw in zip(folds, how[1:])
    )
    tested = np.concatenate([test for _, test in folds])
    return fitted, np.concatenate(scores)[np.argsort(tested)]


def as_array(X):
    """Return X as one plain 2-D array, a row a sample."""
    X = X.toarray() if issparse(X) else np.asarray(X)
    return X.reshape(len(X), -1)
