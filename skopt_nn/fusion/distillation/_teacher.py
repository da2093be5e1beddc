"""What is to be known about a teacher: its classes, its input shape, its recipe."""

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._members import known_classes


def unfitted(estimator):
    """Return a clone that holds nothing fitted, not even inside a FrozenEstimator."""
    if isinstance(estimator, FrozenEstimator):
        return FrozenEstimator(unfitted(estimator.estimator))
    recipe = clone(estimator)
    params = recipe.get_params().items()
    frozen = {name: p for name, p in params if isinstance(p, FrozenEstimator)}
    return recipe.set_params(**{name: unfitted(p) for name, p in frozen.items()})


def check_frozen(teacher):
    """Refuse a FrozenEstimator, as teacher or within it, that has not been fitted."""
    for part in (teacher, *teacher.get_params().values()):
        if not isinstance(part, FrozenEstimator):
            continue
        try:
            check_is_fitted(part)
        except NotFittedError as err:
            raise NotFittedError(
                "teacher has an estimator in FrozenEstimator that is not fitted: got "
                f"{part!r}. Fit it first, or pass it without FrozenEstimator to have a "
                "clone fitted. Pickles and files of a distilled model hold what its "
                "teacher learned only with keep_teacher=True."
            ) from err


def input_shape_within(estimator):
    """Return the one input shape that is set within ``estimator``, or None."""
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    shapes = set()
    for name, value in estimator.get_params().items():
        if name.rpartition("__")[2] == "input_shape" and value is not None:
            shapes.add(tuple(value))
        if isinstance(value, FrozenEstimator):
            shapes.add(input_shape_within(value))
    shapes.discard(None)
    return shapes.pop() if len(shapes) == 1 else None


def check_classes(teacher, problem):
    """Return all classes of a fitted teacher, in order, which must know those of y."""
    classes = problem.classes
    if classes is None:
        return None
    known = np.sort(known_classes(teacher))
    more_labels = problem.multilabel and len(known) != len(classes)
    if more_labels or len(np.setdiff1d(classes, known)):
        raise ValueError(
            f"teacher knows the classes {known.tolist()}, y has {classes.tolist()}: "
            "soft targets need those of y. A FrozenEstimator keeps its classes; pass "
            "the estimator itself to have a clone fitted to y."
        )
    return known


def check_kind(teacher, problem):
    """Refuse a fitted teacher of one label a row for several, and the reverse."""
    if problem.classes is None:
        return
    # Its classes do not tell: many have 0, 1, 2 for three labels, too.
    said = teacher.predict(problem.take([0]).X)
    several = np.ndim(said) == 2 and said.shape[1] > 1
    if several != problem.multilabel:
        kinds = "one label a row", "a 0/1 indicator of several labels"
        raise ValueError(
            f"teacher was fitted to {kinds[several]}, and y is "
            f"{kinds[problem.multilabel]}: got the shape {problem.y.shape}. A "
            "FrozenEstimator keeps what it learned; pass the estimator itself to have "
            "a clone fitted to y."
        )
