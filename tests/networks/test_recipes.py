"""Recipes: what they refuse, what makes two of them equal, what they say of a model."""

import json
import math
import random
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from skopt_nn import networks
from skopt_nn._backend import keras
from skopt_nn.networks.sharing import Tied
from tests.doubles import CNN, SHARED, build, to_numpy

RECIPES = pytest.mark.parametrize("recipe", [CNN, SHARED], ids=["cnn", "shared"])
HUGE = 10**30


# -- values that are refused ----------------------------------------------------

NO_COUNT = [0, -1, 2.0, 1.5, True, "3", None, math.nan, [3], {"class_name": "Dense"}]
NO_STAGED = [0, -1, 2.0, True, "3", None, math.nan, (), (3, 0), (3.0,), (3,) * 3, {}]
NO_SIZES = [
    4,
    "44",
    None,
    {4: 4},
    {4, 5},
    (0,),
    (-1,),
    (4.0,),
    (True,),
    ("4",),
    ((4,),),
]
NO_NAME = [1, True, ("relu",), ["relu"], "eval", {"class_name": "relu", "config": {}}]
FORGED = {
    "input_shape": [*NO_SIZES, (), (8, 8, None)],
    "n_outputs": NO_COUNT,
    "per_column": [0, 1, None, "False", 1.0, [], {}],
    "seed": [-1, 2**32, HUGE, 1.0, True, "0", None, [0], {}],
    "filters": NO_SIZES,
    "kernel_size": NO_STAGED,
    "pool_size": NO_STAGED,
    "dense_units": NO_SIZES,
    "activation": [*NO_NAME, None, "rleu", "RELU", "softmax", "keras.activations.relu"],
    "normalization": [*NO_NAME, "group", "none", ""],
    "dropout": [1.0, 1, -0.1, math.nan, math.inf, True, "0.1", None, [0.1], {}, HUGE],
}
FORGED_STAGES = {
    "block": [*NO_NAME, None, "Plain", "dense"],
    "head": [*NO_NAME, None, "mean", ""],
    "pools_first": [0, 1, None, "False", 1.0, [], {}],
    "vocabulary_size": [-1, 2**24 + 1, 1.0, True, "9", None, math.nan, [9], {}],
    "embedding_dim": [-1, 1.0, True, "9", None, math.nan, [9], {}],
}
FORGED_SHARES = {
    "n_templates": [-1, 2.0, True, "3", None, math.nan, [3], {}],
    "n_values": [-1, 257, 2.0, True, "3", None, math.nan, [3], {}],
    "compression": [0, 0.5, -1.0, math.nan, True, "8", None, [8], {}],
}
CASES = [
    (name, value)
    for name, values in (FORGED | FORGED_STAGES).items()
    for value in values
]


def test_every_field_is_forged():
    named = {of.name for of in fields(SHARED) if of.init}
    assert named == {*FORGED, *FORGED_STAGES, *FORGED_SHARES, "depth", "groups"}


@RECIPES
@pytest.mark.parametrize(("name", "value"), CASES, ids=str)
def test_forged_value_is_refused_by_the_name_of_its_field(recipe, name, value):
    with pytest.raises(ValueError, match=f"^{name} must be") as error:
        replace(recipe, **{name: value})
    assert repr(value) in str(error.value)


@RECIPES
@pytest.mark.parametrize(("name", "value"), CASES, ids=str)
def test_a_file_is_checked_like_a_constructor(recipe, name, value):
    state = {**recipe.to_dict(), name: value}
    with pytest.raises(ValueError, match=f"^{name} must be"):
        networks.recipe_from(networks.RECIPES, state)


