"""Models and the values of their variables."""

from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import networks
from tests.doubles import CNN, assert_equal_values, build, draw, to_numpy


def test_values_go_to_another_model_of_the_recipe():
    source = build(dropout=0.4, normalization="batch", seed=3)
    copied = networks.copy(source)
    assert copied is not source
    assert_equal_values(copied, source)


def test_a_copy_is_changed_apart():
    source = build(dropout=0.4)
    before = networks.get_values(source)
    networks.set_dropout(networks.copy(source), 0.1)
    for one, other in zip(networks.get_values(source), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_dropout_is_set_in_every_layer_that_drops():
    model = build(dropout=0.4, dense_units=(8, 8))
    networks.set_dropout(model, 0.7)
    rates = [
        float(layer.rate_value) for layer in model.layers if "dropout" in layer.name
    ]
    np.testing.assert_allclose(rates, [0.7, 0.7], rtol=1e-6)


SPOILT = {
    "too few": lambda values: values[:-1],
    "too many": lambda values: [*values, values[-1]],
    "other shape": lambda values: [values[0][..., :1], *values[1:]],
    "scalar": lambda values: [np.float32(1), *values[1:]],
    "double precision": lambda values: [values[0].astype(float), *values[1:]],
    "integers": lambda values: [values[0].astype(np.int32), *values[1:]],
    "objects": lambda values: [values[0].astype(object), *values[1:]],
    "text": lambda values: [values[0].astype(str), *values[1:]],
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_values_of_another_network_are_refused(spoil):
    model = build()
    before = networks.get_values(model)
    with pytest.raises(ValueError, match="the network has arrays of"):
        networks.set_values(model, spoil(before))
    for one, other in zip(networks.get_values(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_statistics_are_those_of_the_first_layer():
    model, twice = build(), build()
    networks.set_statistics(model, [3.0], [2.0])
    x = draw((5, 64))
    np.testing.assert_allclose(
        to_numpy(model(3 + 2 * x)), to_numpy(twice(x)), rtol=1e-4, atol=1e-5
    )


def test_hidden_features_lead_to_the_logits():
    model, x = build(), draw((5, 64))
    features = to_numpy(networks.hidden_features(model)(x))
    kernel, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(features @ kernel + bias, to_numpy(model(x)), atol=1e-5)


def test_a_model_knows_how_to_make_another_of_its_kind():
    recipe = replace(CNN, normalization="batch")
    model = recipe.build()
    other = model.architecture.make()
    assert other.architecture.key == model.architecture.key
    assert model.architecture.key[0] == recipe
