"""Every block of the convolutional network shares the kernels that are of one shape."""

from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import networks, training
from skopt_nn.networks.sharing import Hashed, Templates, Tied
from tests.doubles import SHARED, build, draw, to_numpy

SHARED = replace(SHARED, filters=(6, 6), dense_units=(), normalization="batch")
BLOCKS = pytest.mark.parametrize("block", networks.SHARED_BLOCKS)


def rows(recipe, n=7):
    return draw((n, int(np.prod(recipe.input_shape))))


def trained(model):
    """A model whose normalizations are told apart, as if they had been trained."""
    rng = np.random.default_rng(0)
    values = [
        v + rng.uniform(0.1, 1, v.shape).astype(v.dtype)
        if v.ndim == 1 and v.dtype.kind == "f"
        else v
        for v in networks.get_values(model)
    ]
    return networks.set_values(model, values)


@BLOCKS
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_tied_network_computes_what_its_unshared_twin_does(block, activation):
    recipe = replace(SHARED, block=block, depth=3, activation=activation)
    tied = Tied().applied_to(recipe)
    assert tied.partition
    model = trained(build(tied))
    twin = replace(tied, groups={slot: slot for slot in tied.slots()}).build()
    for layer in twin.layers:
        name = tied.groups.get(layer.name, layer.name)
        layer.set_weights(model.get_layer(name).get_weights())
    X = rows(recipe)
    found, expected = (training.Predictor(of)(X) for of in (model, twin))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert networks.n_parameters(twin) == recipe.n_unshared_parameters()
    assert networks.n_parameters(model) < networks.n_parameters(twin)
    once, often = networks.summary(model), networks.summary(twin)
    assert once.n_multiply_adds == often.n_multiply_adds


@BLOCKS
@pytest.mark.parametrize("normalization", [None, *networks.NORMALIZATIONS])
def test_parameters_without_sharing_are_counted(block, normalization):
    recipe = replace(SHARED, block=block, depth=2, normalization=normalization)
    assert recipe.n_unshared_parameters() == networks.n_parameters(recipe.build())


@BLOCKS
def test_each_place_has_a_normalization_of_its_own(block):
    tied = Tied().applied_to(replace(SHARED, block=block, depth=3))
    names = [layer.name for layer in build(tied).layers]
    normalized = [name for name in names if name.endswith("_normalization")]
    places = [name for name in tied.slots() if f"{name}_normalization" in names]
    if block != "inception":  # which normalizes its branches side by side
        shared = [slot for slots in tied.partition for slot in slots]
        assert set(shared) <= set(places)
    assert len(normalized) == len(set(normalized)) >= 4


def test_convolutions_of_each_channel_share_nothing():
    recipe = replace(SHARED, block="separable", depth=3)
    assert not any(slot.endswith("_depthwise") for slot in recipe.slots())
    # One channel in: the first kernel has the shape of a depthwise one.
    assert recipe.kernels()["conv_1"] == recipe.kernels()["conv_1_2_depthwise"]
    assert "conv_1" not in {slot for group in Tied().applied_to(recipe).partition
                            for slot in group}  # fmt: skip


@BLOCKS
def test_blocks_are_made_of_templates(block):
    recipe = Templates(1).applied_to(replace(SHARED, block=block, depth=3))
    model = build(recipe)
    banks = {v.path for v in model.trainable_variables if v.name == "templates"}
    assert banks
    expected = training.Predictor(model)(rows(recipe))
    formed = networks.folded(model)
    found = training.Predictor(formed)(rows(recipe))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_pointwise_kernels_are_hashed_and_those_of_each_channel_are_not():
    recipe = Hashed(2).applied_to(replace(SHARED, block="separable", depth=2))
    model = build(recipe)
    pointwise = model.get_layer("conv_2_2_pointwise")
    assert to_numpy(pointwise.hashed).shape == (18,)
    assert to_numpy(model.get_layer("conv_2_2_depthwise").kernel).shape == (3, 3, 1, 6)


@pytest.mark.parametrize("block", networks.BLOCKS)
def test_a_stage_without_a_convolution_is_refused(block):
    with pytest.raises(ValueError, match="depth must be at least 1 with block="):
        replace(SHARED, block=block, depth=0)
