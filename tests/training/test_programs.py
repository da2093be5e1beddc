"""What a reused program computes, and how often one is compiled."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.model_selection import GridSearchCV

from skopt_nn import CNNClassifier, networks, training
from skopt_nn._backend import keras
from skopt_nn.training import _batches

BUSY = {"dropout": 0.3, "normalization": "batch"}


def assert_equal_bits(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def values(build, train, examples):
    """The values that a model with dropout and batch normalization trains to."""

    def values(**changes):
        model = build(**(BUSY | changes))
        train(model, examples, epochs=2)
        return networks.get_values(model)

    return values


@pytest.mark.jax_only
def test_reused_program_equals_a_fresh_one_to_the_bit(values):
    training.clear_cache()
    fresh = values()
    values(seed=5, dropout=0.7)
    before = training.cache_info()
    reused = values()
    assert training.cache_info().hits == before.hits + 1
    assert_equal_bits(fresh, reused)


def test_result_does_not_depend_on_what_the_cache_held(values, build, train, examples):
    first = values()
    train(build(activation="tanh"), examples)
    training.clear_cache()
    assert_equal_bits(first, values())


def test_result_without_a_cache_is_the_same(values):
    first, size = values(), training.cache_info().maxsize
    try:
        training.set_cache_size(0)
        assert_equal_bits(first, values())
    finally:
        training.set_cache_size(size)


@pytest.mark.jax_only
def test_first_training_of_a_program_leaves_nothing_in_it(values):
    """A program made for one rate and seed serves another as if made for it."""
    training.clear_cache()
    values(dropout=0.0, seed=11)
    second = values(dropout=0.6, seed=2)
    training.clear_cache()
    assert_equal_bits(second, values(dropout=0.6, seed=2))


@pytest.mark.jax_only
def test_threads_train_to_the_bits_of_one(values):
    seeds = [0, 1, 2, 3]
    alone = [values(seed=seed) for seed in seeds]
    training.clear_cache()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: values(seed=seed), seeds))
    for one, other in zip(alone, together):
        assert_equal_bits(one, other)


@pytest.mark.jax_only
def test_grid_over_what_is_continuous_compiles_one_training_step(digits, tiny):
    X, y = digits
    grid = {
        "learning_rate": [1e-3, 1e-2],
        "dropout": [0.0, 0.4],
        "label_smoothing": [0.0, 0.1],
        "weight_decay": [0.0, 1e-2],
    }
    training.clear_cache()
    # 240 rows: folds of one size, as many whole batches in each
    search = GridSearchCV(CNNClassifier(**tiny | {"epochs": 1}), grid, cv=3)
    search.fit(X[:240], y[:240])
    assert training.cache_info().compilations["train"] == 1
    assert training.cache_info().compilations["predict"] <= 2


@pytest.mark.jax_only
def test_grid_over_temperature_and_alpha_compiles_one_training_step(digits, tiny):
    X, y = digits
    soft = np.full((len(X), 10), 0.1)
    training.clear_cache()
    for temperature, alpha in [(1.0, 0.0), (4.0, 0.5), (9.0, 1.0)]:
        CNNClassifier(**tiny | {"epochs": 1}).fit_soft(
            X, y, soft, temperature=temperature, alpha=alpha
        )
    assert training.cache_info().compilations["train"] == 1


@pytest.mark.jax_only
@pytest.mark.parametrize("batch_size", [32, None])
def test_folds_that_differ_by_a_row_share_a_program(digits, tiny, batch_size):
    X, y = digits
    training.clear_cache()
    for n_rows in (200, 199):
        CNNClassifier(**tiny | {"epochs": 1, "batch_size": batch_size}).fit(
            X[:n_rows], y[:n_rows]
        )
    assert training.cache_info().compilations["train"] == 1


@pytest.mark.jax_only
def test_any_number_of_rows_is_predicted_by_a_handful_of_programs(digits, tiny):
    X, y = digits
    cnn = CNNClassifier(**tiny | {"epochs": 1}).fit(X, y)
    training.clear_cache()
    cnn = cnn.set_params(epochs=1).fit(X, y)
    for n_rows in range(1, 281, 7):
        assert cnn.predict(X[:n_rows]).shape == (n_rows,)
    assert training.cache_info().compilations["predict"] <= 3


def test_a_row_is_predicted_alike_whatever_it_is_batched_with(digits, tiny):
    X, y = digits
    cnn = CNNClassifier(**tiny | {"epochs": 1, "normalization": "batch"}).fit(X, y)
    whole = cnn.predict_proba(X)
    for n_rows in (1, 3, 5, 64, 257, 299):
        np.testing.assert_allclose(
            cnn.predict_proba(X[:n_rows]), whole[:n_rows], rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("n_rows", [1, 2, 15, 16, 17, 100, 1000, 4097])
def test_a_bucket_holds_the_rows_and_little_more(n_rows):
    size = _batches.bucket(n_rows)
    assert n_rows <= size <= n_rows * 9 / 8
    assert _batches.bucket(size) == size


def test_batches_cut_every_row_once_and_weigh_padding_zero(examples):
    order = np.random.default_rng(0).permutation(len(examples))
    cut = list(_batches.batches(examples, order, 32))
    assert [len(x) for x, _, _ in cut] == [32] * 4
    assert [int(weights.sum()) for _, _, weights in cut] == [32, 32, 32, 4]
    real = np.concatenate([x[weights > 0] for x, _, weights in cut])
    np.testing.assert_array_equal(real, examples.rows.X[order])
    assert examples.weights.all()


@pytest.mark.parametrize("depth", [1, 2, 3, 16])
def test_stacks_hold_the_batches_in_order_and_nothing_else(examples, depth):
    order = np.random.default_rng(0).permutation(len(examples))
    cut = list(_batches.batches(examples, order, 32))
    counts, stacks = zip(*_batches.stacks(examples, order, 32, depth))
    assert sum(counts) == len(cut)
    stacked = []
    for count, (x, (target,), weights) in zip(counts, stacks):
        assert x.shape[:2] == target.shape[:2] == weights.shape == (depth, 32)
        assert not weights[count:].any()
        stacked += list(zip(x[:count], target[:count], weights[:count]))
    for (x, target, weights), (x_cut, (target_cut,), weights_cut) in zip(stacked, cut):
        np.testing.assert_array_equal(weights, weights_cut)
        real = weights > 0
        np.testing.assert_array_equal(x[real], x_cut[real])
        np.testing.assert_array_equal(target[real], target_cut[real])


@pytest.mark.jax_only
@pytest.mark.parametrize("normalization", [None, "batch"])
def test_many_steps_in_a_call_equal_as_many_calls(
    build, train, digits, examples, normalization
):
    """A model that does not say what it is made of takes one step a call."""
    from skopt_nn.training._jax import JaxTrainer

    X, y = digits  # 38 batches of 8, by convolutions of 8 channels
    objective = replace(examples.objective, targets=(y.astype(np.int32),))
    weights = np.ones(len(X), np.float32)
    many = training.Examples(training.ArrayRows(X), objective, weights)
    together, one_by_one = (
        build(filters=(8, 8), normalization=normalization) for _ in range(2)
    )
    one_by_one.architecture = None
    for model, n_steps in ((together, 16), (one_by_one, 1)):
        program = JaxTrainer(model, objective, training.Training()).program
        assert program.steps_of_call(8) == n_steps
        train(model, many, batch_size=8, epochs=2, learning_rate=1e-3)
    np.testing.assert_allclose(
        *(softmax(training.Predictor(m)(X), axis=1) for m in (together, one_by_one)),
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.jax_only
@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
def test_variables_of_half_precision_stay_so(digits, tiny, policy):
    X, y = digits
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        cnn = CNNClassifier(**tiny | {"epochs": 2}).fit(X, y)
    finally:
        keras.config.set_dtype_policy(before)
    assert {v.dtype for v in cnn.model_.trainable_variables} == {policy}
    assert np.isfinite(cnn.history_["loss"]).all()


def test_each_epoch_has_an_order_of_its_own():
    orders = [tuple(_batches.epoch_order(20, 1, epoch)) for epoch in (0, 1, 0)]
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[0]) == list(range(20))
