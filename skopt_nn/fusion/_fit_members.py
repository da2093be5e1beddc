"""Fit all members of a fusion, and learn what they say about rows they did not see."""

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import check_method_params
from skopt_nn.fusion._cross_fit import weighted_rows
from skopt_nn.fusion._members import known_classes, named_failure, predict_scores


def fit_members(members, problem, folds, *, fusion, labels=None, params=None):
    """Fit a clone of each member on all rows, and clones of it on the folds.

    All these fits are tasks of one pool of ``fusion.n_jobs``. Members that are frozen,
    or all with ``fusion.cv="prefit"``, are not fitted but asked.

    Parameters
    ----------
    members : list of (str, estimator)
    problem : Problem
    folds : list of pairs of ndarray
        Rows to train on and rows to ask about.
    fusion : estimator
        The one that is fitted.
    labels : ndarray of shape (n_classes,) or None
        What the user calls the classes, where those of ``problem`` are codes of them.
    params : dict of str to dict, or None
        Metadata that are routed to each member; None hands on weights alone.

    Returns
    -------
    fitted : list of estimator
    scores : ndarray of shape (n_members, n_tested, n_scores), or None without folds
        What clones that did not see these rows, or frozen members, say about the rows
        of the folds, in their order.
    """
    every = problem.taught if params is None else np.arange(len(problem))
    rows = rows_tested(folds)
    is_fit = [_is_fitted_by(fusion, member) for _, member in members]
    owner = type(fusion).__name__
    tasks = [
        delayed(_fit_part)(
            clone(member), problem, part, params and params[name], (name, owner)
        )
        for (name, member), fits in zip(members, is_fit)
        for part in [(every, None), *folds] * fits
    ]
    done = iter(Parallel(n_jobs=fusion.n_jobs)(tasks))
    fitted, scores = [], []
    for (name, member), fits in zip(members, is_fit):
        fitted.append(next(done) if fits else member)
        with named_failure(name, owner):
            check_is_fitted(fitted[-1])
            check_known_classes(fitted[-1], problem.classes, labels, fits=fits)
        if fits:
            scores.append([next(done) for _ in folds])
        elif folds:
            scores.append(ask([(name, member)], problem.take(rows).X, owner))
    return fitted, np.stack([*map(np.concatenate, scores)]) if folds else None


def folds_for(fusion, members, problem):
    """Return folds by ``fusion.cv``; all rows at once, where no member is fitted."""
    if any(_is_fitted_by(fusion, member) for _, member in members):
        return problem.folds(5 if fusion.cv is None else fusion.cv)
    return [(np.arange(0), problem.taught)]


def _is_fitted_by(fusion, member):
    is_prefit = isinstance(fusion.cv, str) and fusion.cv == "prefit"
    return not is_prefit and not isinstance(member, FrozenEstimator)


def rows_tested(folds):
    """Return the rows that the folds test, in their order."""
    return np.concatenate([test for _, test in folds]) if folds else np.arange(0)


def _fit_part(member, problem, part, params, names):
    """Return the fitted member or, of a fold, what it says about the rows left out."""
    rows, test = part
    with named_failure(*names):
        if params is None:
            rows, params = weighted_rows(member, problem, rows)
        else:
            params = check_method_params(problem.X, params, rows)
        taught = problem.take(rows)
        member.fit(taught.X, taught.y, **params)
        if test is None:
            return member
        return predict_scores(member, problem.take(test).X, problem.classes)


def ask(members, X, owner):
    """Return the scores of fitted members; an error names the one that failed."""
    scores = []
    for name, member in members:
        with named_failure(name, owner):
            scores.append(scores_of(member, X))
    return scores


def scores_of(member, X):
    """Return the scores of a fitted member, those of its classes in sorted order."""
    classes = known_classes(member)
    return predict_scores(member, X, None if classes is None else np.sort(classes))


def check_known_classes(member, classes, labels, *, fits):
    """Raise unless a fitted member knows exactly these classes, or their labels.

    One that was fitted before knows labels; where these are no numbers, it may be of
    another fusion and know codes.
    """
    if classes is None:
        return
    known = np.sort(known_classes(member))
    expected = [classes] if labels is None else [labels, classes]
    if labels is not None and not fits and labels.dtype.kind in "iuf":
        expected = [labels]
    if not any(np.array_equal(known, names) for names in expected):
        raise ValueError(
            f"it knows the classes {known.tolist()}, y has {expected[0].tolist()}. The "
            "members of a fusion know exactly those of y."
        )


def routed_params(fusion, members, sample_weight, metadata):
    """Return the weights that all members get, and the metadata of each.

    With metadata routing each gets what it requests, weights included; without, the
    metadata are None.
    """
    if not get_config()["enable_metadata_routing"]:
        if metadata:
            raise TypeError(
                f"fit got {sorted(metadata)}, which it passes on only with "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
        return sample_weight, None
    if sample_weight is not None:
        metadata = {**metadata, "sample_weight": sample_weight}
    routed = process_routing(fusion, "fit", **metadata)
    return None, {name: routed[name]["fit"] for name, _ in members}
