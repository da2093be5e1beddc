"""numpydoc's validation of everything public."""

import inspect

import pytest
from numpydoc.validate import validate

import skopt_nn

# Rules that are not ours, each with the reason.
IGNORED = {
    "ES01": "a summary that says it all needs no second paragraph",
    "EX01": "a class has examples; its methods are seen at work there",
    "SA01": "related classes are named by classes, not by each method",
    "SS05": "a summary may be a noun, and nouns may end in s (Features of ...)",
    "RT02": "scikit-learn writes `self : object`",
    "RT03": "`self` says nothing more",
}
FUNCTIONS = ("cache_info", "clear_cache", "set_cache_size")


def public_names():
    yield from (f"skopt_nn.training.{name}" for name in FUNCTIONS)
    for name in skopt_nn.__all__:
        yield f"skopt_nn.{name}"
        public = getattr(skopt_nn, name)
        if inspect.isclass(public):
            yield from (f"skopt_nn.{name}.{method}" for method in methods_of(public))


def methods_of(cls):
    """Public methods whose docstring is written in this package."""
    for name, member in inspect.getmembers(cls, inspect.isroutine):
        if not name.startswith("_") and member.__module__.startswith("skopt_nn"):
            yield name


@pytest.mark.parametrize("name", [*public_names()])
def test_docstring_is_as_numpydoc_asks(name):
    found = [error for error in validate(name)["errors"] if error[0] not in IGNORED]
    assert not found


def test_no_rule_is_ignored_that_nobody_breaks():
    broken = {code for name in public_names() for code, _ in validate(name)["errors"]}
    assert broken >= IGNORED.keys()


@pytest.mark.parametrize(
    "name", [f"skopt_nn.{name}" for name in skopt_nn.__all__ if name[0].isupper()]
)
def test_a_public_class_has_examples_or_says_where_they_are(name):
    errors = {code for code, _ in validate(name)["errors"]}
    assert "EX01" not in errors or "SA01" not in errors
