"""Who is taught: the student that is given, or one that suits the data."""

import inspect

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skopt_nn.fusion._members import check_member
from skopt_nn.fusion.distillation._teacher import input_shape_within

_NETWORK = {"dense_units": (), "random_state": 0}
_FILTERS, _FILTERS_OF_LARGE = (16, 32), (8, 16, 32)
# From so many pixels, or steps, on two poolings leave more than can be kept apart.
_LARGE = 16
_TABLE = {
    "dense_units": (32, 32),
    "n_members": 8,
    "n_bins": 16,
    "embedding_dim": 4,
    "random_state": 0,
}


def new_student(model, student, X):
    """Return an unfitted student for a distilled model and the samples X."""
    check_member(model.teacher, model._kind, "teacher")
    if student is None:
        if issparse(X):
            raise TypeError(
                "student=None takes no sparse X, got one of the shape "
                f"{X.shape}. Pass X.toarray(), or a student that takes it."
            )
        return default_student(model._kind, X, input_shape_within(model.teacher))
    check_member(student, model._kind, "student", need_proba=False)
    if isinstance(student, FrozenEstimator):
        raise TypeError(
            f"student is trained by fit, and {student!r} is not to be. Give the "
            "estimator in it, of which a clone is trained."
        )
    if not hasattr(student, "fit_soft"):
        raise TypeError(
            f"student must have fit_soft, which {student!r} does not. Take a "
            "neural estimator of skopt_nn, or write fit_soft(X, y, soft_targets, *, "
            "temperature, alpha, sample_weight), alpha being a float or an array of "
            "the rows."
        )
    if model._kind == "classifier" and not hasattr(student, "predict_proba"):
        raise TypeError(
            "student must have predict_proba, by which it is compared with its teacher "
            f"and teaches the next one; {student!r} does not."
        )
    return clone(student)


def default_student(kind, X=None, input_shape=None):
    """Return a small network: for a table one of tables, else one of convolutions."""
    from skopt_nn import estimators  # joblib's workers load no Keras for the rest

    if X is not None and input_shape is None and _is_table(X):
        return getattr(estimators, f"Tabular{kind.title()}")(**_TABLE)
    network = getattr(estimators, f"CNN{kind.title()}")
    spatial = tuple(input_shape or np.shape(X)[1:])[:-1]
    is_large = min(spatial, default=0) >= _LARGE
    filters = _FILTERS_OF_LARGE if is_large else _FILTERS
    return network(filters, **_NETWORK, input_shape=input_shape)


def _is_table(X):
    return hasattr(X, "columns") or np.ndim(X) == 2


def check_student(student, problem, validation, names=None):
    """Raise what the student would raise about the data, where it can say so, and
    about the names of what its ``fit_soft`` is given beside rows to validate on.
    """
    if names is not None:
        _check_names(student, [*names, *validation])
    if not hasattr(student, "check_fit"):
        return
    classes = problem.classes
    student.check_fit(
        problem.X,
        problem.filled(_stand_in(problem)),
        problem.sample_weight,
        classes=None if problem.multilabel else classes,
        **validation,
    )


def _check_names(student, names):
    try:
        inspect.signature(student.fit_soft).bind(**dict.fromkeys(names))
    except TypeError as err:
        raise TypeError(
            f"fit_soft of the student must take {', '.join(names)}, and {student!r} "
            f"does not: {err}. Beside those of fit_soft(X, y, soft_targets, *, "
            "temperature, alpha, sample_weight) it gets method and beta unless "
            "method='soft', classes where y lacks one that the teacher knows, and "
            "X_val, y_val and sample_weight_val where fit does."
        ) from err


def _stand_in(problem):
    """Some answers that any loss takes, for rows without a label."""
    if problem.classes is None or problem.multilabel:
        return 1
    return np.resize(problem.classes, len(problem))