@pytest.mark.parametrize("depth", [-1, 1.0, True, "3", None, [3], {}], ids=str)
def test_depth_that_is_no_count_is_refused(depth):
    with pytest.raises(ValueError, match=r"^depth must be an int"):
        replace(SHARED, depth=depth)


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in FORGED_SHARES.items() for value in values],
    ids=str,
)
def test_forged_amounts_of_sharing_are_refused(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        networks.recipe_from(networks.RECIPES, {**SHARED.to_dict(), name: value})


APART = {slot: slot for slot in SHARED.slots()}
GROUPS = {
    "list": ["dense_1"],
    "number": 3,
    "slot that is not there": {**APART, "stage_9_entry": "stage_9_entry"},
    "slot that is missing": {"dense_1": "dense_1"},
    "logits": {**APART, "logits": "logits"},
    "shapes that differ": {**APART, "stage_1_entry": "shared_1", "dense_1": "shared_1"},
    "name of another layer": {**APART, "dense_1": "logits"},
    "path": {**APART, "dense_1": "../x"},
    "number for a name": {**APART, "dense_1": 1},
    "dict for a name": {**APART, "dense_1": ("Dense", 3)},
    "index beyond the slots": {**APART, "dense_1": f"shared_{len(APART) + 1}"},
}


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
def test_groups_that_fit_no_network_are_refused(groups):
    with pytest.raises(ValueError, match=r"^groups must"):
        replace(SHARED, groups=groups)


@pytest.mark.parametrize(
    "changes",
    [{"depth": HUGE}, {"depth": 10**6}],
    ids=["depth", "deep"],
)
def test_groups_are_not_looked_up_in_a_network_larger_than_they_are(changes):
    with pytest.raises(ValueError, match="at most 1000 can be built"):
        replace(SHARED, groups=APART, **changes)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"input_shape": (64,)}, "Convolutions need samples of 1 to 3 spatial axes"),
        ({"input_shape": (2, 2, 2, 2, 1)}, "1 to 3 spatial axes"),
        ({"pool_size": (2, 2, 2)}, "one for each of the"),
    ],
    ids=str,
)
@RECIPES
def test_fields_that_contradict_each_other_are_refused(recipe, changes, match):
    with pytest.raises(ValueError, match=match):
        replace(recipe, **changes)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            {"network": "mlp"},
            r"network must be one of \['cnn', 'shared', 'tabular'\], got 'mlp'",
        ),
        ({"network": None}, "network must be one of"),
        ({"network": ["cnn"]}, "network must be one of"),
        ({"network": {"class_name": "cnn"}}, "network must be one of"),
        ({"network": "shared"}, "a recipe of 'shared' has the fields"),
        ({"groups": {}}, "a recipe of 'cnn' has the fields"),
        ({"partition": ()}, "a recipe of 'cnn' has the fields"),
        ({3: 4}, "a recipe of 'cnn' has the fields"),
    ],
    ids=str,
)
def test_dict_that_names_another_network_or_other_fields_is_refused(change, match):
    with pytest.raises(ValueError, match=match):
        networks.recipe_from(networks.RECIPES, {**CNN.to_dict(), **change})


# -- what is equal --------------------------------------------------------------


@RECIPES
@pytest.mark.parametrize("change", [{"seed": 7}, {"dropout": 0.5}], ids=str)
def test_seed_and_dropout_do_not_tell_recipes_apart(recipe, change):
    other = replace(recipe, **change)
    assert other == recipe
    assert hash(other) == hash(recipe)


def grouped(*slots, name, of=SHARED):
    apart = {slot: slot for slot in of.slots()}
    return replace(of, groups=apart | dict.fromkeys(slots, name))


def test_names_of_shared_layers_do_not_tell_recipes_apart():
    pair = ("stage_1_block_1", "stage_1_block_2")
    first, second, third = (
        grouped(*pair, name=name) for name in ("shared_1", "shared_3", pair[1])
    )
    assert first == second == third
    assert hash(first) == hash(second) == hash(third)


def test_groups_of_one_are_no_groups():
    assert replace(SHARED, groups=APART) == SHARED


