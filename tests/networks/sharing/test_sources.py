"""Kernels that are made of what is stored, recomputed in numpy."""

import math
from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import networks, training
from skopt_nn.networks.layers import hashed_size
from skopt_nn.networks.sharing import Clustered, Hashed, Templates
from skopt_nn.training.objectives import Objective, cross_entropy
from tests.doubles import SHARED, build, draw, to_numpy

DEEP = replace(SHARED, filters=(4, 4), depth=2, dense_units=(12, 12))
TEMPLATES = Templates(2).applied_to(DEEP)
PERCEPTRON = replace(SHARED, filters=(), dense_units=(24, 16))
HASHED = Hashed(4).applied_to(PERCEPTRON)
FEW = Clustered(3).applied_to(replace(SHARED, dense_units=(24, 16)))
SOURCES = pytest.mark.parametrize(
    "recipe", [TEMPLATES, HASHED, FEW], ids=["templates", "hashed", "few values"]
)
MIXED = [name for name in DEEP.slots() if name.startswith("stage")][1:]


def examples(recipe, n_rows=32):
    X = draw((n_rows, math.prod(recipe.input_shape)))
    y = np.arange(n_rows, dtype=np.int32) % recipe.n_outputs
    objective = Objective(cross_entropy, (y,), {"label_smoothing": 0.0})
    weights = np.ones(n_rows, np.float32)
    return training.Examples(training.ArrayRows(X), objective, weights)


def one_step(model, recipe):
    """One step of gradient descent of rate 1 over all rows."""
    how = training.Training(
        optimizer="sgd",
        learning_rate=1.0,
        learning_rate_schedule="constant",
        weight_decay=0.0,
        epochs=1,
        batch_size=None,
    )
    training.fit(model, examples(recipe), how, seed=0)
    return model


def twin_of(model, recipe):
    """The unshared network of the same numbers."""
    twin = recipe.without_sources().build()
    for layer in twin.layers:
        source = model.get_layer(layer.name)
        for variable in layer.variables:
            is_kernel = variable.name == "kernel"
            given = {v.name: v for v in source.variables}
            variable.assign(source.kernel if is_kernel else given[variable.name])
    return twin


@SOURCES
def test_a_network_computes_what_its_unshared_twin_does(recipe):
    model = build(recipe)
    rows = draw((5, math.prod(recipe.input_shape)))
    expected = training.Predictor(twin_of(model, recipe))(rows)
    np.testing.assert_allclose(training.Predictor(model)(rows), expected, atol=1e-5)
    formed = networks.folded(model)
    np.testing.assert_allclose(training.Predictor(formed)(rows), expected, atol=1e-5)
    assert {v.name for v in formed.trainable_variables} <= {
        *("kernel", "bias", "gamma", "beta")
    }


@SOURCES
def test_stored_arrays_are_those_that_a_file_must_have(recipe):
    model = build(recipe)
    recipe.check_values(networks.get_values(model))
    values = networks.get_values(model)
    largest = max(range(len(values)), key=lambda i: values[i].size)
    with pytest.raises(ValueError, match="not among its values"):
        recipe.check_values(values[:largest] + values[largest + 1 :])


# -- templates ------------------------------------------------------------------


def test_kernels_of_one_shape_are_mixtures_of_the_templates_stored():
    model = build(TEMPLATES)
    banks = [v for v in model.trainable_variables if v.name == "templates"]
    assert [tuple(v.shape) for v in banks] == [(2, 3, 3, 4, 4)]
    templates = to_numpy(banks[0])
    for name in MIXED:
        layer = model.get_layer(name)
        mixture = to_numpy(layer.mixture)
        assert np.linalg.norm(mixture) == pytest.approx(1)
        expected = np.tensordot(mixture, templates, axes=1)
        np.testing.assert_allclose(to_numpy(layer.kernel), expected, rtol=1e-5)
    # One dense kernel of its shape is less than there would be templates.
    assert {v.name for v in model.get_layer("dense_2").variables} == {"kernel", "bias"}


def test_templates_and_mixtures_take_the_gradients_of_their_kernels():
    model = build(TEMPLATES)
    twin = twin_of(model, TEMPLATES)
    before = {name: to_numpy(twin.get_layer(name).kernel) for name in MIXED}
    mixtures = {name: to_numpy(model.get_layer(name).mixture) for name in MIXED}
    templates = to_numpy(model.get_layer(MIXED[0]).source.templates)
    one_step(twin, TEMPLATES)
    one_step(model, TEMPLATES)
    steps = {n: to_numpy(twin.get_layer(n).kernel) - before[n] for n in MIXED}
    moved = to_numpy(model.get_layer(MIXED[0]).source.templates) - templates
    expected = sum(np.multiply.outer(mixtures[n], steps[n]) for n in MIXED)
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-5)
    for name in MIXED:
        moved = to_numpy(model.get_layer(name).mixture) - mixtures[name]
        expected = np.tensordot(templates, steps[name], axes=steps[name].ndim)
        np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-5)


