"""Errors for what cannot be fused, before anything is trained."""

from numbers import Integral

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.model_selection import check_cv
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skopt_nn.fusion._rows import take_rows


def check_member(estimator, kind, name, *, need_proba=True):
    """Raise unless ``estimator`` is an instance of ``kind``, "classifier" or
    "regressor", and a classifier has ``predict_proba`` where that is needed.
    """
    if isinstance(estimator, type):
        raise TypeError(
            f"{name} must be an estimator instance, got the class "
            f"{estimator.__name__}. Did you mean {estimator.__name__}()?"
        )
    is_kind = is_classifier if kind == "classifier" else is_regressor
    if not hasattr(estimator, "fit") or not is_kind(estimator):
        raise TypeError(f"{name} must be a {kind}, got {estimator!r}.")
    need_proba = need_proba and kind == "classifier"
    if need_proba and not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{name} must have predict_proba, which {estimator!r} does not. Choose "
            "a setting that gives it probabilities, or wrap it in "
            "sklearn.calibration.CalibratedClassifierCV."
        )


def check_labels(y, *, multilabel=False):
    """Return y as a 1-D array of labels or, where allowed, as a 0/1 indicator."""
    if multilabel and type_of_target(y) == "multilabel-indicator":
        return y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    if type_of_target(y) not in ("binary", "multiclass"):
        raise ValueError(
            f"y must hold one class label a row, got a {type_of_target(y)} target."
        )
    return y


def check_targets(y, multi_output=True, *, allow_nan=False):
    """Return y as an array of finite floats, 1-D unless ``multi_output``."""
    y = check_array(
        y,
        ensure_2d=False,
        dtype=np.float64,
        ensure_all_finite="allow-nan" if allow_nan else True,
        input_name="y",
    )
    if y.ndim > 2:
        raise ValueError(f"y must be 1-D or 2-D, got the shape {y.shape}.")
    return y if multi_output else column_or_1d(y, warn=True)


def check_weights(sample_weight, X):
    """Return ``sample_weight`` as a float vector with one entry a row of X, or None."""
    if sample_weight is None:
        return None
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.ndim != 1:
        raise ValueError(
            "Sample weights must be 1D array or scalar, got "
            f"{weight.ndim}D array of shape {weight.shape}."
        )
    check_consistent_length(X, weight)
    if weight.min() < 0:
        raise ValueError(
            f"Negative values in sample_weight: got a minimum of {weight.min()}. "
            "Rows that are not to count take weight 0."
        )
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def check_folds(cv, X, y, rows, *, classifier, **params):
    """Return the folds of ``cv`` over the given rows, each tested exactly once.

    The other rows, those of weight zero among them, are in no fold.
    """
    splitter = check_cv(cv, y[rows], classifier=classifier)
    n_splits = splitter.get_n_splits(X, y, **params)
    if len(rows) < n_splits:
        raise ValueError(
            f"cv={n_splits} folds need at least {n_splits} rows, got "
            f"n_samples={len(rows)}. Pass fewer folds, or cv=None."
        )
    if isinstance(cv, Integral) or hasattr(cv, "split"):
        params = {name: take_rows(value, rows) for name, value in params.items()}
        folds = splitter.split(take_rows(X, rows), y[rows], **params)
        folds = [(rows[train], rows[test]) for train, test in folds]
    else:
        folds = [
            [part[np.isin(part, rows)] for part in fold] for fold in splitter.split()
        ]
    tested = np.concatenate([test for _, test in folds])
    if not np.array_equal(np.sort(tested), rows):
        raise ValueError(
            "cv must test every row exactly once, so that every row gets an "
            f"out-of-fold score: got {cv!r}, whose test rows number {len(tested)} "
            f"for {len(rows)} rows. Use a partition such as KFold or StratifiedKFold."
        )
    return folds


def check_sum_weights(weights, n_members, members):
    """Return ``weights`` as floats: one a member, none negative, not all zero."""
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim != 1 or len(weights) != n_members:
        raise ValueError(
            "weights must have one entry a member: got "
            f"{weights.size} weights, {n_members} {members}."
        )
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise ValueError(
            "weights must be finite and not negative, and one at least positive: got "
            f"{weights.tolist()}. Leave a member out rather than subtract it."
        )
    return weights
