"""Parameters as dataclass fields; a new one is a field and the string below it."""

import inspect
import math
from numbers import Integral, Real

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skopt_nn import CNNClassifier, SharedWeightClassifier
from skopt_nn._parameters import (
    COUNT,
    SHARE,
    Flag,
    OneOf,
    Range,
    Sizes,
    checked,
    parameter,
    parameters,
    redefault,
)
from skopt_nn.training import Training
from skopt_nn.training.hooks import Hook

# -- constraints ----------------------------------------------------------------

ACCEPTED = [
    (Range(Integral, 1), [1, 10**30, np.int8(3)]),
    (Range(Integral, 0, 5), [0, 4]),
    (Range(Real, 0, 1, closed="both"), [0, 1, 0.5, np.float32(0.5)]),
    (Range(Real, 0, closed="neither"), [1e-300, math.inf]),
    (Range(Real, None, 0, closed="right"), [-math.inf, 0]),
    (OneOf(("a", None)), ["a", None]),
    (Sizes(), [(), [], (1, 2), [np.int64(3)]]),
    (Sizes(least=1), [(1,)]),
    (Flag(), [True, False]),
]
REFUSED = [
    (Range(Integral, 1), [0, 1.0, True, "1", None, math.nan]),
    (Range(Integral, 0, 5), [5, -1]),
    (Range(Real, 0, 1, closed="both"), [-1e-9, 1.1, math.nan, True, "0", 1j]),
    (Range(Real, 0, closed="neither"), [0, -1, math.nan]),
    (Range(Real, None, 0, closed="right"), [1e-300]),
    (OneOf(("a", None)), ["b", "", 1, ("a",), ["a"], {"a": 1}]),
    (OneOf(("a",)), [None]),
    (Sizes(), [1, "12", {1, 2}, (0,), (1.0,), (True,), ((1,),)]),
    (Sizes(least=1), [()]),
    (Flag(), [0, 1, None, "True", np.bool_(True)]),
]


def cases(pairs):
    return [(constraint, value) for constraint, values in pairs for value in values]


@pytest.mark.parametrize(("constraint", "value"), cases(ACCEPTED), ids=str)
def test_values_within_a_constraint_become_plain(constraint, value):
    plain = checked("size", value, constraint)
    assert plain == (tuple(value) if isinstance(value, list) else value)
    assert type(plain) in (int, float, str, bool, tuple, type(None))


@pytest.mark.parametrize(("constraint", "value"), cases(REFUSED), ids=str)
def test_values_that_break_a_constraint_are_refused(constraint, value):
    with pytest.raises(ValueError, match=r"^size must be .*, got ") as error:
        checked("size", value, constraint)
    assert str(error.value) == f"size must be {constraint}, got {value!r}."


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (COUNT, "an int in [1, inf)"),
        (SHARE, "a number in [0, 1)"),
        (Range(Real, None, 2.5, closed="right"), "a number in (-inf, 2.5]"),
        (OneOf(("b", "a")), "one of ['a', 'b']"),
        (Sizes(), "a tuple of positive ints, one a layer (empty for none)"),
        (Flag(), "True or False"),
    ],
    ids=str,
)
def test_a_constraint_says_what_it_asks_for(constraint, text):
    assert str(constraint) == text


def test_a_name_that_is_registered_later_counts():
    names = {"tied": 1}
    constraint = OneOf(names.keys())
    assert not constraint.holds("new")
    names["new"] = 2
    assert constraint.holds("new")


# -- groups ---------------------------------------------------------------------


@parameters
class Group:
    """A group.

    Parameters
    ----------
    %(parameters)s
    """

    size: int = parameter(3, COUNT)
    """How many."""
    names: list | None = parameter(None, [list, None], "list of str", kw_only=False)
    """Which ones,
    in order.
    """


@parameters
class Larger(Group):
    """A larger group.

    Parameters
    ----------
    %(parameters)s
    """

    size: int = redefault(Group, "size", 9)


def test_the_docstring_lists_parameters_with_types_and_defaults():
    assert inspect.getdoc(Group) == (
        "A group.\n\n"
        "Parameters\n----------\n"
        "names : list of str, default=None\n    Which ones,\n    in order.\n"
        "size : int, default=3\n    How many."
    )


