"""Inputs of any scale, standardised by what was set."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.networks.layers import Standardize
from tests.doubles import draw, to_numpy


def test_standardize_subtracts_and_divides_as_set():
    layer = Standardize((3,))
    x = draw((4, 5, 3))
    np.testing.assert_array_equal(to_numpy(layer(x)), x)
    layer.mean.assign([1.0, 2.0, 3.0])
    layer.scale.assign([1.0, 2.0, 4.0])
    np.testing.assert_allclose(
        to_numpy(layer(x)), (x - [1, 2, 3]) / [1, 2, 4], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_standardize_computes_in_float32(dtype):
    layer = Standardize((1,))
    x = np.arange(256, dtype=dtype)[:, None]
    layer.build(x.shape)
    layer.mean.assign([100.0])
    layer.scale.assign([3.0])
    out = to_numpy(layer(keras.ops.convert_to_tensor(x)))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, (x.astype(float) - 100) / 3, rtol=1e-6)


def test_standardize_trains_nothing():
    layer = Standardize((2,))
    layer.build((None, 2))
    assert layer.trainable_variables == []
    assert len(layer.non_trainable_variables) == 2


def test_configuration_round_trip():
    layer = Standardize((2, 3), name="s")
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == "skopt_nn>Standardize"
    clone = keras.saving.deserialize_keras_object(config)
    assert clone.get_config() == layer.get_config()
