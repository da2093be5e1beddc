"""Max pooling, held against Keras' layers."""

import itertools

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.networks.layers import MaxPooling
from tests.doubles import draw, to_numpy

# Keras 3.15 converts tensors and variables by numpy's old copy protocol.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

STOCK = {
    1: keras.layers.MaxPooling1D,
    2: keras.layers.MaxPooling2D,
    3: keras.layers.MaxPooling3D,
}
SHAPES = [(8,), (9,), (7, 5), (2, 2), (5, 3, 7)]


def gradient_of(layer, x, weights):
    """Gradient of ``sum(layer(x) * weights)`` with respect to x."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return np.asarray(jax.jit(jax.grad(lambda v: (layer(v) * weights).sum()))(x))
    if backend == "tensorflow":
        import tensorflow as tf

        v = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(v)
            total = tf.reduce_sum(layer(v) * weights)
        return tape.gradient(total, v).numpy()
    import torch

    v = torch.tensor(x, requires_grad=True)
    (layer(v) * torch.tensor(weights)).sum().backward()
    return v.grad.numpy()


@pytest.mark.parametrize("pool_size", [1, 2, 3, 5])
@pytest.mark.parametrize("spatial", SHAPES, ids=str)
def test_equals_stock_pooling_in_value_and_gradient(spatial, pool_size):
    if min(spatial) < pool_size:
        pytest.skip("the window is larger than the image")
    x = draw((3, *spatial, 2))
    ours, stock = MaxPooling(pool_size), STOCK[len(spatial)](pool_size)
    expected = to_numpy(stock(x))
    np.testing.assert_array_equal(to_numpy(ours(x)), expected)
    weights = draw(expected.shape, 1)
    np.testing.assert_array_equal(
        gradient_of(ours, x, weights), gradient_of(stock, x, weights)
    )


@pytest.mark.parametrize("pool_size", [2, 3, 5])
def test_first_of_equal_values_receives_the_gradient(pool_size):
    x = np.zeros((1, pool_size, pool_size, 1), "float32")
    gradient = gradient_of(MaxPooling(pool_size), x, np.ones((1, 1, 1, 1), "float32"))
    assert gradient.sum() == 1.0
    assert gradient[0, 0, 0, 0] == 1.0


def test_rows_do_not_depend_on_each_other():
    x = draw((5, 6, 6, 3))
    alone = np.concatenate([to_numpy(MaxPooling(2)(row[None])) for row in x])
    np.testing.assert_array_equal(to_numpy(MaxPooling(2)(x)), alone)


@pytest.mark.parametrize(("spatial", "pool_size"), [((7,), 2), ((9, 4), 3)])
def test_symbolic_shape_is_the_shape_of_the_value(spatial, pool_size):
    layer = MaxPooling(pool_size)
    symbolic = layer(keras.Input((*spatial, 4)))
    assert symbolic.shape == (None, *(n // pool_size for n in spatial), 4)
    assert layer(draw((2, *spatial, 4))).shape == (2, *symbolic.shape[1:])


def test_configuration_round_trip():
    layer = MaxPooling(3, name="pool")
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == "skopt_nn>MaxPooling"
    clone = keras.saving.deserialize_keras_object(config)
    assert clone.get_config() == layer.get_config()


@pytest.mark.parametrize("pool_size", [0, -1, 2.0, None])
def test_pool_size_that_is_no_positive_integer_is_refused(pool_size):
    with pytest.raises(ValueError, match="pool_size must be an integer"):
        MaxPooling(pool_size)


@pytest.mark.parametrize("spatial", [(1,), (4, 2), (1, 1, 1)])
def test_window_larger_than_the_image_is_refused(spatial):
    with pytest.raises(ValueError, match="at least pool_size=3"):
        MaxPooling(3)(keras.Input((*spatial, 1)))


def test_all_small_images_by_brute_force():
    for h, w in itertools.product((2, 3, 4), repeat=2):
        x = draw((2, h, w, 1), seed=h * w)
        expected = [
            [[x[n, i : i + 2, j : j + 2].max() for j in range(0, w - 1, 2)]
             for i in range(0, h - 1, 2)]
            for n in range(2)
        ]  # fmt: skip
        np.testing.assert_array_equal(to_numpy(MaxPooling(2)(x))[..., 0], expected)
