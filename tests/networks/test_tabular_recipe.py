"""The recipe of tables: what it refuses, and what it says of its model."""

import math
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

from skopt_nn import networks, training
from tests.doubles import draw

TABLE = networks.TabularRecipe(
    input_shape=(6,),
    n_outputs=2,
    per_column=True,
    seed=0,
    n_numeric=3,
    n_indicators=1,
    n_categories=(3, 4),
    n_members=3,
    adapters="mini",
    embedding="piecewise_linear",
    n_bins=5,
    embedding_dim=2,
    dense_units=(7, 6),
    activation="relu",
    dropout=0.0,
)
KINDS = {
    "mini": {},
    "full": {"adapters": "full"},
    "periodic": {"embedding": "periodic"},
    "plain numbers": {"embedding": None},
    "numbers alone": {"input_shape": (3,), "n_indicators": 0, "n_categories": ()},
    "categories alone": {"input_shape": (2,), "n_indicators": 0, "n_numeric": 0},
    "no layers": {"dense_units": ()},
    "one member": {"n_members": 1, "adapters": "full"},
}
EACH_KIND = pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
ROWS = np.float32(
    [
        [0.1, -1, 2, 0, 1, 3],
        [1, 0, 0, 1, 0, 0],
        [-3, 0.5, 1, 0, 2, 1],
        [0, 0, 0, 0, 0, 2],
    ]
)

FORGED = {
    "n_numeric": [-1, 1.0, True, None],
    "n_indicators": [-1, 1.0, "1"],
    "n_categories": [3, (0,), (2.0,), None],
    "n_members": [0, -1, 2.0, None],
    "adapters": ["none", None, 1],
    "embedding": ["linear", 1, ()],
    "n_bins": [0, 1.5, None],
    "embedding_dim": [0, "8"],
    "dense_units": [128, (0,)],
    "activation": ["softmax", None],
    "dropout": [1.0, -0.1, None],
}
CASES = [(name, value) for name, values in FORGED.items() for value in values]


def test_every_field_of_tables_is_forged():
    shared = {of.name for of in fields(networks.Recipe)}
    assert {of.name for of in fields(TABLE)} - shared == FORGED.keys()


@pytest.mark.parametrize(("name", "value"), CASES, ids=str)
def test_forged_value_of_a_table_is_refused_by_the_name_of_its_field(name, value):
    state = {**TABLE.to_dict(), name: value}
    with pytest.raises(ValueError, match=f"^{name} must be"):
        networks.recipe_from(networks.RECIPES, state)


def test_columns_must_add_up():
    with pytest.raises(ValueError, match=r"input_shape must be \(6,\).*got \(7,\)"):
        replace(TABLE, input_shape=(7,))


@EACH_KIND
def test_kernels_are_all_weights_but_biases_of_layers(changes):
    recipe = replace(TABLE, **changes)
    shapes = Counter(tuple(v.shape) for v in recipe.build().trainable_variables)
    named = Counter(recipe.kernels().values())
    assert named <= shapes
    biases = [] if recipe.adapters == "full" else [(n,) for n in recipe.dense_units]
    biases.append((recipe.n_members, recipe.n_outputs))
    assert shapes - named == Counter(biases)


@EACH_KIND
def test_values_of_a_model_are_those_that_its_recipe_asks_for(changes):
    recipe = replace(TABLE, **changes)
    values = networks.get_values(recipe.build())
    recipe.check_values(values)
    with pytest.raises(ValueError, match="are not among its values"):
        replace(recipe, n_members=10**12).check_values(values)


@EACH_KIND
def test_unshared_members_are_as_many_perceptrons(changes):
    recipe = replace(TABLE, **changes)
    alone = replace(recipe, n_members=1, adapters="mini")
    n_adapter = math.prod(alone.kernels()["adapter_1"])
    expected = recipe.n_members * (networks.n_parameters(alone.build()) - n_adapter)
    assert recipe.n_unshared_parameters() == expected


@EACH_KIND
def test_logits_have_an_axis_of_members(changes):
    recipe = replace(TABLE, **changes)
    rows = ROWS[:, -recipe.input_shape[0] :]
    if not recipe.n_categories:
        rows = ROWS[:, :3]
    logits = training.Predictor(recipe.build())(rows)
    assert logits.shape == (4, recipe.n_members, 2)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("adapters", networks.ADAPTERS)
def test_some_members_are_a_network_that_predicts_as_they_do(adapters):
    recipe = replace(TABLE, adapters=adapters)
    model = recipe.build()
    fewer, smaller = networks.with_members(recipe, model, [2, 0])
    assert fewer == replace(recipe, n_members=2)
    np.testing.assert_allclose(
        training.Predictor(smaller)(ROWS),
        training.Predictor(model)(ROWS)[:, [2, 0]],
        rtol=1e-5,
        atol=1e-6,
    )


def test_bins_are_set_and_count_as_values():
    model = TABLE.build()
    low = draw((3, 5))
    networks.set_bins(model, low, np.ones((3, 5)))
    found = [value for value in networks.get_values(model) if value.shape == (3, 5)]
    np.testing.assert_array_equal(found, [low, np.ones((3, 5))])


def test_recipes_that_differ_by_dropout_and_seed_are_one_program():
    assert replace(TABLE, dropout=0.5, seed=9) == TABLE
    assert replace(TABLE, n_bins=6) != TABLE
