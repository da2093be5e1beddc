"""Constraints of parameters, as scikit-learn validates them."""

from dataclasses import fields

from skopt_nn._compat import Interval, StrOptions
from skopt_nn._parameters import OneOf, Range


class FieldConstraints:
    """``_parameter_constraints`` of a class, read off its dataclass fields."""

    def __get__(self, estimator, cls):
        return {
            of.name: list(map(_as_sklearn, of.metadata["constraint"]))
            for of in fields(cls)
        }


def _as_sklearn(constraint):
    if isinstance(constraint, Range):
        kind, low, high, closed = constraint
        return Interval(kind, low, high, closed=closed)
    if isinstance(constraint, OneOf):
        return StrOptions(set(constraint.names))
    return constraint
