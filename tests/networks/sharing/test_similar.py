"""Merging: which layers, what they start from, and when a merge is taken back."""

from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import networks
from skopt_nn.networks.sharing import Similar, shared_layers
from skopt_nn.networks.sharing._similar import (
    merged,
    merged_model,
    most_similar,
    similarity,
)
from tests.doubles import SHARED, draw, to_numpy

APART = replace(SHARED, groups={slot: slot for slot in SHARED.slots()})
NAN = float("nan")


def drawn(recipe):
    """A model whose kernels are all unlike each other."""
    model = recipe.model()
    values = networks.get_values(model)
    drawn = [draw(v.shape, seed=i).astype(v.dtype) for i, v in enumerate(values)]
    return networks.set_values(model, drawn)


class Run:
    """A training whose held-out scores are given, and which only writes itself down."""

    is_in_time = True

    def __init__(self, scores, recipe=APART):
        self.recipe, self.model = recipe, drawn(recipe)
        self._scores = iter(scores)
        self.trained = []

    def score(self):
        return next(self._scores)

    def train(self, epochs):
        self.trained.append(epochs)
        values = networks.get_values(self.model)
        networks.set_values(self.model, [value + 1 for value in values])

    def replace(self, recipe, model):
        self.recipe, self.model = recipe, model


def n_layers(run):
    return len(set(run.recipe.groups.values()))


N_SLOTS = len(APART.groups)


def after_training(scores, tolerance):
    run = Run(scores)
    Similar(tolerance=tolerance, fine_tune_epochs=3).after_training(run)
    return run


def test_layers_merge_until_no_two_of_one_shape_are_left():
    run = after_training([0.9] * 9, tolerance=0.0)
    assert [len(slots) for slots in shared_layers(run.recipe.groups).values()] == [5]
    assert run.trained == [3] * 4
    assert run.recipe.stored_kernels() == {
        layer.name: tuple(layer.kernel.shape)
        for layer in run.model.layers
        if hasattr(layer, "kernel")
    }


def test_merge_that_costs_too_much_is_taken_back():
    run = after_training([0.9, 0.889], tolerance=0.01)
    assert run.recipe is APART


def test_rejected_merge_leaves_the_weights_before_it():
    class Kept(Run):
        models = []

        def replace(self, recipe, model):
            self.models.append((self.model, networks.get_values(self.model)))
            super().replace(recipe, model)

    run = Kept([0.9, 0.9, 0.0])
    Similar(tolerance=0.01, fine_tune_epochs=3).after_training(run)
    assert n_layers(run) == N_SLOTS - 1
    assert len(run.models) == 3
    model, values = run.models[1]
    assert run.model is model
    for one, other in zip(networks.get_values(run.model), values, strict=True):
        np.testing.assert_array_equal(one, other)


def test_scores_are_held_against_the_network_before_any_merge():
    """Merges may not cost the tolerance each, but all of them together."""
    run = after_training([0.9, 0.89, 0.88], tolerance=0.015)
    assert n_layers(run) == N_SLOTS - 1


@pytest.mark.parametrize("scores", [[NAN, 0.9], [0.9, NAN]], ids=str)
def test_a_score_that_is_no_number_accepts_no_merge(scores):
    assert after_training(scores, tolerance=1e9).recipe is APART


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


def test_most_similar_is_the_largest_cosine():
    model = drawn(APART)
    nearly = to_numpy(model.get_layer("stage_1_block_2").kernel)
    model.get_layer("stage_2_block_1").kernel.assign(3 * nearly + 0.01)
    (cosine, *pair), *others = most_similar(APART, model)
    assert pair == ["stage_1_block_2", "stage_2_block_1"]
    assert cosine > 0.99 > others[0][0]
    assert len(others) + 1 == 5 * 4 // 2


def test_similarity_is_a_cosine():
    first, second = draw((3, 3, 2, 4)), draw((3, 3, 2, 4), seed=1)
    a, b = first.ravel().astype(float), second.ravel().astype(float)
    expected = a @ b / np.sqrt((a @ a) * (b @ b))
    assert similarity(first, second) == pytest.approx(expected, rel=1e-5)
    assert similarity(first, -2 * first) == pytest.approx(-1, rel=1e-6)
    assert similarity(first, 0 * first) == 0
