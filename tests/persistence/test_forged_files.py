"""A network's file from a stranger: each field of its recipe, and each array, forged.

What a value may not be is refused by its name and before anything is built; what it
might be, in another network, is refused because the weights of the file do not fit.
"""

import math
import tracemalloc

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skopt_nn import CNNClassifier, SharedWeightClassifier, load, save
from skopt_nn._backend import keras
from tests.doubles import arrays_of, forge, manifest_of, put_together

MOST_BYTES = 4_000_000
HUGE = 10**6
MISSING = object()


@keras.saving.register_keras_serializable(package="skopt_nn_tests")
class Canary:
    """Keras makes one if it is asked to deserialise a dict that names it."""

    n_made = 0

    @classmethod
    def from_config(cls, config):
        cls.n_made += 1
        return cls()

    def get_config(self):
        return {}

    def __call__(self, inputs):
        return inputs


CANARY = {
    "module": None,
    "class_name": "Canary",
    "config": {},
    "registered_name": "skopt_nn_tests>Canary",
}
LAMBDA = {"class_name": "Lambda", "config": {"function": "print"}}

X, y = load_digits(return_X_y=True)
NETWORKS = {
    "plain": CNNClassifier(
        (2,),
        input_shape=(8, 8, 1),
        dense_units=(3,),
        normalization=None,
        epochs=1,
        random_state=0,
    ),
    "tokens": CNNClassifier(
        (3,), vocabulary_size=17, embedding_dim=4, epochs=1, random_state=0
    ),
    "columns": CNNClassifier((), dense_units=(3,), epochs=1, random_state=0),
    "shared": SharedWeightClassifier(
        (2, 2),
        block="recursive",
        depth=1,
        input_shape=(8, 8, 1),
        dense_units=(3,),
        epochs=1,
        random_state=0,
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The bytes of a file for each network."""
    folder = tmp_path_factory.mktemp("networks")
    for name, network in NETWORKS.items():
        save(network.fit(X[:100], y[:100]), folder / f"{name}.nn")
    return {name: (folder / f"{name}.nn").read_bytes() for name in NETWORKS}


@pytest.fixture
def saved(files, tmp_path):
    """Writes one of the files."""

    def write(name):
        path = tmp_path / f"{name}.nn"
        path.write_bytes(files[name])
        return path

    return write


@pytest.fixture
def inputs(monkeypatch):
    """Records the inputs of networks: each network that is built has one."""
    made, make = [], keras.Input

    def record(*args, **kwargs):
        made.append(args)
        return make(*args, **kwargs)

    monkeypatch.setattr(keras, "Input", record)
    return made


def node(value):
    """A value as a file holds it."""
    if isinstance(value, tuple):
        return {"tuple": [node(item) for item in value]}
    if isinstance(value, list):
        return [node(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[node(k), node(v)] for k, v in value.items()]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def state_of(manifest):
    return manifest["root"]["state"]


def recipe_of(path):
    """The recipe of a file: names and values, as nodes."""
    return dict(state_of(manifest_of(path))["_recipe"]["dict"])


def forge_recipe(path, **fields):
    def change(manifest):
        recipe = dict(state_of(manifest)["_recipe"]["dict"])
        recipe |= {name: node(value) for name, value in fields.items()}
        pairs = [[k, v] for k, v in recipe.items() if v is not MISSING]
        state_of(manifest)["_recipe"] = {"dict": pairs}

    forge(path, change)


def refused(path):
    """What ``load`` says of a file that it refuses."""
    with pytest.raises(ValueError, match="is damaged") as error:
        load(path)
    message = str(error.value)
    assert "Unable to allocate" not in message
    return message


def refusal(path):
    """What ``load`` says of a file, which it refuses in little memory."""
    tracemalloc.start()
    try:
        message = refused(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES, f"{peak} bytes for: {message}"
    return message


def per_column_of(path):
    """What files call it: those of the first version say ``table``."""
    return "per_column" if "per_column" in recipe_of(path) else "table"


# -- the means of this file ------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_that_is_taken_apart_and_put_together_loads(name, saved, inputs):
    path = saved(name)
    expected = load(path).predict_proba(X[:9])
    forge_recipe(path)
    inputs.clear()
    np.testing.assert_array_equal(load(path).predict_proba(X[:9]), expected)
    assert inputs


def test_keras_would_make_a_canary():
    before = Canary.n_made
    keras.activations.get(CANARY)
    assert Canary.n_made == before + 1


# -- values that no recipe has ---------------------------------------------------

NOT_A_STRING = [None, 3, True, 1.5, ("relu",), ["relu"], {}, LAMBDA, CANARY]
NOT_AN_INTEGER = [None, "3", True, 3.0, 2.5, float("nan"), (3,), [3], {}, LAMBDA]
NOT_SIZES = [
    *(None, "32", 3, True, {}, LAMBDA, (0,), (-2,), (2.0,), (True,), ("2",)),
    *((None,), ((2,),), (float("inf"),), (CANARY,)),
]
NOT_STAGED = [bad for bad in NOT_AN_INTEGER if bad not in ((3,), [3])]
NOT_STAGED += [0, -3, (), (0,), (3, 3), (3.0,), (True,)]
BAD_VALUES = {
    "network": [*NOT_A_STRING[:3], "cnn2", "", "build", "__init__", LAMBDA, ["cnn"]],
    "input_shape": [*NOT_SIZES, (), (8, 8, 0), (8, -8, 1), (8.0, 8, 1), (8, 8, True)],
    "n_outputs": [*NOT_AN_INTEGER, 0, -1],
    "filters": NOT_SIZES,
    "kernel_size": NOT_STAGED,
    "pool_size": NOT_STAGED,
    "dense_units": NOT_SIZES,
    "activation": [*NOT_A_STRING, "Lambda", "", "Relu", "keras>relu", "print"],
    "normalization": [*NOT_A_STRING[1:], "", "group", "Batch"],
    "dropout": [
        *(None, "0.5", True, (0.5,), {}, LAMBDA),
        *(-0.1, 1.0, 2, HUGE, float("nan"), float("inf")),
    ],
    "per_column": [None, 0, 1, 0.5, "yes", (True,), [], {}, LAMBDA],
    "seed": [None, "1", True, 1.5, (1,), {}, LAMBDA, -1, 10**30],
}
BAD_VALUES_OF_STAGES = {
    "block": [*NOT_A_STRING, "", "Plain", "auto", "build"],
    "depth": NOT_STAGED,
    "head": [*NOT_A_STRING, "", "mean", "auto"],
    "pools_first": [None, 0, 1, "yes", (True,), {}, LAMBDA],
    "vocabulary_size": [*NOT_AN_INTEGER, -1, "auto", 2**24 + 1, 10**30, 17],
    "embedding_dim": [*NOT_AN_INTEGER, -1, "auto", 4],
}
BAD_DEPTHS = [*NOT_AN_INTEGER, -1]
BAD_VALUES_OF_SHARING = {
    "groups": [3, True, "shared_1", ("stage_1_entry",), ["stage_1_entry"]],
    "n_templates": [*NOT_AN_INTEGER, -1],
    "n_values": [*NOT_AN_INTEGER, -1, 257],
    "compression": [None, True, "8", (8,), {}, 0, 0.5, float("nan")],
}


def cases(fields):
    return [(name, bad) for name, values in fields.items() for bad in values]


@pytest.mark.parametrize(("field", "bad"), cases(BAD_VALUES | BAD_VALUES_OF_STAGES))
def test_a_bad_value_is_named_and_nothing_is_built(field, bad, saved, inputs):
    path = saved("plain")
    name = per_column_of(path) if field == "per_column" else field
    before = Canary.n_made
    forge_recipe(path, **{name: bad})
    assert field in refusal(path)
    assert (inputs, Canary.n_made) == ([], before)


@pytest.mark.parametrize(
    ("field", "bad"),
    cases(BAD_VALUES_OF_STAGES | BAD_VALUES_OF_SHARING | {"depth": BAD_DEPTHS}),
)
def test_a_bad_value_of_sharing_is_named_and_nothing_is_built(
    field, bad, saved, inputs
):
    path = saved("shared")
    forge_recipe(path, **{field: bad})
    assert field in refusal(path)
    assert inputs == []


@pytest.mark.parametrize("name", NETWORKS)
def test_every_field_of_a_recipe_is_forged_here(name, saved):
    fields = set(recipe_of(saved(name))) - {"table"} | {"per_column"}
    own = BAD_VALUES_OF_SHARING if name == "shared" else {}
    assert fields == {*BAD_VALUES, *BAD_VALUES_OF_STAGES, *own}


@pytest.mark.parametrize("field", [*BAD_VALUES, "depth", "groups"])
def test_a_missing_field_is_named_and_nothing_is_built(field, saved, inputs):
    path = saved("shared")
    name = per_column_of(path) if field == "per_column" else field
    forge_recipe(path, **{name: MISSING})
    assert field in refusal(path)
    assert inputs == []


@pytest.mark.parametrize("name", NETWORKS)
def test_an_unknown_field_is_named_and_nothing_is_built(name, saved, inputs):
    path = saved(name)
    forge_recipe(path, evil=1)
    assert "evil" in refusal(path)
    assert inputs == []


@pytest.mark.parametrize(("name", "field"), [("plain", "groups"), ("shared", "head")])
def test_a_field_of_another_network_is_named_and_nothing_is_built(
    name, field, saved, inputs
):
    path = saved(name)
    forge_recipe(path, **{field: {}})
    assert field in refusal(path)
    assert inputs == []


def test_a_recipe_of_another_network_is_refused(saved, inputs):
    path = saved("plain")
    forge_recipe(path, network="shared")
    assert "depth" in refusal(path)
    path = saved("shared")
    forge_recipe(path, network="cnn")
    assert "depth" in refusal(path)
    assert inputs == []


@pytest.mark.parametrize("bad", [None, 3, "cnn", [], {}, ("cnn",), LAMBDA, MISSING])
def test_what_is_no_recipe_is_refused(bad, saved, inputs):
    def change(manifest):
        state = state_of(manifest)
        del state["_recipe"]
        if bad is not MISSING:
            # Where load looks for it: before the weights.
            state["_recipe"] = node(bad)
            state["model_"] = state.pop("model_")

    path = saved("plain")
    forge(path, change)
    refusal(path)
    assert inputs == []


# -- which layers are shared -----------------------------------------------------


def groups_of(path):
    return dict(recipe_of(path)["groups"]["dict"])


def test_groups_that_lack_a_slot_are_refused(saved, inputs):
    path = saved("shared")
    groups = groups_of(path)
    for slot in groups:
        some = {other: layer for other, layer in groups.items() if other != slot}
        forge_recipe(path, groups=some)
        message = refusal(path)
        assert "groups" in message
        assert slot in message
    forge_recipe(path, groups={})
    assert "groups" in refusal(path)
    assert inputs == []


@pytest.mark.parametrize("slot", ["stage_9_entry", "logits", "", 3, "../evil"])
def test_groups_of_unknown_slots_are_refused(slot, saved, inputs):
    path = saved("shared")
    forge_recipe(path, groups={**groups_of(path), slot: "shared_1"})
    message = refusal(path)
    assert "groups" in message
    assert str(slot) in message
    assert inputs == []


@pytest.mark.parametrize(
    "layer", [None, 3, True, 1.5, "", ("dense_1",), ["dense_1"], {}, LAMBDA, CANARY]
)
def test_groups_of_layers_without_a_name_are_refused(layer, saved, inputs):
    path = saved("shared")
    forge_recipe(path, groups={**groups_of(path), "dense_1": layer})
    assert "groups" in refusal(path)
    assert inputs == []


@pytest.mark.parametrize("layer", ["logits", "standardize", "reshape", "rows", "a/b"])
def test_groups_that_name_a_layer_of_the_network_itself_are_refused(layer, saved):
    path = saved("shared")
    forge_recipe(path, groups={**groups_of(path), "dense_1": layer})
    refusal(path)


@pytest.mark.parametrize("slot", ["stage_1_entry", "stage_1_block_1"])
def test_groups_of_unlike_layers_are_refused(slot, saved, inputs):
    path = saved("shared")
    groups = {**groups_of(path), "dense_1": "odd", slot: "odd"}
    forge_recipe(path, groups=groups)
    assert "groups" in refusal(path)
    assert inputs == []


def test_groups_that_share_what_the_weights_do_not_are_refused(saved):
    path = saved("shared")
    forge_recipe(path, groups={slot: slot for slot in groups_of(path)})
    refusal(path)


# -- values that the weights do not fit ------------------------------------------

UNFIT = {
    "input_shape": [
        *((8, 8, 2), (16, 16, 1), (64, 64, 1), (64,), (8, 8, 1, 1), (8, 8, HUGE)),
        *((HUGE, HUGE, 1), (HUGE,) * 4, (10**30, 8, 1), (1,) * 1000),
    ],
    "n_outputs": [1, 9, 11, 2000, HUGE, 10**30],
    "filters": [
        *((), (3,), (2, 2), (2, 2, 2), (20_000,), (HUGE,), (HUGE, HUGE)),
        *((10**30,), (1,) * 1000),
    ],
    "kernel_size": [1, 2, 5, 1000, HUGE, 10**30],
    "pool_size": [1, 4, 9, HUGE, 10**30],
    "dense_units": [
        *((), (2,), (3, 3), (4000, 4000), (HUGE,), (HUGE, HUGE), (10**30,)),
        (3,) * 1000,
    ],
    "normalization": ["batch", "layer"],
    "per_column": [True],
}


@pytest.mark.parametrize(("field", "unfit"), cases(UNFIT))
def test_a_recipe_that_the_weights_do_not_fit_is_refused(field, unfit, saved):
    path = saved("plain")
    name = per_column_of(path) if field == "per_column" else field
    forge_recipe(path, **{name: unfit})
    refusal(path)


UNFIT_TOKENS = [
    *({"vocabulary_size": n} for n in (1, 16, 18, 2**24)),
    *({"embedding_dim": n} for n in (1, 3, 5, HUGE, 10**30)),
    {"vocabulary_size": 2**24, "embedding_dim": HUGE},
    {"vocabulary_size": 0, "embedding_dim": 0},
    *({"block": block} for block in ("plain", "residual", "separable")),
    *({"depth": depth} for depth in (2, (3,), HUGE)),
    *({"head": "flatten"}, {"kernel_size": 5}, {"normalization": "batch"}),
]


@pytest.mark.parametrize("unfit", UNFIT_TOKENS, ids=str)
def test_a_network_of_tokens_that_the_weights_do_not_fit_is_refused(unfit, saved):
    path = saved("tokens")
    forge_recipe(path, **unfit)
    refusal(path)


def test_a_network_of_numbers_does_not_become_one_of_tokens(saved):
    path = saved("plain")
    forge_recipe(path, vocabulary_size=17, embedding_dim=4)
    refusal(path)


def test_a_vocabulary_of_samples_with_channels_is_refused(saved, inputs):
    path = saved("tokens")
    forge_recipe(path, input_shape=(32, 2))
    assert "vocabulary_size" in refusal(path)
    assert inputs == []


@pytest.mark.parametrize("unfit", [(2,), (3, 3), (HUGE, HUGE), (4000, 4000)])
def test_a_table_that_the_weights_do_not_fit_is_refused(unfit, saved):
    path = saved("columns")
    forge_recipe(path, dense_units=unfit)
    refusal(path)


@pytest.mark.parametrize("field", ["input_shape", "per_column"])
def test_columns_that_the_weights_do_not_fit_are_refused(field, saved):
    path = saved("columns")
    bad = {"input_shape": (HUGE, HUGE, 1), per_column_of(path): False}
    name = per_column_of(path) if field == "per_column" else field
    forge_recipe(path, **{name: bad[name]})
    refusal(path)


@pytest.mark.parametrize("compression", [1000, 4 * 12_000**2])
def test_hashed_kernels_far_larger_than_the_file_are_refused(
    tmp_path, inputs, compression
):
    units = {"filters": (), "dense_units": (64, 64)}
    model = SharedWeightClassifier(**units, sharing="hashed", epochs=1, random_state=0)
    save(model.fit(X[:100], y[:100]), path := tmp_path / "hashed.nn")
    forge_recipe(path, dense_units=(12_000, 12_000), compression=compression)
    forge_weights(path, lambda arrays: [a[:1] if a.ndim == 1 else a for a in arrays])
    inputs.clear()
    refusal(path)
    assert inputs == []


@pytest.mark.parametrize("depth", [0, 2, 3, 1000, 10**9, 10**30])
def test_another_depth_is_refused(depth, saved):
    path = saved("shared")
    forge_recipe(path, depth=depth)
    refusal(path)


def test_a_depth_with_groups_for_all_its_layers_is_refused(saved, inputs):
    path = saved("shared")
    blocks = [f"stage_{i}_block_{j}" for i in (1, 2) for j in range(1, 2001)]
    groups = {**groups_of(path), **dict.fromkeys(blocks, "shared_1")}
    forge_recipe(path, depth=2000, groups=groups)
    refusal(path)


# -- weights ---------------------------------------------------------------------


def forge_weights(path, change):
    """Replace the arrays of a file's network; as many as ``change`` returns."""
    manifest, arrays = manifest_of(path), arrays_of(path)
    numbers = [item["array"] for item in state_of(manifest)["model_"]]
    changed = change([arrays[number] for number in numbers])
    while len(numbers) < len(changed):
        numbers.append(len(arrays))
        arrays.append(None)
    for number, array in zip(numbers, changed):
        arrays[number] = array
    state_of(manifest)["model_"] = [{"array": n} for n in numbers[: len(changed)]]
    put_together(path, manifest, arrays)


def n_weights(path):
    return len(state_of(manifest_of(path))["model_"])


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_that_are_rewritten_unchanged_load(name, saved):
    path = saved(name)
    expected = load(path).predict_proba(X[:9])
    forge_weights(path, lambda arrays: arrays)
    np.testing.assert_array_equal(load(path).predict_proba(X[:9]), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_any_weights_too_few_or_too_many_are_refused(name, saved):
    path = saved(name)
    for i in range(n_weights(path)):
        forge_weights(path := saved(name), lambda a, i=i: a[:i] + a[i + 1 :])
        refused(path)
        forge_weights(path := saved(name), lambda a, i=i: a[:i] + [a[i]] + a[i:])
        refused(path)
    forge_weights(path := saved(name), lambda arrays: [])
    refused(path)


RESHAPED = {
    "one row more": lambda a: np.concatenate([np.atleast_1d(a)] * 2),
    "one axis more": lambda a: a[None],
    "flat": lambda a: np.append(a, a).ravel(),
    "one value": lambda a: a.ravel()[:1].reshape((1,) * (a.ndim + 1)),
    "none": lambda a: np.zeros(0, a.dtype),
}
RETYPED = {
    "float64": lambda a: a.astype(np.float64),
    # A dropout's seeds are integers of another kind on each backend.
    "integers": lambda a: a.astype(np.float32 if a.dtype.kind in "iu" else np.int64),
    "bool": lambda a: a.astype(bool),
    "complex": lambda a: a.astype(np.complex64),
    "text": lambda a: a.astype(str),
    "dates": lambda a: a.astype(np.int64).astype("datetime64[s]"),
    "other order of bytes": lambda a: a.astype(a.dtype.newbyteorder()),
}


@pytest.mark.parametrize("how", RESHAPED)
@pytest.mark.parametrize("name", NETWORKS)
def test_weights_of_another_shape_are_refused(name, how, saved):
    change = RESHAPED[how]
    for i in range(n_weights(saved(name))):
        path = saved(name)
        forge_weights(path, lambda a, i=i: a[:i] + [change(a[i])] + a[i + 1 :])
        refused(path)


@pytest.mark.parametrize("how", RETYPED)
def test_weights_of_another_dtype_are_refused(how, saved):
    change = RETYPED[how]
    for i in range(n_weights(saved("plain"))):
        path = saved("plain")
        forge_weights(path, lambda a, i=i: a[:i] + [change(a[i])] + a[i + 1 :])
        refused(path)


@pytest.mark.parametrize("bad", [None, 3, "weights", {}, (), [[1.0]], [None], CANARY])
def test_what_are_no_weights_is_refused(bad, saved):
    path = saved("plain")

    def change(manifest):
        state_of(manifest)["model_"] = node(bad)

    forge(path, change)
    refused(path)


def test_weights_without_their_part_are_refused(saved):
    path = saved("plain")
    put_together(path, manifest_of(path), arrays_of(path)[:-1])
    assert "refers to part" in refused(path)
