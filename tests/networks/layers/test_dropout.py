"""Dropout whose rate is data."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.networks.layers import Dropout
from tests.doubles import draw, to_numpy


def test_dropout_is_silent_outside_of_training():
    x = draw((5, 7))
    np.testing.assert_array_equal(to_numpy(Dropout(0.5, seed=0)(x)), x)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.8])
def test_dropout_keeps_the_mean_and_drops_the_rate(rate):
    x = np.ones((200, 200), "float32")
    out = to_numpy(Dropout(rate, seed=3)(x, training=True))
    assert np.mean(out == 0) == pytest.approx(rate, abs=0.01)
    kept = out[out != 0]
    np.testing.assert_allclose(kept, 1 / (1 - rate), rtol=1e-6)


def test_rate_of_dropout_is_what_its_variable_says():
    layer = Dropout(0.0, seed=3)
    x = np.ones((100, 100), "float32")
    layer.build(x.shape)
    layer.rate_value.assign(0.6)
    out = to_numpy(layer(x, training=True))
    assert np.mean(out == 0) == pytest.approx(0.6, abs=0.03)


def test_dropout_draws_anew_each_time_and_again_by_its_seed():
    x = np.ones((20, 20), "float32")
    layers = [Dropout(0.5, seed=3) for _ in range(2)]
    first, second = (
        [to_numpy(layer(x, training=True)) for _ in range(2)] for layer in layers
    )
    np.testing.assert_array_equal(first, second)
    assert (first[0] != first[1]).any()
    assert (to_numpy(Dropout(0.5, seed=4)(x, training=True)) != first[0]).any()


def test_masks_go_on_whatever_the_rate_was():
    """A rate of zero draws too: the rate alone tells two trainings apart."""
    x = np.ones((20, 20), "float32")
    quiet, loud = Dropout(0.0, seed=3), Dropout(0.5, seed=3)
    for layer in (quiet, loud):
        layer(x, training=True)
    np.testing.assert_array_equal(
        to_numpy(quiet.seed_generator.state), to_numpy(loud.seed_generator.state)
    )


@pytest.mark.jax_only
@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 0), (32, 128), (3, 4, 5)])
@pytest.mark.parametrize("key", [(0, 0), (0, 7), (2**32 - 1, 123_456_789)])
def test_uniform_numbers_are_those_of_jax(shape, key):
    import jax

    from skopt_nn.networks.layers._jax_kernels import uniform

    key = np.array(key, np.uint32)
    expected = np.asarray(jax.random.uniform(key, shape, "float32"))
    np.testing.assert_array_equal(uniform(key, shape), expected)
    np.testing.assert_array_equal(
        jax.jit(uniform, static_argnums=1)(key, shape), expected
    )


def test_configuration_round_trip():
    layer = Dropout(0.3, seed=5, name="d")
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == "skopt_nn>Dropout"
    clone = keras.saving.deserialize_keras_object(config)
    assert clone.get_config() == layer.get_config()