def test_which_layers_are_shared_tells_recipes_apart():
    blocks = [f"stage_1_block_{j}" for j in (1, 2)]
    pairs = [blocks, [blocks[0], "stage_2_entry"]]
    recipes = {SHARED, *(grouped(*pair, name="shared_1") for pair in pairs)}
    assert len(recipes) == 3


CHANGES = {
    "input_shape": (8, 4, 2),
    "n_outputs": 4,
    "per_column": True,
    "filters": (5,),
    "kernel_size": 2,
    "pool_size": 4,
    "dense_units": (9,),
    "activation": "tanh",
    "normalization": "batch",
}


@pytest.mark.parametrize("change", CHANGES.items(), ids=str)
def test_what_is_computed_tells_recipes_apart(change):
    assert replace(CNN, **dict([change])) != CNN


def test_kinds_of_networks_are_told_apart():
    entry = replace(SHARED, filters=(4,), depth=0)
    assert entry != CNN


@RECIPES
def test_a_recipe_cannot_be_changed(recipe):
    with pytest.raises(FrozenInstanceError):
        recipe.seed = 1


@RECIPES
def test_a_dict_of_plain_values_gives_the_recipe_back(recipe):
    state = recipe.to_dict()
    again = networks.recipe_from(networks.RECIPES, json.loads(json.dumps(state)))
    assert again.to_dict() == state
    assert again == recipe


def test_numbers_of_numpy_become_plain_ones():
    recipe = replace(
        CNN, filters=[np.int64(4)], dropout=np.float32(0.5), n_outputs=np.int32(3)
    )
    state = recipe.to_dict()
    assert json.loads(json.dumps(state)) == {
        **CNN.to_dict(),
        "filters": [4],
        "dense_units": [8],
        "input_shape": [8, 8, 1],
        "dropout": 0.5,
    }
    assert recipe == CNN


def test_the_name_that_files_of_version_0_1_had_is_read():
    state = CNN.to_dict()
    state["table"] = not state.pop("per_column")
    assert networks.recipe_from(networks.RECIPES, state).per_column


def test_files_of_version_0_1_have_plain_stages_that_normalize_before_they_pool():
    new = ("block", "depth", "head", "pools_first", "vocabulary_size", "embedding_dim")
    state = {name: of for name, of in CNN.to_dict().items() if name not in new}
    recipe = networks.recipe_from(networks.RECIPES, {**state, "normalization": "batch"})
    names = [layer.name for layer in recipe.model().layers]
    first = names.index("conv_1_normalization")
    assert names[first + 1] == "conv_1_pooling"
    assert recipe.model().get_layer(names[first]).gamma is not None


# -- what a recipe says of its model --------------------------------------------

SHAPES = {
    "1-D": {"input_shape": (9, 2)},
    "2-D": {"input_shape": (9, 8, 2)},
    "3-D": {"input_shape": (8, 9, 8, 1)},
    "perceptron": {"filters": (), "input_shape": (5, 3)},
    "vector": {"filters": (), "input_shape": (7,)},
    "no dense layer": {"dense_units": ()},
    "no pooling": {"pool_size": 1},
    "columns": {"per_column": True, "input_shape": (10, 1)},
    "few columns": {"per_column": True, "input_shape": (3, 1), "filters": (4,) * 3},
    "one column": {"per_column": True, "input_shape": (1, 1)},
    "even window": {"kernel_size": 4, "input_shape": (8, 8, 3)},
}
NORMALIZATIONS = [None, *networks.NORMALIZATIONS]


def kernels_of(model):
    return {
        layer.name: tuple(layer.kernel.shape)
        for layer in model.layers
        if hasattr(layer, "kernel")
    }


def assert_describes(recipe, model):
    assert recipe.kernels() == kernels_of(model)
    statistics = model.get_layer("standardize")
    assert recipe.statistics_shape == tuple(statistics.mean.shape)
    recipe.check_values(networks.get_values(model))


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_kernels_of_a_cnn_are_known_without_building(changes, normalization):
    changes = {"filters": (4, 6), "dense_units": (8, 5), **changes}
    recipe = replace(CNN, normalization=normalization, **changes)
    assert_describes(recipe, recipe.model())


