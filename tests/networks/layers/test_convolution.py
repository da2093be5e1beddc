"""One convolution for 1 to 3 axes, held against Keras' layers."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.networks.layers import ZEROS, Convolution
from tests.doubles import draw, to_numpy

# Keras 3.15 converts tensors and variables by numpy's old copy protocol.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

STOCK = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}
POOLING = {
    1: keras.layers.MaxPooling1D,
    2: keras.layers.MaxPooling2D,
    3: keras.layers.MaxPooling3D,
}
# spatial shape, channels, filters, kernel size: few and many channels, odd and even
# sizes, one pixel, kernels larger than the image
CASES = [
    ((9,), 1, 4, 3),
    ((8,), 5, 3, 4),
    ((5,), 40, 3, 2),
    ((1,), 2, 2, 3),
    ((4,), 33, 7, 9),
    ((7, 5), 1, 4, 3),
    ((8, 8), 3, 8, 3),
    ((6, 7), 16, 5, 3),
    ((5, 4), 64, 64, 3),
    ((6, 6), 4, 6, 2),
    ((3, 9), 8, 3, 1),
    ((1, 1), 3, 4, 3),
    ((2, 3), 2, 3, 5),
    ((4, 3, 5), 1, 4, 3),
    ((4, 4, 4), 8, 3, 2),
]


def pair(spatial, channels, filters, kernel_size, **kwargs):
    """A layer of ours and the stock one with equal weights."""
    kwargs["kernel_initializer"] = ZEROS  # JAX compiles the others for each shape
    ours = Convolution(filters, kernel_size, **kwargs)
    stock = STOCK[len(spatial)](
        filters, kernel_size, padding="same", data_format="channels_last", **kwargs
    )
    for layer in (ours, stock):
        layer.build((None, *spatial, channels))
        layer.set_weights([draw(w.shape, seed=i) for i, w in enumerate(layer.weights)])
    return ours, stock


def gradients_of(layer, x, cotangent):
    """Gradients of ``sum(layer(x) * cotangent)`` for x and the layer's weights."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def total(v, weights):
            outputs, _ = layer.stateless_call(weights, [], v)
            return (outputs * cotangent).sum()

        values = [variable.value for variable in layer.trainable_variables]
        of_x, of_weights = jax.jit(jax.grad(total, argnums=(0, 1)))(x, values)
        return [np.asarray(of_x), *map(np.asarray, of_weights)]
    if backend == "tensorflow":
        import tensorflow as tf

        v = tf.convert_to_tensor(x)
        variables = [variable.value for variable in layer.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch(v)
            total = tf.reduce_sum(layer(v) * cotangent)
        return [g.numpy() for g in tape.gradient(total, [v, *variables])]
    import torch

    v = torch.tensor(x, requires_grad=True)
    variables = [variable.value for variable in layer.trainable_variables]
    for variable in variables:
        variable.grad = None
    (layer(v) * torch.tensor(cotangent)).sum().backward()
    return [v.grad.numpy(), *(variable.grad.numpy() for variable in variables)]


@pytest.mark.parametrize(("spatial", "channels", "filters", "kernel_size"), CASES)
def test_equals_stock_convolution_in_value_and_gradient(
    spatial, channels, filters, kernel_size
):
    ours, stock = pair(spatial, channels, filters, kernel_size)
    x = draw((3, *spatial, channels), seed=7)
    expected = to_numpy(stock(x))
    scale = np.sqrt(channels * kernel_size ** len(spatial))
    np.testing.assert_allclose(
        to_numpy(ours(x)), expected, rtol=1e-5, atol=2e-6 * scale
    )
    cotangent = draw(expected.shape, seed=8)
    found, wanted = (gradients_of(layer, x, cotangent) for layer in (ours, stock))
    for got, want in zip(found, wanted):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize(
    ("spatial", "channels", "kernel_size", "pool_size"),
    [
        ((9,), 1, 3, 2),
        ((8,), 30, 3, 5),
        ((7, 9), 1, 3, 3),
        ((6, 6), 3, 4, 2),
        ((5, 5), 40, 3, 2),
        ((2, 3), 2, 5, 2),
        ((4, 3, 5), 1, 3, 2),
    ],
)
def test_with_pooling_equals_stock_convolution_and_pooling(
    spatial, channels, kernel_size, pool_size
):
    fused, plain = (
        Convolution(4, kernel_size, kernel_initializer=ZEROS, pool_size=size)
        for size in (pool_size, 1)
    )
    for layer in (fused, plain):
        layer.build((None, *spatial, channels))
        layer.set_weights([draw(w.shape, seed=i) for i, w in enumerate(layer.weights)])
    inputs = keras.Input((*spatial, channels))
    stock = keras.Model(inputs, POOLING[len(spatial)](pool_size)(plain(inputs)))
    x = draw((3, *spatial, channels), seed=7)
    expected = to_numpy(stock(x))
    np.testing.assert_allclose(to_numpy(fused(x)), expected, rtol=1e-5, atol=2e-5)
    cotangent = draw(expected.shape, seed=8)
    found, wanted = (gradients_of(layer, x, cotangent) for layer in (fused, stock))
    for got, want in zip(found, wanted):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * np.abs(want).max())


