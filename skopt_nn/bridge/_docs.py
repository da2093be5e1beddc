"""Docstrings and signatures that say in full what classes inherit."""

import inspect
import re

from skopt_nn.bridge._routing import declared_parameters

_HEADING = r"\n\n([A-Z][A-Za-z ]+)\n-+\n"


def shown_in_full(cls):
    """Complete what a class says of itself by what its parents in this room say.

    ``%(Parameters)s`` in its docstring becomes the section of that name of the
    parents', of which ``%(kwargs)s`` is the end; the signature of its constructor
    shows the parameters that ``**kwargs`` hands on.
    """
    if cls.__doc__:  # there is none under python -OO
        sections = {}
        for parent in reversed(cls.__mro__[1:]):
            if parent.__module__.startswith("skopt_nn."):
                sections |= _sections(parent.__doc__)
        cls.__doc__ = inspect.cleandoc(cls.__doc__) % sections
    if "__init__" in vars(cls):
        own = inspect.signature(cls.__init__).parameters
        names = [own["self"], *declared_parameters(cls).values(), own["kwargs"]]
        cls.__init__.__signature__ = inspect.Signature(names)
    return cls


def _sections(doc):
    _, *parts = re.split(_HEADING, inspect.cleandoc(doc))
    found = dict(zip(parts[::2], parts[1::2]))
    if "Parameters" in found:
        named, mark, rest = found["Parameters"].partition("\n**kwargs")
        found |= {"Parameters": named, "kwargs": mark.lstrip() + rest}
    return found
