"""Networks from recipes: shapes, counts, initial values."""

import numpy as np
import pytest

from skopt_nn import networks
from skopt_nn._backend import keras

RECIPE = {
    "network": "cnn",
    "input_shape": (8, 8, 1),
    "n_outputs": 3,
    "filters": (4, 6),
    "kernel_size": 3,
    "pool_size": 2,
    "dense_units": (8,),
    "activation": "relu",
    "normalization": None,
    "dropout": 0.0,
    "table": False,
    "seed": 0,
}
SHARED = {**RECIPE, "network": "shared", "filters": (4, 4), "depth": 1}


def build(recipe=RECIPE, **changes):
    return networks.build({**recipe, **changes})


@pytest.mark.parametrize("recipe", [RECIPE, SHARED], ids=["cnn", "shared"])
@pytest.mark.parametrize("input_shape", [(8, 2), (8, 9, 2), (8, 8, 8, 2)])
def test_flat_rows_become_logits(recipe, input_shape):
    model = build(recipe, input_shape=input_shape)
    assert model.input_shape == (None, int(np.prod(input_shape)))
    assert model.output_shape == (None, 3)
    assert not model.compiled


@pytest.mark.parametrize("n_axes", [1, 2, 3])
def test_parameters_by_hand(n_axes):
    model = build(input_shape=(8,) * n_axes + (2,))
    window = 3**n_axes
    convolutions = (window * 2 * 4 + 4) + (window * 4 * 6 + 6)
    dense = (2**n_axes * 6 * 8 + 8) + (8 * 3 + 3)
    assert networks.n_parameters(model) == convolutions + dense


def test_batch_normalization_takes_the_place_of_biases():
    names = [v.path for v in build(normalization="batch").trainable_variables]
    assert not [
        name for name in names if "conv_1/bias" in name or "dense_1/bias" in name
    ]
    assert [name for name in names if "logits/bias" in name]


@pytest.mark.parametrize("recipe", [RECIPE, SHARED], ids=["cnn", "shared"])
def test_a_seed_gives_the_same_values_again(recipe):
    first, again, other = (
        networks.get_values(build(recipe, seed=seed, dropout=0.1)) for seed in (1, 1, 2)
    )
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any((one != two).any() for one, two in zip(first, other))


def test_kernels_are_drawn_within_glorot_s_limits():
    model = build(input_shape=(8, 8, 16), filters=(64,), dense_units=(128,))
    for variable in model.trainable_variables:
        value = keras.ops.convert_to_numpy(variable)
        if variable.name == "bias":
            assert not value.any()
            continue
        *window, fan_in, fan_out = value.shape
        limit = np.sqrt(6 / (np.prod(window) * (fan_in + fan_out)))
        assert np.abs(value).max() <= limit
        assert value.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)


def test_layers_of_one_shape_that_may_merge_start_alike():
    model = build(SHARED, depth=2)
    first, second = (
        keras.ops.convert_to_numpy(model.get_layer(f"stage_1_block_{j}").kernel)
        for j in (1, 2)
    )
    np.testing.assert_array_equal(first, second)


def test_what_does_not_fill_a_window_of_a_table_is_left_as_it_is():
    model = build(input_shape=(3, 1), filters=(4, 4, 4), table=True)
    assert model.output_shape == (None, 3)


def test_values_go_to_another_model_of_the_recipe():
    source = build(dropout=0.4, normalization="batch", seed=3)
    target = networks.copy({**RECIPE, "dropout": 0.4, "normalization": "batch"}, source)
    for one, other in zip(*map(networks.get_values, (source, target)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_values_of_another_number_are_refused():
    with pytest.raises(ValueError, match="argument"):
        networks.set_values(build(), networks.get_values(build())[:-1])


def test_statistics_are_those_of_the_first_layer():
    model = build()
    networks.set_statistics(model, [3.0], [2.0])
    twice = build()
    x = np.random.default_rng(0).normal(size=(5, 64)).astype("float32")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(3 + 2 * x)),
        keras.ops.convert_to_numpy(twice(x)),
        rtol=1e-4,
        atol=1e-5,
    )


def test_hidden_features_lead_to_the_logits():
    model = build()
    x = np.random.default_rng(0).normal(size=(5, 64)).astype("float32")
    features = keras.ops.convert_to_numpy(networks.hidden_features(model)(x))
    kernel, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(
        features @ kernel + bias, keras.ops.convert_to_numpy(model(x)), atol=1e-5
    )


def test_unshared_network_is_counted_without_groups():
    slots = networks.slots(SHARED)
    assert list(slots) == [
        "stage_1_entry",
        "stage_1_block_1",
        "stage_2_entry",
        "stage_2_block_1",
        "dense_1",
    ]
    groups = networks.tied_groups(slots)
    whole = networks.n_parameters(build(SHARED))
    assert networks.n_unshared_parameters({**SHARED, "groups": groups}) == whole
    assert networks.n_parameters(build(SHARED, groups=groups)) < whole


def test_merged_names_do_not_collide():
    groups = {slot: slot for slot in "abcd"}
    groups = networks.merged_groups(groups, "a", "b")
    groups = networks.merged_groups(groups, "c", "d")
    assert networks.shared_layers(groups) == {
        "shared_1": ["a", "b"],
        "shared_2": ["c", "d"],
    }
    groups = networks.merged_groups(groups, "shared_1", "shared_2")
    assert networks.shared_layers(groups) == {"shared_1": ["a", "b", "c", "d"]}


@pytest.mark.parametrize("activation", networks.ACTIVATIONS)
def test_each_activation_is_known_to_keras(activation):
    assert keras.activations.get(activation) is not None
