"""What is computed, held against the same in numpy and double precision.

XLA's libraries for CPUs were silently wrong more than once, and only from thousands of
rows on: dependencies exclude those versions, and the numbers here tell of the next one.
"""

import copy
import functools
import itertools
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skopt_nn import CNNClassifier, KerasClassifier, SharedWeightClassifier

pytestmark = pytest.mark.jax_only

ROWS = [1, 31, 256, 5_000, 40_000]
CLASSES = [0, 1, 2]
# Sums of 40,000 values of single precision are as exact as this, relative to the
# largest; a row that is wrong is off by more.
TOLERANCE = 1e-5
EPSILON = 1e-3  # that Keras adds to a variance


def assert_equal_numbers(got, expected):
    got, expected = np.asarray(got, np.float64), np.asarray(expected)
    atol = TOLERANCE * np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=atol)


# -- programs that XLA was wrong about -----------------------------------------------


def as_training(function):
    from skopt_nn.training._cpu import compiled

    return compiled(function)


def as_inference_of_few_rows(function):
    from skopt_nn.training._cpu import Inference

    program = Inference(function, library_rows=math.inf)
    return lambda x: program(len(x), x)


def as_inference_of_many_rows(function):
    from skopt_nn.training._cpu import Inference

    program = Inference(function, library_rows=0)
    return lambda x: program(len(x), x)


def as_keras_compiles_it(function):
    import keras

    class Foreign(keras.layers.Layer):
        def call(self, inputs):
            return function(inputs)

    def run(x):
        inputs = keras.Input(batch_shape=x.shape)
        model = keras.Model(inputs, Foreign()(inputs))
        model.compile()
        return model.predict(x, batch_size=len(x), verbose=0)

    return run


