"""Which layers are one, and a kind of sharing from outside of the package."""

from dataclasses import dataclass, replace

import pytest

from skopt_nn import networks
from skopt_nn.networks.sharing import SHARINGS, Sharing, Tied, shared_layers
from tests.doubles import SHARED, build


def test_layers_are_listed_with_the_slots_that_they_fill():
    groups = {"a": "one", "b": "two", "c": "one"}
    assert shared_layers(groups) == {"one": ["a", "c"]}
    assert shared_layers(groups, least=1) == {"one": ["a", "c"], "two": ["b"]}


def test_a_sharing_that_says_nothing_shares_nothing():
    slots = SHARED.slots()
    assert Sharing().groups(slots) == {slot: slot for slot in slots}
    assert Sharing().accepts(SHARED) is None
    assert not Sharing.needs_held_out
    assert not Sharing.trains_on


def test_tied_layers_are_those_of_one_shape():
    groups = Tied().groups({"a": (3, 3), "b": (4, 4), "c": (3, 3), "d": (5, 5)})
    assert groups == {"a": "shared_1", "b": "b", "c": "shared_1", "d": "d"}


@pytest.mark.parametrize("joined", [(), ("stage_1_block_1", "stage_1_block_2")])
def test_tied_takes_no_network_that_left_layers_of_one_shape_apart(joined):
    groups = {slot: slot for slot in SHARED.slots()} | dict.fromkeys(joined, "shared_1")
    reason = Tied().accepts(replace(SHARED, groups=groups))
    assert "layers of one shape have weights of their own" in reason


def test_tied_takes_a_network_whose_layers_have_all_merged():
    recipe = replace(SHARED, groups=Tied().groups(SHARED.slots()))
    assert Tied().accepts(recipe) is None


@dataclass(frozen=True)
class Alternating(Sharing):
    """Every second block of a stage is one layer."""

    def groups(self, slots):
        groups = {slot: slot for slot in slots}
        every_second = [s for s in slots if s.endswith(("block_1", "block_3"))]
        return groups | dict.fromkeys(every_second, "shared_1")


def test_any_groups_of_one_shape_make_a_network():
    recipe = replace(SHARED, filters=(4,), depth=3)
    tied = replace(recipe, groups=Alternating().groups(recipe.slots()))
    model = build(tied)
    assert len(model.get_layer("shared_1").get_weights()) == 2
    saved = 3 * 3 * 4 * 4 + 4
    assert networks.n_parameters(model) == recipe.n_unshared_parameters() - saved


def test_the_kinds_of_this_package_are_registered():
    assert {"tied", "templates", "clustered", "hashed"} <= set(SHARINGS)
    assert SHARINGS["similar"] is SHARINGS["templates"]
    assert all(issubclass(kind, Sharing) for kind in SHARINGS.values())
