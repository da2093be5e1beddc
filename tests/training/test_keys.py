"""What a program depends on: equal keys where the programs are equal only."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import networks
from skopt_nn._backend import keras
from skopt_nn.training._keys import architecture_key, twin
from tests.doubles import CNN, SHARED, build

# Only JAX's programs have keys.
pytestmark = pytest.mark.jax_only

layers = keras.layers


def key_of(recipe=CNN, **changes):
    return architecture_key(build(recipe, **changes))


def shared(*slots, name):
    """The key of the network in which these slots are one layer."""
    apart = {slot: slot for slot in SHARED.slots()}
    return key_of(SHARED, groups=apart | dict.fromkeys(slots, name))


def functional(*stack, n_inputs=4):
    """A model of a stack of layers."""
    inputs = keras.Input((n_inputs,))
    x = inputs
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("recipe", [CNN, SHARED], ids=["cnn", "shared"])
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_networks_of_this_package_have_a_key(recipe, normalization):
    assert key_of(recipe, normalization=normalization) is not None


@pytest.mark.parametrize("input_shape", [(8, 1), (8, 8, 1), (8, 8, 8, 1)])
def test_networks_of_any_rank_have_a_key(input_shape):
    assert key_of(input_shape=input_shape) is not None


@pytest.mark.parametrize("change", [{"seed": 7}, {"dropout": 0.5}], ids=str)
@pytest.mark.parametrize("recipe", [CNN, SHARED], ids=["cnn", "shared"])
def test_seed_and_dropout_rate_do_not_change_the_key(recipe, change):
    assert key_of(recipe, **change) == key_of(recipe)


@pytest.mark.parametrize(
    "change",
    [
        {"filters": (5,)},
        {"filters": (4, 4)},
        {"kernel_size": 2},
        {"pool_size": 4},
        {"dense_units": (9,)},
        {"activation": "tanh"},
        {"normalization": "batch"},
        {"n_outputs": 4},
        {"input_shape": (8, 4, 2)},
        {"per_column": True},
    ],
    ids=str,
)
def test_what_is_compiled_changes_the_key(change):
    assert key_of(**change) != key_of()


def test_layer_used_twice_has_another_key_than_two_layers():
    slots = [f"stage_1_block_{j}" for j in (1, 2)]
    tied = shared(*slots, name="shared_1")
    assert tied is not None
    assert tied != key_of(SHARED)


def test_which_layers_share_changes_the_key():
    pairs = [
        ("stage_1_block_1", "stage_1_block_2"),
        ("stage_1_block_1", "stage_2_block_1"),
    ]
    first, second = (shared(*pair, name="shared_1") for pair in pairs)
    assert first != second


def test_names_of_shared_layers_do_not_change_the_key():
    slots = [f"stage_1_block_{j}" for j in (1, 2)]
    first, second = (shared(*slots, name=name) for name in ("shared_1", slots[1]))
    assert first == second


def test_hidden_features_have_a_key_of_their_own():
    keys = [
        architecture_key(networks.hidden_features(recipe.build()))
        for recipe in (CNN, replace(CNN, seed=3), SHARED)
    ]
    assert keys[0] == keys[1]
    assert len({*keys, key_of(), key_of(SHARED)}) == 4


def test_a_network_with_a_frozen_layer_is_not_what_its_recipe_says():
    model = CNN.build()
    model.get_layer("dense_1").trainable = False
    assert architecture_key(model) not in (None, key_of())
    assert len(twin(model).trainable_variables) == len(model.trainable_variables)


def test_a_policy_set_since_a_network_was_built_is_not_its_recipe_s():
    model, before = CNN.build(), keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert architecture_key(model) != key_of()
        assert twin(model).get_layer("dense_1").compute_dtype == "float32"
    finally:
        keras.config.set_dtype_policy(before)


def test_names_of_layers_do_not_change_the_key():
    first = functional(layers.Dense(3, name="one"), layers.Dense(2, name="two"))
    second = functional(layers.Dense(3, name="relu"), layers.Dense(2, name="tanh"))
    assert architecture_key(first) == architecture_key(second)


def test_a_layer_named_like_an_activation_is_not_taken_for_it():
    def model(activation):
        return functional(
            layers.Dense(3, name="relu"), layers.Dense(2, activation=activation)
        )

    keys = [architecture_key(model(name)) for name in ("relu", "tanh", "linear")]
    assert len(set(keys)) == 3


def test_order_of_layers_changes_the_key():
    stack = [layers.Activation("relu"), layers.Activation("tanh")]
    keys = [
        architecture_key(functional(*copy.deepcopy(order)))
        for order in (stack, stack[::-1])
    ]
    assert keys[0] != keys[1]


def test_rate_of_stock_dropout_is_a_constant_of_its_program():
    keys = [architecture_key(functional(layers.Dropout(rate))) for rate in (0.1, 0.2)]
    assert None not in keys
    assert keys[0] != keys[1]


def test_rate_of_stock_dropout_counts_beside_our_dropout():
    from skopt_nn.networks.layers import Dropout

    def key(rate):
        return architecture_key(
            functional(layers.Dropout(rate), layers.Dense(2), Dropout(0.3, seed=1))
        )

    assert key(0.1) != key(0.2)


def test_trainable_flag_changes_the_key():
    frozen = functional(layers.Dense(3))
    frozen.layers[-1].trainable = False
    assert architecture_key(frozen) != architecture_key(functional(layers.Dense(3)))


def test_sequential_model_has_a_key():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    assert architecture_key(model) is not None


class Doubling(layers.Layer):
    def call(self, inputs):
        return inputs * 2

    def compute_output_shape(self, input_shape):
        return input_shape


class SubclassedModel(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, inputs):
        return self.dense(inputs)


class SubclassedSequential(keras.Sequential):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


def relu(x):
    """Not what keras.activations calls by this name."""
    return 2 * x


def unnamed(x):
    return 3 * x


def adapted():
    layer = layers.Normalization()
    layer.adapt(np.arange(8.0).reshape(2, 4))
    return functional(layer, layers.Dense(2))


UNKEYED = {
    "lambda": lambda: functional(layers.Lambda(lambda x: x * 2)),
    "subclassed model": SubclassedModel,
    "subclassed sequential": lambda: SubclassedSequential(
        [keras.Input((4,)), layers.Dense(3)]
    ),
    "activation function": lambda: functional(layers.Dense(3, activation=unnamed)),
    "activation function with a stock name": lambda: functional(
        layers.Dense(3, activation=relu)
    ),
    "unregistered layer": lambda: functional(Doubling()),
    "unregistered layer within a wrapper": lambda: functional(
        layers.Reshape((2, 2)), layers.TimeDistributed(Doubling())
    ),
    "unregistered layer within a model": lambda: functional(functional(Doubling())),
    "layer with statistics outside of its variables": adapted,
}


@pytest.mark.parametrize("make", UNKEYED.values(), ids=UNKEYED)
def test_model_that_no_configuration_describes_has_no_key(make):
    assert architecture_key(make()) is None


def test_layer_that_declares_its_variables_has_a_key():
    class Declared(Doubling):
        variable_config = ()

    assert architecture_key(functional(Declared())) is not None


def test_two_classes_of_one_name_have_different_keys():
    def declared():
        class Declared(Doubling):
            variable_config = ()

        return Declared()

    keys = [architecture_key(functional(declared())) for _ in range(2)]
    assert keys[0] != keys[1]


def test_number_format_is_part_of_the_key():
    before = keras.config.epsilon()
    first = key_of()
    try:
        keras.config.set_epsilon(1e-3)
        assert key_of() != first
    finally:
        keras.config.set_epsilon(before)
