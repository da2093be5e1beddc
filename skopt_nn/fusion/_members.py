"""Members of a fusion: what can be one, what it is called, and how it is asked."""

from contextlib import contextmanager

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.ensemble import StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from skopt_nn._compat import BaseSearchCV, name_estimators


def attribute_of(member, name):
    """Return a property that is the attribute ``name`` of a fitted member."""
    return property(lambda self: getattr(getattr(self, member), name))


def kind_of(estimator, name):
    """Return "classifier", "regressor" or None; raise if it is a class."""
    if isinstance(estimator, type):
        raise TypeError(
            f"{name} must be an estimator instance, got the class "
            f"{estimator.__name__}. Did you mean {estimator.__name__}()?"
        )
    if not hasattr(estimator, "fit"):
        return None
    if is_classifier(estimator):
        return "classifier"
    return "regressor" if is_regressor(estimator) else None


def check_member(estimator, kind, name, *, need_proba=True):
    """Raise unless ``estimator`` is of the kind, "classifier" or "regressor", and a
    classifier has ``predict_proba`` where that is needed.
    """
    if kind_of(estimator, name) != kind:
        raise TypeError(f"{name} must be a {kind}, got {estimator!r}.")
    need_proba = need_proba and kind == "classifier"
    if need_proba and not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{name} must have predict_proba, which {estimator!r} does not. Choose "
            "a setting that gives it probabilities, or wrap it in "
            "sklearn.calibration.CalibratedClassifierCV."
        )


def named_members(estimators, weights=None, *, need_proba=False):
    """Return pairs of name and member, named as ``make_pipeline`` names its steps, and
    their kind, "classifier" or "regressor".
    """
    if not estimators:
        raise ValueError("A fusion needs at least one estimator, got none.")
    listed = [given for given in estimators if isinstance(given, list | tuple)]
    if listed:
        raise TypeError(
            f"A fusion takes its members one by one and names them itself, got the "
            f"{type(listed[0]).__name__} {listed[0]!r}. Write make(a, b), not "
            "make([a, b]) nor pairs of name and member."
        )
    kinds = [kind_of(estimator, "A member of a fusion") for estimator in estimators]
    if None in kinds:
        raise TypeError(
            "A fusion takes classifiers or regressors, got "
            f"{estimators[kinds.index(None)]!r}, which is neither. To transform X "
            "first, make it and a classifier or regressor one member by make_pipeline."
        )
    if len(set(kinds)) > 1:
        listed = ", ".join(f"{est!r} is a {k}" for est, k in zip(estimators, kinds))
        raise ValueError(
            f"A fusion holds classifiers or regressors, never a mix: {listed}."
        )
    if weights is not None:
        check_sum_weights(weights, len(estimators), "estimators")
    members = name_estimators(estimators)
    for name, estimator in members:
        check_member(estimator, kinds[0], name, need_proba=need_proba)
    return members, kinds[0]


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


def kept_folds(cv):
    """Return ``cv``, an iterator as a list: stages and fits read it again."""
    return list(cv) if hasattr(cv, "__next__") else cv


@contextmanager
def named_failure(name, owner):
    """Say which member of a fusion an error comes from."""
    try:
        yield
    except Exception as err:
        known = NotFittedError, ValueError, TypeError
        kinds = (kind for kind in known if isinstance(err, kind))
        raise next(kinds, RuntimeError)(
            f"The member {name!r} of {owner} failed: {err}"
        ) from err


def innermost(estimator, wrappers=(BaseSearchCV, FrozenEstimator, Pipeline)):
    """Return what wrappers of these kinds hand y to, and ask in the end."""
    while isinstance(estimator, wrappers):
        if isinstance(estimator, Pipeline):
            estimator = estimator[-1]
        else:
            estimator = getattr(estimator, "best_estimator_", estimator.estimator)
    return estimator


def takes_several_outputs(estimator):
    """Whether y may have several columns; the tags of a search do not say so."""
    return get_tags(innermost(estimator)).target_tags.multi_output


def known_classes(estimator):
    """Return the classes of a fitted classifier, of labels one number each, or None."""
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list):
        return np.arange(len(classes))
    return None if classes is None else np.asarray(classes)


def predict_scores(estimator, X, classes=None):
    """Return what a fusion sums: probabilities of ``classes``, or predictions, in 2-D.

    A member that saw a part of the classes gives the others probability zero.
    """
    if classes is None:
        prediction = np.asarray(estimator.predict(X))
        return prediction.reshape(len(prediction), -1)
    proba = estimator.predict_proba(X)
    if isinstance(proba, list):
        return _label_probabilities(proba, estimator.classes_)
    proba = np.asarray(proba)
    if isinstance(estimator.classes_, list):
        return _of_a_column_each(proba, estimator)
    unknown = np.setdiff1d(estimator.classes_, classes)
    if len(unknown):
        raise ValueError(
            f"{type(estimator).__name__} knows the classes {unknown.tolist()}, which y "
            f"does not have: y has the classes {classes.tolist()}."
        )
    scores = np.zeros((len(proba), len(classes)), dtype=proba.dtype)
    scores[:, np.searchsorted(classes, estimator.classes_)] = proba
    return scores


def _label_probabilities(proba, classes):
    """Return the probability of each label from scikit-learn's list of a pair each."""
    pairs = zip(proba, classes)
    return np.column_stack([p[:, known == 1].sum(axis=1) for p, known in pairs])


def _of_a_column_each(proba, estimator):
    """Return the probability of each label where there is one column a label."""
    if isinstance(innermost(estimator), StackingClassifier):
        # Up to scikit-learn 1.9 its columns are of the first class, 0 if rows have it.
        is_one = [known[0] == 1 for known in estimator.classes_]
        return np.where(is_one, proba, 1 - proba)
    return proba
