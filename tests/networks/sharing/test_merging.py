"""Layers that become one: what they are called, and what they start from."""

from dataclasses import replace

import numpy as np

from skopt_nn import networks
from skopt_nn.networks.sharing import shared_layers
from skopt_nn.networks.sharing._merging import merged, merged_model
from tests.doubles import SHARED, draw, to_numpy

APART = replace(SHARED, groups={slot: slot for slot in SHARED.slots()})


def drawn(recipe):
    """A model whose kernels are all unlike each other."""
    model = recipe.model()
    values = networks.get_values(model)
    drawn = [draw(v.shape, seed=i).astype(v.dtype) for i, v in enumerate(values)]
    return networks.set_values(model, drawn)


def test_merged_layer_starts_as_the_mean_of_two():
    pair = ("stage_1_block_1", "stage_2_entry")
    source = drawn(APART)
    recipe = merged(APART, *pair)
    target = merged_model(APART, source, recipe)
    for i, value in enumerate(target.get_layer("shared_1").get_weights()):
        parts = [source.get_layer(name).get_weights()[i] for name in pair]
        np.testing.assert_allclose(value, np.mean(parts, axis=0), rtol=1e-6)
    for name in ("stage_1_entry", "dense_1", "logits"):
        for one, other in zip(
            target.get_layer(name).get_weights(), source.get_layer(name).get_weights()
        ):
            np.testing.assert_array_equal(one, other)


def test_merged_layer_that_merges_again_is_the_mean_of_all_its_slots():
    pair = ("stage_1_block_1", "stage_2_entry")
    first = merged(APART, *pair)
    model = merged_model(APART, drawn(APART), first)
    second = merged(first, "shared_1", "stage_1_block_2")
    kernel = merged_model(first, model, second).get_layer("shared_1").kernel
    parts = [model.get_layer(n).kernel for n in ("shared_1", "stage_1_block_2")]
    one, other = map(to_numpy, parts)
    np.testing.assert_allclose(to_numpy(kernel), (2 * one + other) / 3, rtol=1e-5)


def test_merged_names_do_not_collide():
    recipe = merged(APART, "stage_1_block_1", "stage_1_block_2")
    recipe = merged(recipe, "stage_2_block_1", "stage_2_block_2")
    assert shared_layers(recipe.groups) == {
        "shared_1": ["stage_1_block_1", "stage_1_block_2"],
        "shared_2": ["stage_2_block_1", "stage_2_block_2"],
    }
    recipe = merged(recipe, "shared_1", "shared_2")
    assert [len(s) for s in shared_layers(recipe.groups).values()] == [4]
    assert list(shared_layers(recipe.groups)) == ["shared_1"]
