"""Parameters as dataclass fields: default, constraint and docstring in one place."""

import ast
import inspect
import itertools
import sys
import textwrap
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple, dataclass_transform


class Range(NamedTuple):
    """Numbers of a kind between bounds; None is no bound."""

    kind: type
    low: float | None
    high: float | None = None
    closed: str = "left"

    def holds(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, self.kind):
            return False
        above = self.closed in ("left", "both")
        below = self.closed in ("right", "both")
        return (
            self.low is None or value > self.low or (above and value == self.low)
        ) and (self.high is None or value < self.high or (below and value == self.high))

    def plain(self, value: Any) -> int | float:
        return int(value) if self.kind is Integral else float(value)

    def __str__(self):
        kind = "an int" if self.kind is Integral else "a number"
        left = "[" if self.closed in ("left", "both") else "("
        right = "]" if self.closed in ("right", "both") else ")"
        low = "-inf" if self.low is None else self.low
        high = "inf" if self.high is None else self.high
        return f"{kind} in {left}{low}, {high}{right}"


class OneOf(NamedTuple):
    """One of some strings, or None; names that are registered later count."""

    names: Collection[str | None]

    def holds(self, value: Any) -> bool:
        return (value is None or isinstance(value, str)) and value in self.names

    def plain(self, value: Any) -> Any:
        return value

    def __str__(self):
        return f"one of {sorted(self.names, key=str)}"


class Sizes(NamedTuple):
    """A sequence of at least so many positive ints."""

    meaning: str = "one a layer (empty for none)"
    least: int = 0

    def holds(self, value: Any) -> bool:
        return (
            isinstance(value, (tuple, list))
            and len(value) >= self.least
            and all(map(COUNT.holds, value))
        )

    def plain(self, value: Any) -> tuple[int, ...]:
        return tuple(map(int, value))

    def __str__(self):
        return f"a tuple of positive ints, {self.meaning}"


class Staged(NamedTuple):
    """A positive int, or one for each stage."""

    def holds(self, value: Any) -> bool:
        return COUNT.holds(value) or Sizes(least=1).holds(value)

    def plain(self, value: Any) -> int | tuple[int, ...]:
        return int(value) if COUNT.holds(value) else Sizes().plain(value)

    def __str__(self):
        return "a positive int or a tuple of them, one a stage"


class Flag(NamedTuple):
    """True or False."""

    def holds(self, value: Any) -> bool:
        return isinstance(value, bool)

    def plain(self, value: Any) -> bool:
        return value

    def __str__(self):
        return "True or False"


Constraint = Range | OneOf | Sizes | Staged | Flag
COUNT = Range(Integral, 1)
SHARE = Range(Real, 0, 1)


def checked(name: str, value: Any, constraint: Constraint) -> Any:
    """The value as plain Python; ValueError if it breaks its constraint."""
    if not constraint.holds(value):
        raise ValueError(f"{name} must be {constraint}, got {value!r}.")
    return constraint.plain(value)


def parameter(
    default: Any, constraint: Any, kind: str = "", *, kw_only: bool = True
) -> Any:
    """A field of a group of parameters; a string below it is its docstring.

    Parameters
    ----------
    default : object
        Its default.
    constraint : Range, OneOf, Sizes, type, "boolean" and such, None, or a list of them
        What its value must be.
    kind : str
        Its type in the docstring, where the annotation does not say it.
    """
    constraints = constraint if isinstance(constraint, list) else [constraint]
    about = {"constraint": constraints, "kind": kind}
    return field(default=default, kw_only=kw_only, metadata=about)


def redefault(group: type, name: str, default: Any) -> Any:
    """The parameter of a group with another default."""
    (of,) = (f for f in fields(group) if f.name == name)
    return field(default=default, kw_only=of.kw_only, metadata=of.metadata)


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter, redefault))
def parameters(cls: type) -> type:
    """Class decorator: an ``__init__`` that only assigns, and the docstrings.

    ``%(parameters)s`` in the docstring becomes the numpydoc section of all parameters.
    """
    cls = dataclass(eq=False, repr=False)(cls)
    if cls.__doc__ and "%(parameters)s" in cls.__doc__:  # there is none under -OO
        docs = {}
        for base in reversed(cls.__mro__):
            if "__dataclass_fields__" in vars(base):
                docs |= _docs_of(base.__module__).get(base.__name__, {})
        ordered = sorted(fields(cls), key=lambda of: bool(of.kw_only))
        listed = "\n".join(_paragraph(of, docs.get(of.name, "")) for of in ordered)
        listed = textwrap.indent(listed, "    ").strip()
        cls.__doc__ = cls.__doc__.replace("%(parameters)s", listed)
    return cls


@cache
def _docs_of(module):
    """For each class of a module the strings below its fields, from its source."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError):  # without sources there are no such docstrings
        return {}
    return {
        node.name: {
            ast.unparse(of.target): inspect.cleandoc(ast.literal_eval(doc.value))
            for of, doc in itertools.pairwise(node.body)
            if isinstance(of, ast.AnnAssign) and isinstance(doc, ast.Expr)
        }
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


def _paragraph(of, doc):
    kind = of.metadata["kind"] or of.type.__name__
    text = textwrap.indent(doc, "    ")
    return f"{of.name} : {kind}, default={of.default!r}\n{text}"