def test_another_default_keeps_the_rest():
    assert Larger().size == 9
    assert "size : int, default=9\n    How many." in inspect.getdoc(Larger)
    assert list(inspect.signature(Larger).parameters) == ["names", "size"]


def test_a_constructor_only_assigns():
    given = ["a"]
    group = Group(given, size="no check here")
    assert group.names is given
    assert vars(group) == {"size": "no check here", "names": given}


def test_groups_are_compared_by_identity():
    assert Group() != Group()
    assert hash(Group()) != hash(Group())


def test_training_alone_has_all_that_a_fit_asks_for():
    assert Training(epochs=3).epochs == 3
    assert all(of.kw_only for of in Training.__dataclass_fields__.values())


# -- a new parameter ------------------------------------------------------------


class WarmUp(Hook):
    """Lets the rate rise over the steps of the first epoch."""

    def __init__(self, share):
        self.share = share

    def begin_epoch(self, run):
        if run.epoch == 0 and self.share:
            steps = np.arange(1, run.n_steps + 1)
            rise = np.minimum(steps / (self.share * run.n_steps), 1)
            run.rates = run.learning_rate * rise


@parameters
class WarmedUp(CNNClassifier):
    """A network whose first steps are small.

    Parameters
    ----------
    %(parameters)s
    """

    warm_up: float = parameter(0.0, Range(Real, 0, 1, closed="both"))
    """Part of the first epoch in which the rate rises, in [0, 1]."""

    def _run_epochs(self, examples, held_out, hooks):
        super()._run_epochs(examples, held_out, [*hooks, WarmUp(self.warm_up)])


def test_a_new_parameter_is_one_of_the_constructor():
    signature = inspect.signature(WarmedUp)
    assert signature.parameters["warm_up"].default == 0.0
    assert signature.parameters["warm_up"].kind is inspect.Parameter.KEYWORD_ONLY
    assert {*signature.parameters} == {*CNNClassifier().get_params(), "warm_up"}
    assert next(iter(signature.parameters)) == "filters"


def test_a_new_parameter_is_got_set_cloned_and_shown():
    net = WarmedUp((4,), warm_up=0.5)
    assert net.get_params()["warm_up"] == 0.5
    assert clone(net).warm_up == 0.5
    assert repr(net) == "WarmedUp(filters=(4,), warm_up=0.5)"
    assert net.set_params(warm_up=0.25).warm_up == 0.25
    assert repr(WarmedUp()) == "WarmedUp()"


def test_a_new_parameter_is_described():
    described = "warm_up : float, default=0.0\n    Part of the first epoch in which"
    assert described in inspect.getdoc(WarmedUp)
    assert "warm_up" not in CNNClassifier.__doc__
    assert """learning_rate : float or "auto", default='auto'""" in inspect.getdoc(
        WarmedUp
    )


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", None, math.nan])
def test_a_new_parameter_is_checked_by_fit(digits, tiny, value):
    match = "The 'warm_up' parameter of WarmedUp must be a float in the range"
    with pytest.raises(ValueError, match=match):
        WarmedUp(**tiny, warm_up=value).fit(*digits)


def test_a_new_parameter_is_searched_over_and_counts(digits, tiny):
    X, y = digits
    grid = {"warm_up": [0.0, 1.0]}
    search = GridSearchCV(WarmedUp(**tiny), grid, cv=2).fit(X, y)
    assert [p["warm_up"] for p in search.cv_results_["params"]] == [0.0, 1.0]
    plain, same, warmed = (
        net.fit(X, y).predict_proba(X)
        for net in (
            CNNClassifier(**tiny),
            WarmedUp(**tiny),
            WarmedUp(**tiny, warm_up=1.0),
        )
    )
    np.testing.assert_array_equal(same, plain)
    assert (warmed != plain).any()


@pytest.mark.parametrize("cls", [CNNClassifier, SharedWeightClassifier])
def test_constraints_of_scikit_learn_are_those_of_the_fields(cls):
    assert cls._parameter_constraints.keys() == cls().get_params().keys()
