"""Batch normalization that knows of the rows' weights."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.networks.layers import BatchNormalization
from tests.doubles import draw, to_numpy


@pytest.fixture
def pair():
    """Our batch normalization and Keras' with equal settings."""
    layers = [cls(momentum=0.9) for cls in (BatchNormalization, stock)]
    for layer in layers:
        layer.build((None, 4, 3))
    return layers


stock = keras.layers.BatchNormalization


def test_batch_normalization_is_keras_without_weights_of_rows(pair):
    x = draw((6, 4, 3))
    for training in (True, False):
        ours, theirs = (to_numpy(layer(x, training=training)) for layer in pair)
        np.testing.assert_array_equal(ours, theirs)
    for one, other in zip(*(layer.get_weights() for layer in pair)):
        np.testing.assert_array_equal(one, other)


def weighted_call(layer, x, weights):
    token = layer.row_weights.set(keras.ops.convert_to_tensor(weights))
    try:
        return to_numpy(layer(x, training=True))
    finally:
        layer.row_weights.reset(token)


def test_rows_of_weight_zero_leave_no_trace_in_the_statistics(pair):
    ours, theirs = pair
    x = draw((6, 4, 3))
    x[4:] = 1e6
    out = weighted_call(ours, x, np.float32([1, 1, 1, 1, 0, 0]))
    expected = to_numpy(theirs(x[:4], training=True))
    np.testing.assert_allclose(out[:4], expected, rtol=1e-4, atol=1e-4)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.jax_only
def test_statistics_count_a_row_as_often_as_it_weighs(pair):
    ours, theirs = pair
    x = draw((3, 4, 3))
    weighted_call(ours, x, np.float32([1.0, 0.5, 0.5]))
    theirs(np.concatenate([x[:1], x]), training=True)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_configuration_round_trip():
    layer = BatchNormalization(momentum=0.8, name="b")
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == "skopt_nn>BatchNormalization"
    clone = keras.saving.deserialize_keras_object(config)
    assert clone.get_config() == layer.get_config()
