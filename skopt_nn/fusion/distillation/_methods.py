"""What a student is given, made from what its teacher says."""

from functools import partial
from typing import Protocol

import numpy as np


class Method(Protocol):
    """A way to teach.

    It is called once a fit, when the teacher is fitted and before the student is.

    Parameters
    ----------
    problem : Problem
        The student's rows, all of a weight above zero, and queries without a label.
    teacher : estimator
        Fitted on all rows with a label; it may be asked about others.
    outputs : ndarray of shape (n_samples, n_classes), or of the shape of y
        What the teacher says about these rows: class probabilities or values, with
        ``cv`` those of clones that did not see the row.
    temperature, alpha, beta : float
        Parameters of the distilled model, none of them ``"auto"``.

    Returns
    -------
    lesson : dict
        The arguments of the student's ``fit_soft``, X and y among them.
    """

    def __call__(self, problem, teacher, outputs, *, temperature, alpha, beta): ...


def soft_targets(problem, teacher, outputs, *, temperature, alpha, beta, method="soft"):
    """Labels and the teacher's outputs; the outputs alone where there is no label."""
    y = problem.filled(problem.answers(outputs))
    every = problem.labelled.all()
    lesson = {
        "X": problem.X,
        "y": y,
        "soft_targets": outputs,
        "temperature": temperature,
        "alpha": alpha if every else np.where(problem.labelled, alpha, 1.0),
        "sample_weight": problem.sample_weight,
    }
    if _lacks_a_class(problem):
        lesson["classes"] = problem.classes
    # A student need not know of others.
    return lesson if method == "soft" else {**lesson, "method": method, "beta": beta}


def _lacks_a_class(problem):
    """Whether the labels do not say what all classes are."""
    if problem.classes is None or problem.multilabel:
        return False
    return len(np.unique(problem.y[problem.taught])) < len(problem.classes)


METHODS: dict[str, Method] = {
    "soft": soft_targets,
    "logits": partial(soft_targets, method="logits"),
    "decoupled": partial(soft_targets, method="decoupled"),
}
_OF_CLASSES = {"logits", "decoupled"}


def names_given(method, problem):
    """Arguments of ``fit_soft`` in a lesson; None for a method from outside."""
    if method not in {"soft", *_OF_CLASSES}:
        return None
    names = ["X", "y", "soft_targets", "temperature", "alpha", "sample_weight"]
    names += ["classes"] if _lacks_a_class(problem) else []
    return names if method == "soft" else [*names, "method", "beta"]


def check_method(method, problem):
    """Refuse a way to teach probabilities where there are none, or too few."""
    if method not in _OF_CLASSES:
        return
    if problem.classes is None:
        raise ValueError(
            f"method={method!r} compares probabilities, and values have none. Use "
            "method='soft'."
        )
    from skopt_nn import estimators

    estimators.check_method(method, len(problem.classes), problem.multilabel)


# Of three classes or more, and of two.
_TEMPERATURE, _TEMPERATURE_OF_TWO = 2.0, 1.0


def temperature_for(asked, problem):
    """The temperature that is asked for, or one that suits the classes.

    What a high one brings out is how the wrong classes compare, and beside the right
    one of two classes, or of a label and its absence, there is one alone.
    """
    if asked != "auto":
        return asked
    several = problem.classes is not None and len(problem.classes) > 2
    return _TEMPERATURE if several and not problem.multilabel else _TEMPERATURE_OF_TWO