PROGRAMS = [
    as_training,
    as_inference_of_few_rows,
    as_inference_of_many_rows,
    as_keras_compiles_it,
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("n_rows", [8_192, 32_769, 65_537])
def test_product_that_is_squared_and_summed_for_each_row(program, n_rows):
    """jax-ml/jax issue 39103: wrong by YNN in jaxlib 0.10.2."""
    import jax
    import jax.numpy as jnp

    matrix = np.eye(3, dtype=np.float32)
    x = np.zeros((n_rows, 3), np.float32)
    x[:, 0] = np.arange(n_rows)

    def squared_norm(x):
        return jax.vmap(lambda row: jnp.sum((matrix @ row) ** 2))(x)

    got = np.asarray(program(squared_norm)(x), np.float64)
    # Each row is compared with itself, as the first ones are small.
    np.testing.assert_allclose(got, np.arange(n_rows) ** 2.0, rtol=1e-6)


SUM = """
import numpy as np
import jax.numpy as jnp
from tests.training.test_correctness import PROGRAMS

def repeated(x):
    total = jnp.sum(jnp.broadcast_to(x, (2, 1024, 1024)))
    return jnp.broadcast_to(total, x.shape[:1])

for program in PROGRAMS:
    run = program(repeated)
    for _ in range(20):
        assert set(np.asarray(run(np.ones((1024, 1), np.float32)))) == {2.0 * 1024**2}
"""


def test_sum_of_repeated_rows_by_several_threads():
    """tensorflow/tensorflow issue 126812: a race of YNN up to jaxlib 0.11.

    These tests run on one thread, where nothing can race.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "4", "NPROC": "4"}
    result = subprocess.run(
        [sys.executable, "-c", SUM],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


# -- networks in numpy -----------------------------------------------------------------
# A network is a list of steps: a function, the name of its layer and its weights. Each
# function returns its outputs, and a function of their gradient that returns the
# gradients of its inputs and of its weights.


def dense(x, kernel, bias=0.0):
    return x @ kernel + bias, lambda g: (g @ kernel.T, x.T @ g, g.sum(0))


def convolution(x, kernel, bias=0.0):
    seen = patches(x, kernel)

    def back(g):
        rows = g.reshape(-1, g.shape[-1])
        of_kernel = seen.reshape(len(rows), -1).T @ rows
        turned = np.flip(kernel, range(kernel.ndim - 2)).swapaxes(-1, -2)
        of_x = patches(g, turned) @ turned.reshape(-1, turned.shape[-1])
        return of_x, of_kernel.reshape(kernel.shape), rows.sum(0)

    return seen @ kernel.reshape(-1, kernel.shape[-1]) + bias, back


def patches(x, kernel):
    """What a kernel of odd sides sees from each place, zeros beyond the edge."""
    sides, axes = kernel.shape[:-2], tuple(range(1, x.ndim - 1))
    margins = [(side // 2, side // 2) for side in sides]
    padded = np.pad(x, [(0, 0), *margins, (0, 0)])
    seen = np.lib.stride_tricks.sliding_window_view(padded, sides, axis=axes)
    return np.moveaxis(seen, x.ndim - 1, -1).reshape(*x.shape[:-1], -1)


def residual(x, kernel, bias):
    sums, back_of_sums = convolution(x, kernel, bias)
    outputs, back_of_relu = relu(sums)

    def back(g):
        of_x, *of_weights = back_of_sums(*back_of_relu(g))
        return g + of_x, *of_weights

    return x + outputs, back


def relu(x):
    return np.maximum(x, 0), lambda g: (g * (x > 0),)


def tanh(x):
    outputs = np.tanh(x)
    return outputs, lambda g: (g * (1 - outputs**2),)


def max_pool(x):
    """In windows of 2, which divide each axis."""
    halves = [length // 2 for length in x.shape[1:-1]]
    split = itertools.chain.from_iterable((half, 2) for half in halves)
    windows = x.reshape(len(x), *split, x.shape[-1])
    largest = windows.max(tuple(range(2, windows.ndim, 2)), keepdims=True)

    def back(g):
        # Several are largest only as zeros of a relu, which lets nothing pass.
        return (((windows == largest) * g.reshape(largest.shape)).reshape(x.shape),)

    return largest.reshape(len(x), *halves, x.shape[-1]), back


def normalized(x, shift):
    """By mean and variance of all rows, as in training."""
    axes = tuple(range(x.ndim - 1))
    scale = 1 / np.sqrt(x.var(axes) + EPSILON)
    standard = (x - x.mean(axes)) * scale

    def back(g):
        along = (g * standard).mean(axes)
        return scale * (g - g.mean(axes) - standard * along), g.sum(axes)

    return standard + shift, back


def normalized_by(mean, variance):
    """By what was seen in training, as in predictions."""

    def function(x, shift):
        return (x - mean) / np.sqrt(variance + EPSILON) + shift, lambda g: (g, g)

    return function


def flatten(x):
    return x.reshape(len(x), -1), lambda g: (g.reshape(x.shape),)


def outputs_and_gradients(steps, x, y):
    """Probabilities, and gradients of the sum of cross-entropies by name of layer."""
    backs, gradients = [], {}
    for function, name, weights in steps:
        x, back = function(x, *weights)
        backs.append((name, back))
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    g = p - np.eye(p.shape[1])[y]
    for name, back in reversed(backs):
        g, *own = back(g)
        if name is not None:
            before = gradients.get(name, [0, 0])
            gradients[name] = [a + b for a, b in zip(before, own)]
    return p, gradients


def reference(steps, x, y):
    """Probabilities, and gradients of the mean cross-entropy by name of layer."""
    parts, total = [], {}
    # Normalization takes all rows at once; others leave room for the patches.
    whole = any(function is normalized for function, *_ in steps)
    n_rows = len(x) if whole else 2_000
    for start in range(0, len(x), n_rows):
        part = slice(start, start + n_rows)
        p, gradients = outputs_and_gradients(steps, x[part], y[part])
        parts.append(p)
        for name, own in gradients.items():
            before = total.get(name, [0, 0])
            total[name] = [a + b / len(x) for a, b in zip(before, own)]
    return np.concatenate(parts), total


# -- our networks ----------------------------------------------------------------------


NETWORKS = {
    "perceptron": (CNNClassifier, (12,), {"filters": ()}),
    "series": (CNNClassifier, (8, 2), {"filters": (3,)}),
    "images": (CNNClassifier, (4, 4, 1), {"filters": (3, 4)}),
    "normalized": (
        CNNClassifier,
        (4, 4, 1),
        # Of a million values that are centred, one is at the kink of a relu.
        {"filters": (3, 4), "normalization": "batch", "activation": "tanh"},
    ),
    "volumes": (CNNClassifier, (4, 2, 2, 1), {"filters": (2,)}),
    "tied": (
        SharedWeightClassifier,
        (2, 2, 2),
        {"filters": (3,), "block": "recursive", "depth": 2},
    ),
}
ONE_STEP = {
    "optimizer": "sgd",
    "learning_rate": 1.0,
    "weight_decay": 0.0,
    "batch_size": None,
    "random_state": 0,
}
PLAIN = {
    "kernel_size": 3,
    "pool_size": 2,
    "dense_units": (5,),
    "normalization": None,
    "dropout": 0.0,
    "augmentation": None,
}


def weights_of(model):
    return {
        layer.name: [np.array(v.value, np.float64) for v in layer.trainable_weights]
        for layer in model.layers
        if layer.trainable_weights
    }


def steps_of(estimator, training):
    """The network after its first layer, which standardises."""
    model = estimator.model_
    weights = weights_of(model)
    shared = getattr(estimator, "shared_weights_", {})
    layer_of = {slot: name for name, slots in shared.items() for slot in slots}

    def step(function, slot):
        name = layer_of.get(slot, slot)
        return function, name, weights[name]

    def normalization(slot):
        name = f"{slot}_normalization"
        if name not in weights:
            return
        layer = model.get_layer(name)
        seen = (np.float64(v) for v in (layer.moving_mean, layer.moving_variance))
        yield normalized if training else normalized_by(*seen), name, weights[name]

    function = {"relu": relu, "tanh": tanh}[estimator.activation]
    nonlinear, pool = (function, None, ()), (max_pool, None, ())
    for i in range(1, len(estimator.filters) + 1):
        if isinstance(estimator, SharedWeightClassifier):
            yield from (step(convolution, f"stage_{i}_entry"), nonlinear)
            for j in range(1, estimator.depth + 1):
                yield step(residual, f"stage_{i}_block_{j}")
            yield pool
        else:
            yield from (step(convolution, f"conv_{i}"), pool)
            yield from (*normalization(f"conv_{i}"), nonlinear)
    yield flatten, None, ()
    yield from (step(dense, "dense_1"), *normalization("dense_1"), nonlinear)
    yield step(dense, "logits")


def standardised(estimator, X):
    model = estimator.model_
    mean, scale = model.get_layer("standardize").get_weights()
    x = X.reshape(-1, *model.get_layer("reshape").output.shape[1:])
    return (x - mean.astype(np.float64)) / scale


def data(shape):
    rng = np.random.default_rng(0)
    X = rng.normal(1, 3, (ROWS[-1], *shape)).astype(np.float32)
    return X, rng.integers(len(CLASSES), size=ROWS[-1])


def assert_step(before, after, gradients, tolerance=TOLERANCE):
    """Weights of single precision went down the gradient by a rate of 1."""
    assert set(gradients) == set(after)
    for name, expected in gradients.items():
        for old, new, gradient in zip(before[name], after[name], expected):
            atol = tolerance * np.abs(gradient).max()
            np.testing.assert_allclose(new, old - gradient, rtol=2**-23, atol=atol)


@functools.cache
def after_a_step(network):
    """An estimator that knows its classes, mean and scale, and rows for it."""
    cls, shape, parameters = NETWORKS[network]
    X, y = data(shape)
    estimator = cls(**ONE_STEP | PLAIN | parameters)
    return estimator.partial_fit(X[:31], y[:31], classes=CLASSES), X, y


@functools.cache
def in_numpy(network, n_rows, training):
    """What comes after that step: probabilities and gradients."""
    estimator, X, y = after_a_step(network)
    x = standardised(estimator, X[:n_rows])
    return reference(list(steps_of(estimator, training)), x, y[:n_rows])


@pytest.mark.parametrize("network", NETWORKS)
def test_outputs_equal_those_of_numpy(network):
    estimator, X, _ = after_a_step(network)
    expected, _ = in_numpy(network, ROWS[-1], training=False)
    for n_rows in ROWS:
        got = estimator.predict_proba(X[:n_rows])
        assert_equal_numbers(got, expected[:n_rows])


# Each number of rows is a program to compile: a small one and a large one of each
# network, where a single row and chunks of another number are in one of them.
STEPS = [*itertools.product(NETWORKS, (31, 40_000)), ("images", 1), ("images", 5_000)]


@pytest.mark.parametrize(("network", "n_rows"), STEPS)
def test_a_step_of_training_equals_that_of_numpy(network, n_rows):
    estimator, X, y = after_a_step(network)
    _, gradients = in_numpy(network, n_rows, training=True)
    after = copy.deepcopy(estimator).partial_fit(X[:n_rows], y[:n_rows])
    # Normalization takes most of a gradient away and leaves the errors of all of it.
    tolerance = TOLERANCE * (10 if network == "normalized" else 1)
    before, after = weights_of(estimator.model_), weights_of(after.model_)
    assert_step(before, after, gradients, tolerance)


# -- models of Keras' own layers ------------------------------------------------------


def stock_model(shape, foreign):
    """Of Keras' layers; with a foreign one it is Keras alone that trains it."""
    import keras

    class Foreign(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    layers = keras.layers
    model = keras.Sequential([keras.Input(shape)])
    if len(shape) > 1:
        model.add(layers.Conv2D(3, 3, padding="same", activation="relu", name="conv"))
        model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
    model.add(layers.Dense(5, activation="relu", name="dense"))
    model.add(layers.Dense(len(CLASSES), activation="softmax", name="logits"))
    if foreign:
        model.add(Foreign())
    return model


def steps_of_stock(model):
    weights, nonlinear = weights_of(model), (relu, None, ())
    if "conv" in weights:
        yield from ((convolution, "conv", weights["conv"]), nonlinear)
        yield from ((max_pool, None, ()), (flatten, None, ()))
    yield from ((dense, "dense", weights["dense"]), nonlinear)
    yield dense, "logits", weights["logits"]


@pytest.mark.parametrize("foreign", [False, True], ids=["shared", "keras"])
@pytest.mark.parametrize("shape", [(12,), (4, 4, 1)], ids=["dense", "convolution"])
def test_a_stock_model_equals_numpy_at_many_rows(shape, foreign):
    X, y = data(shape)
    X /= 4  # Keras clips probabilities
    classifier = KerasClassifier(
        stock_model,
        model__shape=shape,
        model__foreign=foreign,
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
        optimizer__learning_rate=1.0,
        batch_size=len(X),
        random_state=0,
        verbose=0,
    )
    classifier.partial_fit(X, y)  # of one size, so that one program is compiled
    before = weights_of(classifier.model_)
    steps = list(steps_of_stock(classifier.model_))
    expected, gradients = reference(steps, X.astype(np.float64), y)
    assert_equal_numbers(classifier.predict_proba(X), expected)
    assert_step(before, weights_of(classifier.partial_fit(X, y).model_), gradients)
