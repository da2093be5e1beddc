import numpy as np
import pytest
from skopt_nn.networks._layers import BatchNormalization, Dropout, Standardize

from skopt_nn._backend import keras


def draw(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


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
    from skopt_nn.networks._jax_kernels import uniform

    key = np.array(key, np.uint32)
    expected = np.asarray(jax.random.uniform(key, shape, "float32"))
    np.testing.assert_array_equal(uniform(key, shape), expected)
    np.testing.assert_array_equal(
        jax.jit(uniform, static_argnums=1)(key, shape), expected
    )


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


LAYERS = [
    Standardize((2, 3), name="s"),
    Dropout(0.3, seed=5, name="d"),
    BatchNormalization(momentum=0.8, name="b"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_configuration_round_trip(layer):
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == f"skopt_nn>{type(layer).__name__}"
    assert keras.saving.deserialize_keras_object(config).get_config() == (
        layer.get_config()
    )