def test_first_of_equal_values_receives_the_gradient_of_the_pooling():
    layer = Convolution(1, 1, pool_size=2, kernel_initializer="ones")
    layer.build((None, 2, 2, 1))
    of_x, *_ = gradients_of(
        layer, np.zeros((1, 2, 2, 1), "float32"), np.ones((1, 1, 1, 1), "float32")
    )
    assert of_x.ravel().tolist() == [1.0, 0.0, 0.0, 0.0]


def test_without_bias():
    ours, stock = pair((5, 5), 2, 3, 3, use_bias=False)
    x = draw((2, 5, 5, 2))
    assert [v.name for v in ours.weights] == ["kernel"]
    np.testing.assert_allclose(
        to_numpy(ours(x)), to_numpy(stock(x)), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("spatial", [(6,), (6, 5), (3, 4, 5)])
def test_variables_have_the_names_and_shapes_of_the_stock_layer(spatial):
    ours, stock = pair(spatial, 2, 3, 3)
    assert [(v.name, v.shape) for v in ours.weights] == [
        (v.name, v.shape) for v in stock.weights
    ]


def test_same_seed_gives_the_initial_weights_of_the_stock_layer():
    seeded = {"kernel_initializer": keras.initializers.HeUniform(seed=3)}
    ours = Convolution(4, 3, **seeded)
    stock = keras.layers.Conv2D(4, 3, padding="same", **seeded)
    for layer in (ours, stock):
        layer.build((None, 5, 5, 2))
    kernels = (ours.kernel, stock.kernel)
    np.testing.assert_array_equal(*map(to_numpy, kernels))


@pytest.mark.parametrize("channels", [1, 32])
def test_rows_do_not_depend_on_what_else_the_batch_holds(channels):
    layer = Convolution(8, 3)
    x = draw((4, 6, 6, channels))
    other = draw(x.shape, seed=1)
    other[1] = x[1]
    np.testing.assert_array_equal(to_numpy(layer(x))[1], to_numpy(layer(other))[1])


def test_configuration_round_trip():
    layer = Convolution(
        4,
        5,
        use_bias=False,
        kernel_initializer=keras.initializers.HeNormal(seed=1),
        pool_size=2,
        name="c",
    )
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == "skopt_nn>Convolution"
    clone = keras.saving.deserialize_keras_object(config)
    assert clone.get_config() == layer.get_config()


def test_model_with_it_saves_and_loads(tmp_path):
    inputs = keras.Input((6, 6, 1))
    model = keras.Model(inputs, Convolution(3, 3)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = draw((2, 6, 6, 1))
    np.testing.assert_array_equal(to_numpy(model(x)), to_numpy(loaded(x)))


@pytest.mark.parametrize("name", ["filters", "kernel_size", "pool_size"])
@pytest.mark.parametrize("value", [0, 1.5, None])
def test_value_that_is_no_positive_integer_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must be an integer"):
        Convolution(**{"filters": 2, "kernel_size": 3, name: value})


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2, 2, 1)])
def test_samples_without_one_to_three_spatial_axes_are_refused(shape):
    with pytest.raises(ValueError, match="1 to 3 spatial axes"):
        Convolution(2)(keras.Input(shape))


@pytest.mark.parametrize("n_rows", [1, 63, 64])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("channels", [1, 16])
def test_any_number_of_rows_is_convolved_and_pooled_alike(n_rows, training, channels):
    """Whoever does it: patches for one row, our products, or XLA's library for many."""
    layer, stock = pair((8, 7), channels, 5, 3)
    pooled = Convolution(5, 3, kernel_initializer=ZEROS, pool_size=2)
    pooled.build((None, 8, 7, channels))
    pooled.set_weights(layer.get_weights())
    x = draw((n_rows, 8, 7, channels), seed=3)
    expected = stock(x)
    found = layer(x, training=training)
    np.testing.assert_allclose(
        to_numpy(found), to_numpy(expected), rtol=1e-4, atol=1e-4
    )
    expected = POOLING[2](2, data_format="channels_last")(expected)
    found = pooled(x, training=training)
    np.testing.assert_allclose(
        to_numpy(found), to_numpy(expected), rtol=1e-4, atol=1e-4
    )