def test_mixtures_do_not_decay():
    roles = {v.name: v.role.decays for v in build(TEMPLATES).trainable_variables
             if hasattr(v, "role")}  # fmt: skip
    assert roles == {"kernel": True, "templates": True, "mixture": False}


class Run:
    """A training that is over, of which a kind of sharing may make another network."""

    def __init__(self, recipe, model):
        self.recipe, self.model = recipe, model

    def replace(self, recipe, model):
        self.recipe, self.model = recipe, model


def test_layers_whose_mixtures_are_alike_become_one():
    model = build(TEMPLATES)
    first, second, third, *_ = MIXED
    for name, mixture in ((first, [1, 0.01]), (second, [1.04, 0]), (third, [0, 1])):
        model.get_layer(name).mixture.assign(np.float32(mixture))
    run = Run(TEMPLATES, model)
    Templates(2).after_training(run)
    shared = {tuple(slots) for slots in run.recipe.partition}
    assert tuple(sorted((first, second))) in shared
    assert not any(third in slots for slots in shared)
    merged = run.model.get_layer(run.recipe.groups[first])
    np.testing.assert_allclose(to_numpy(merged.mixture), [1.02, 0.005], rtol=1e-6)
    bank = to_numpy(merged.source.templates)
    np.testing.assert_array_equal(
        bank, to_numpy(model.get_layer(first).source.templates)
    )
    run.recipe.check_values(networks.get_values(run.model))


@pytest.mark.parametrize("other", [2.0, -1.0, 1.2, 0.0])
def test_layers_of_one_template_that_take_more_or_less_of_it_stay_apart(other):
    """Nothing is trained behind it: one layer in place of both would be another."""
    recipe = replace(TEMPLATES, n_templates=1)
    model = build(recipe)
    mixed = [layer for layer in model.layers if hasattr(layer, "mixture")]
    for i, layer in enumerate(mixed):
        layer.mixture.assign(np.float32([10.0**i]))
    for name, scale in zip(MIXED, (1.0, other)):
        model.get_layer(name).mixture.assign(np.float32([scale]))
    run = Run(recipe, model)
    Templates(1).after_training(run)
    assert run.model is model


def test_a_bank_as_large_as_the_layers_it_serves_is_refused():
    assert Templates(4).check(DEEP) is None
    with pytest.raises(ValueError, match=r"n_templates=5 must be less .* than 5\. Use"):
        Templates(5).check(DEEP)


# -- hashed ---------------------------------------------------------------------


def test_hashed_kernels_hold_what_is_stored_and_its_negative():
    model = build(HASHED)
    for layer in (model.get_layer("dense_1"), model.get_layer("logits")):
        stored, kernel = to_numpy(layer.hashed), to_numpy(layer.kernel)
        assert stored.size == hashed_size(kernel.shape, 4)
        assert kernel.size / stored.size == pytest.approx(4, rel=0.1)
        np.testing.assert_array_equal(np.unique(np.abs(kernel)), np.unique(abs(stored)))
        uses = np.unique(np.abs(kernel), return_counts=True)[1]
        assert uses.max() - uses.min() <= 1
        assert (kernel > 0).mean() == pytest.approx(0.5, abs=0.1)


def test_what_is_stored_takes_the_sum_of_the_gradients_of_its_places():
    model = build(HASHED)
    twin = twin_of(model, HASHED)
    layer, other = model.get_layer("dense_1"), twin.get_layer("dense_1")
    kernel, stored = to_numpy(other.kernel), to_numpy(layer.hashed)
    one_step(twin, HASHED)
    one_step(model, HASHED)
    step = to_numpy(other.kernel) - kernel
    expected = [
        np.sum(step * np.sign(kernel) * np.sign(value), where=abs(kernel) == abs(value))
        for value in stored
    ]
    moved = to_numpy(layer.hashed) - stored
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-5)


def test_convolutions_of_one_pixel_are_hashed_and_wider_ones_are_not():
    recipe = Hashed(3).applied_to(replace(DEEP, kernel_size=(3, 1)))
    names = {
        v.path.split("/")[0] for v in build(recipe).variables if v.name == "hashed"
    }
    assert names == {name for name in DEEP.kernels() if not name.startswith("stage_1")}