@pytest.mark.parametrize("depth", [1, 2, (1, 2)], ids=str)
@pytest.mark.parametrize("block", networks.BLOCKS)
@pytest.mark.parametrize("shape", [(9, 2), (8, 8, 2), (4, 4, 4, 1)], ids=str)
def test_kernels_of_every_block_are_known_without_building(shape, block, depth):
    changes = {"filters": (4, 6), "input_shape": shape, "normalization": "batch"}
    recipe = replace(CNN, block=block, depth=depth, head="average", **changes)
    assert_describes(recipe, recipe.model())


@RECIPES
@pytest.mark.parametrize("n_stages", [3, 4, 9])
def test_stages_that_find_no_pixel_to_pool_are_left_out(recipe, n_stages):
    asked = replace(recipe, filters=(4,) * n_stages)
    assert asked.kernels() == replace(recipe, filters=(4,) * 3).kernels()


def test_a_pooling_larger_than_the_sample_leaves_no_stage():
    assert [*replace(CNN, pool_size=HUGE).kernels()] == ["dense_1", "logits"]


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("changes", [*SHAPES.values()][:9:2], ids=[*SHAPES][:9:2])
def test_kernels_and_parameters_of_shared_layers_are_known_without_building(
    changes, depth, normalization
):
    recipe = replace(SHARED, depth=depth, normalization=normalization, **changes)
    model = recipe.model()
    assert_describes(recipe, model)
    assert recipe.n_unshared_parameters() == networks.n_parameters(model)
    tied = replace(recipe, groups=Tied().groups(recipe.slots()))
    assert tied.stored_kernels() == kernels_of(tied.model())
    assert tied.n_unshared_parameters() == recipe.n_unshared_parameters()


def test_slots_are_all_places_but_the_logits():
    assert list(replace(SHARED, depth=1).slots()) == [
        "stage_1_entry",
        "stage_1_block_1",
        "stage_2_entry",
        "stage_2_block_1",
        "dense_1",
    ]


@RECIPES
@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: [],
        lambda values: values[:3],
        lambda values: [value.ravel()[:1] for value in values],
        lambda values: [np.zeros(()) for _ in range(100)],
    ],
    ids=["none", "few", "small", "many empty"],
)
def test_values_that_cannot_be_of_the_recipe_are_refused(recipe, spoil):
    values = networks.get_values(recipe.model())
    with pytest.raises(ValueError, match="the network of this recipe has at least"):
        recipe.check_values(spoil(values))


@pytest.mark.parametrize(
    "changes",
    [
        {"dense_units": (10**6, 10**6)},
        {"filters": (HUGE,)},
        {"kernel_size": 10**9},
        {"input_shape": (10**9, 10**9, 1)},
        {"n_outputs": HUGE},
        {"input_shape": (HUGE, 1), "per_column": True, "filters": ()},
    ],
    ids=str,
)
@RECIPES
def test_values_of_a_network_too_large_to_build_are_refused(recipe, changes):
    """Nobody could allocate it: that the check comes back shows that it did not try."""
    huge = replace(recipe, **changes)
    with pytest.raises(ValueError, match="the network of this recipe has at least"):
        huge.check_values(networks.get_values(recipe.model()))


@pytest.mark.parametrize("compression", [1000, 4 * 12_000**2])
def test_a_hashed_network_far_larger_than_its_values_is_refused(compression):
    shape = {"filters": (), "dense_units": (12_000, 12_000)}
    huge = replace(SHARED, **shape, groups={}, compression=compression)
    vectors = [np.zeros(1, np.float32)] * 1000
    with pytest.raises(ValueError, match=r"compression must be|at least these"):
        huge.check_values([*vectors, *(np.zeros(s) for s in huge.constants)])


