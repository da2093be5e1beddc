"""Vectors in place of token ids."""

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.networks import CNNRecipe
from skopt_nn.networks.layers import Embedding
from tests.doubles import draw, to_numpy

TOKENS = CNNRecipe(
    input_shape=(6, 1),
    n_outputs=2,
    filters=(4,),
    kernel_size=2,
    pool_size=1,
    dense_units=(),
    activation="relu",
    normalization=None,
    dropout=0.0,
    per_column=False,
    seed=0,
    block="inception",
    depth=1,
    head="max",
    vocabulary_size=9,
    embedding_dim=5,
)


@pytest.fixture
def layer():
    layer = Embedding(vocabulary_size=9, embedding_dim=5)
    layer.build((None, 4))
    layer.vectors.assign(draw((9, 5)))
    return layer


def test_each_id_becomes_its_vector(layer):
    vectors = to_numpy(layer.vectors.value)
    out = to_numpy(layer(np.float32([[3, 8, 3], [1, 2, 4]])))
    np.testing.assert_array_equal(out, vectors[[[3, 8, 3], [1, 2, 4]]])


def test_padding_is_zero_whatever_its_vector(layer):
    out = to_numpy(layer(np.float32([[0, 2, 0]])))
    assert (out[0, [0, 2]] == 0).all()
    assert (out[0, 1] != 0).all()


def test_ids_beyond_the_vocabulary_have_the_vector_of_the_unknown(layer):
    beyond, unknown = to_numpy(layer(np.float32([[9, 1]])))[0]
    np.testing.assert_array_equal(beyond, unknown)


@pytest.mark.jax_only
def test_the_gradient_of_a_vector_is_the_sum_over_its_places(layer):
    import jax

    ids, weights = np.float32([[3, 0, 3], [3, 7, 0]]), draw((2, 3, 5), seed=1)

    def loss(vectors):
        out, _ = layer.stateless_call([vectors], [], ids)
        return (out * weights).sum()

    expected = np.zeros((9, 5), np.float32)
    for i, weight in zip(ids.ravel().astype(int), weights.reshape(-1, 5)):
        expected[i] += weight * (i > 0)
    gradient = jax.grad(loss)(layer.vectors.value)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_ids_survive_a_policy_of_half_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = Embedding(vocabulary_size=300, embedding_dim=1)
        layer.build((None, 2))
    finally:
        keras.config.set_dtype_policy(policy)
    layer.vectors.assign(np.arange(300, dtype=np.float32)[:, None])
    # 257 would be 256 in bfloat16, and its value is rounded as an output alone.
    first, second = to_numpy(layer(np.float32([[255, 257]]))).astype(float).ravel()
    assert (first, second) == (255, 256)


def test_a_recipe_draws_vectors_by_its_seed_and_none_for_padding():
    one, same, other = (
        to_numpy(recipe.build().get_layer("embedding").vectors.value)
        for recipe in (TOKENS, TOKENS, CNNRecipe(**fields_of(seed=1)))
    )
    np.testing.assert_array_equal(one, same)
    assert (one[1:] != other[1:]).all()
    assert (one[0] == 0).all()
    assert np.abs(one).max() <= 0.25


def fields_of(**changes):
    state = TOKENS.to_dict() | changes
    del state["network"]
    return state


def test_a_network_of_tokens_is_as_the_paper_has_it():
    """Convolutions of several widths, their maximum over time, one layer of logits."""
    model = TOKENS.build()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=v.shape).astype("float32") for v in model.weights]
    model.set_weights(weights)
    vectors = to_numpy(model.get_layer("embedding").vectors.value)
    ids = np.array([[3, 1, 8, 0, 0, 0]])
    x = np.where(ids[..., None] > 0, vectors[ids], 0)[0]
    features = []
    for layer in ("conv_1_width_2", "conv_1_width_1"):
        kernel, bias = map(to_numpy, model.get_layer(layer).weights)
        padded = np.pad(x, ((0, len(kernel) - 1), (0, 0)))
        out = sum(padded[k : k + 6] @ kernel[k] for k in range(len(kernel))) + bias
        features.append(np.maximum(out, 0).max(axis=0))
    kernel, bias = map(to_numpy, model.get_layer("logits").weights)
    expected = np.concatenate(features) @ kernel + bias
    out = to_numpy(model(ids.astype("float32")))[0]
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


def test_padding_more_changes_no_output():
    longer = CNNRecipe(**fields_of(input_shape=(9, 1)))
    short, long = TOKENS.build(), longer.build()
    rows = np.float32([[3, 1, 8, 2, 0, 0]])
    padded = np.pad(rows, ((0, 0), (0, 3)))
    np.testing.assert_allclose(to_numpy(short(rows)), to_numpy(long(padded)), rtol=1e-6)


@pytest.mark.parametrize(
    "changes", [{"vocabulary_size": 0}, {"embedding_dim": 0}], ids=str
)
def test_a_vocabulary_and_its_vectors_come_together(changes):
    with pytest.raises(ValueError, match="must both be 0 or both above, got"):
        CNNRecipe(**fields_of(**changes))


def test_ids_have_one_channel():
    with pytest.raises(
        ValueError, match="vocabulary_size needs samples of one channel"
    ):
        CNNRecipe(**fields_of(input_shape=(6, 2)))


def test_numbers_keep_a_first_layer_that_standardizes():
    numbers = fields_of(vocabulary_size=0, embedding_dim=0)
    names = [layer.name for layer in CNNRecipe(**numbers).network().layers]
    assert "standardize" in names
    assert "standardize" not in [layer.name for layer in TOKENS.network().layers]