@pytest.mark.parametrize(
    ("shape", "compression", "stored"),
    [
        ((784, 1000), 8, 98_000),
        ((784, 1000), 64, 12_248),
        ((10, 3), 7, 4),
        ((2, 2), 5, 1),
    ],
)
def test_what_is_stored_are_whole_tiles(shape, compression, stored):
    assert hashed_size(shape, compression) == stored


def test_a_compression_that_leaves_no_weight_is_refused():
    recipe = Hashed(1e6).applied_to(PERCEPTRON)
    with pytest.raises(ValueError, match=r"compression=1000000.0 must leave a weight"):
        Hashed(1e6).check(recipe)


def test_a_compression_that_stores_next_to_nothing_is_refused():
    wide = replace(PERCEPTRON, dense_units=(64, 64), n_outputs=32)
    assert Hashed(1000).check(Hashed(1000).applied_to(wide)) is None
    with pytest.raises(ValueError, match=r"compression must be at most 1000, got 1001"):
        Hashed(1001).applied_to(wide).check_values([])


# -- few values -----------------------------------------------------------------


def nearest(layer):
    latent, values = to_numpy(layer.latent), to_numpy(layer.codebook)
    return values[np.abs(latent[..., None] - values).argmin(axis=-1)]


@pytest.mark.parametrize("n_values", [1, 2, 4])
def test_each_weight_is_the_nearest_value(n_values):
    model = build(replace(FEW, n_values=n_values))
    for layer in (model.get_layer("dense_1"), model.get_layer("logits")):
        np.testing.assert_allclose(to_numpy(layer.kernel), nearest(layer), rtol=1e-5)
        assert len(np.unique(nearest(layer))) == n_values


def test_values_start_as_the_means_of_equal_parts_of_the_weights_drawn():
    layer = build(replace(FEW, dense_units=(24, 400))).get_layer("dense_2")
    latent, values = to_numpy(layer.latent), to_numpy(layer.codebook)
    means = [latent[nearest(layer) == value].mean() for value in values]
    np.testing.assert_allclose(values, means, atol=0.05 * latent.max())


def test_a_value_takes_the_sum_of_the_gradients_of_its_weights_and_weights_their_own():
    model = build(FEW)
    twin = twin_of(model, FEW)
    layer, other = model.get_layer("dense_1"), twin.get_layer("dense_1")
    latent, values = to_numpy(layer.latent), to_numpy(layer.codebook)
    kernel = to_numpy(other.kernel)
    one_step(twin, FEW)
    one_step(model, FEW)
    step = to_numpy(other.kernel) - kernel
    moved = to_numpy(layer.latent) - latent
    np.testing.assert_allclose(moved, step, rtol=1e-3, atol=1e-5)
    moved = to_numpy(layer.codebook) - values
    expected = [step[np.isclose(kernel, value)].sum() for value in values]
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-5)


def test_weights_settle_on_the_values_of_their_kernels():
    model = build(FEW)
    layer = model.get_layer("dense_1")
    layer.codebook.assign(np.float32([0.2, 0.1, -0.1]))
    kernel = to_numpy(layer.kernel)
    Clustered(3).project(model, 0.5)
    assert len(np.unique(to_numpy(layer.latent))) > 3
    Clustered(3).project(model, 1.0)
    np.testing.assert_allclose(to_numpy(layer.latent), kernel, rtol=1e-5)
    np.testing.assert_array_equal(to_numpy(layer.kernel), to_numpy(layer.latent))
    assert set(np.unique(to_numpy(layer.latent))) <= set(to_numpy(layer.codebook))


def test_many_values_are_found_by_projection():
    assert Clustered(4).applied_to(PERCEPTRON).n_values == 4
    assert Clustered(5).applied_to(PERCEPTRON) == PERCEPTRON


def test_kernels_of_each_channel_by_itself_have_no_source_and_are_projected():
    recipe = replace(SHARED, block="separable", depth=1, dense_units=(24,))
    model = build(Clustered(2).applied_to(recipe))
    depthwise = [layer for layer in model.layers if layer.name.endswith("_depthwise")]
    assert depthwise
    for layer in depthwise:
        assert [v.name for v in layer.variables] == ["kernel", "bias"]
    Clustered(2).project(model, 1.0)
    for name in recipe.kernels():
        assert len(np.unique(to_numpy(model.get_layer(name).kernel))) <= 2