@pytest.mark.parametrize("depth", [10**4, HUGE])
def test_more_layers_than_can_be_built_are_refused(depth):
    with pytest.raises(ValueError, match=f"depth={depth} in .* at most 1000"):
        replace(SHARED, depth=depth)


class Unbuilt(networks.CNNRecipe):
    """A recipe from outside of the package whose network nobody may build."""

    def network(self):
        raise AssertionError("a network was built")


def test_nothing_is_built_to_check_values():
    values = networks.get_values(CNN.model())
    recipe = Unbuilt(**{k: v for k, v in CNN.to_dict().items() if k != "network"})
    recipe.check_values(values)
    with pytest.raises(ValueError, match="at least"):
        recipe.check_values(values[1:])
    with pytest.raises(AssertionError, match="was built"):
        recipe.model()


# -- models ---------------------------------------------------------------------


@RECIPES
@pytest.mark.parametrize("input_shape", [(8, 2), (8, 9, 2), (8, 8, 8, 2)])
def test_flat_rows_become_logits(recipe, input_shape):
    model = build(recipe, input_shape=input_shape)
    assert model.input_shape == (None, int(np.prod(input_shape)))
    assert model.output_shape == (None, 3)
    assert not model.compiled


@pytest.mark.parametrize("n_axes", [1, 2, 3])
def test_parameters_by_hand(n_axes):
    model = build(input_shape=(8,) * n_axes + (2,), filters=(4, 6))
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


@RECIPES
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
        value = to_numpy(variable)
        if variable.name == "bias":
            assert not value.any()
            continue
        *window, fan_in, fan_out = value.shape
        limit = np.sqrt(6 / (np.prod(window) * (fan_in + fan_out)))
        assert np.abs(value).max() <= limit
        assert value.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)


@RECIPES
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_building_neither_reads_nor_changes_a_global_random_state(
    recipe, normalization
):
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    build(recipe, normalization=normalization, dropout=0.5)
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert after == before


@pytest.mark.jax_only
@RECIPES
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_building_a_network_of_any_shape_compiles_nothing(recipe, normalization):
    import jax

    build(recipe)
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: compiled.append(event)
    )
    try:
        shape = {"input_shape": (7, 9, 3), "filters": (5, 5), "dense_units": (11, 11)}
        build(recipe, normalization=normalization, **shape)
    finally:
        jax.monitoring.clear_event_listeners()
    assert not [event for event in compiled if "compile" in event]


@RECIPES
def test_kernels_alone_have_a_role(recipe):
    """It says that they decay and how they are drawn; nobody goes by their names."""
    model = build(recipe, normalization="layer")
    with_role = [v for v in model.trainable_variables if hasattr(v, "role")]
    assert with_role == [v for v in model.trainable_variables if v.name == "kernel"]
    assert all(variable.role.decays for variable in with_role)


def test_layers_of_one_shape_that_may_merge_start_alike():
    model = build(SHARED)
    first, second = (
        to_numpy(model.get_layer(f"stage_1_block_{j}").kernel) for j in (1, 2)
    )
    np.testing.assert_array_equal(first, second)


def test_what_does_not_fill_a_window_of_a_table_is_left_as_it_is():
    model = build(input_shape=(3, 1), filters=(4, 4, 4), per_column=True)
    assert model.output_shape == (None, 3)


def test_unshared_network_is_counted_without_groups():
    recipe = replace(SHARED, depth=1)
    tied = replace(recipe, groups=Tied().groups(recipe.slots()))
    whole = networks.n_parameters(build(recipe))
    assert tied.n_unshared_parameters() == whole
    assert networks.n_parameters(build(tied)) < whole


@pytest.mark.parametrize("activation", networks.ACTIVATIONS)
def test_each_activation_is_known_to_keras(activation):
    assert keras.activations.get(activation) is not None
