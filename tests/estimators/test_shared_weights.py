"""What is shared, what it saves, and that training sees it."""

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

import skopt_nn
from skopt_nn import SharedWeightClassifier, SharedWeightRegressor, networks, training
from skopt_nn.networks.sharing import SHARINGS, Sharing
from skopt_nn.training.objectives import Objective, cross_entropy
from tests.doubles import Merging, ScoredRun

TIED = {"filters": (4, 4), "block": "recursive", "dense_units": (8, 8, 8)}
# Fewer layers to merge, each of which asks for a program of its own.
MERGING = {**TIED, "filters": (4,)}


@pytest.fixture(scope="module")
def tied(make, digits):
    return make(SharedWeightClassifier, **TIED).fit(*digits)


@pytest.fixture(scope="module")
def similar(make, digits, registered):
    """Merged until no two layers of one shape were left."""
    with registered("merging", Merging):
        est = make(SharedWeightClassifier, **MERGING, sharing="merging")
        return est.fit(*digits)


def kernels(est):
    return [v for v in est.model_.trainable_variables if v.name == "kernel"]


def unshared_parameters():
    convolutions = (3 * 3 * 1 * 4 + 4) + 5 * (3 * 3 * 4 * 4 + 4)
    dense = (2 * 2 * 4 * 8 + 8) + 2 * (8 * 8 + 8)
    return convolutions + dense + 8 * 10 + 10


def test_tied_layers_are_those_of_one_shape(tied):
    assert tied.shared_weights_ == {
        "shared_1": [
            "stage_1_block_1",
            "stage_1_block_2",
            "stage_2_entry",
            "stage_2_block_1",
            "stage_2_block_2",
        ],
        "shared_2": ["dense_2", "dense_3"],
    }


def test_shared_weights_are_stored_once(tied):
    saved = 4 * (3 * 3 * 4 * 4 + 4) + (8 * 8 + 8)
    assert tied.n_parameters_ == unshared_parameters() - saved
    assert len(kernels(tied)) == 1 + 1 + 1 + 1 + 1
    assert sum(v.shape == (3, 3, 4, 4) for v in kernels(tied)) == 1


def test_compression_ratio_is_parameters_without_sharing_over_those_stored(tied):
    ratio = unshared_parameters() / tied.n_parameters_
    assert tied.compression_ratio_ == pytest.approx(ratio)


def test_each_name_is_a_layer_applied_as_often_as_it_serves(tied):
    for name, slots in tied.shared_weights_.items():
        assert len(tied.model_.get_layer(name)._inbound_nodes) == len(slots)


@pytest.mark.parametrize("depth", [0, 1])
def test_without_equal_shapes_nothing_is_shared(make, digits, depth):
    stage = {"filters": (4,), "block": "recursive", "depth": depth}
    est = make(SharedWeightClassifier, **stage).fit(*digits)
    assert est.shared_weights_ == {}
    assert est.compression_ratio_ == 1


@pytest.mark.parametrize("block", ["residual", "separable"])
def test_blocks_of_a_cnn_share_their_kernels(make, digits, same, block):
    blocks = {"filters": (4, 4), "depth": 2, "block": block, "head": "average"}
    est = make(SharedWeightClassifier, **blocks, dense_units=()).fit(*digits)
    assert est.shared_weights_
    assert est.compression_ratio_ > 1
    assert est.n_parameters_ == est.summary().n_parameters
    same(pickle.loads(pickle.dumps(est)), est, digits[0])


def test_a_perceptron_shares_its_dense_layers(make, diabetes):
    est = make(
        SharedWeightRegressor, filters=(), dense_units=(6, 6, 6, 6), input_shape=None
    ).fit(*diabetes)
    assert est.shared_weights_ == {"shared_1": ["dense_2", "dense_3", "dense_4"]}
    assert est.n_parameters_ == (10 * 6 + 6) + (6 * 6 + 6) + (6 + 1)


def default_size(sample_shape, sharing="tied"):
    return SharedWeightClassifier(sharing=sharing).summary(sample_shape).n_parameters


def test_four_times_fewer_parameters_by_default():
    for shape in (8, 8, 1), (28, 28, 1), (427, 1):
        assert default_size(shape, None) >= 4 * default_size(shape)


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (64, 40, 1)])
def test_the_default_network_is_small_whatever_the_image(shape):
    assert default_size(shape) < 30_000


def test_gradient_of_a_shared_kernel_is_the_sum_over_its_places(tied, digits):
    """One step of gradient descent, tied and untied from the same weights."""
    X, y = digits
    objective = Objective(
        cross_entropy, (y.astype(np.int32),), {"label_smoothing": 0.0}
    )
    weights = np.ones(len(X), np.float32)
    examples = training.Examples(training.ArrayRows(X), objective, weights)
    recipe = tied.model_.architecture.key[0]
    one = networks.copy(tied.model_)
    twin = replace(recipe, groups={slot: slot for slot in recipe.slots()}).build()
    for layer in twin.layers:
        source = one.get_layer(recipe.groups.get(layer.name, layer.name))
        layer.set_weights(source.get_weights())
    start = {layer.name: layer.get_weights() for layer in one.layers}
    how = training.Training(
        optimizer="sgd",
        learning_rate=0.1,
        learning_rate_schedule="constant",
        weight_decay=0.0,
        epochs=1,
        batch_size=None,
    )
    for model in (one, twin):
        training.fit(model, examples, how, seed=0)
    for name, slots in tied.shared_weights_.items():
        for i, before in enumerate(start[name]):
            steps = [twin.get_layer(s).get_weights()[i] - before for s in slots]
            found = one.get_layer(name).get_weights()[i] - before
            np.testing.assert_allclose(found, sum(steps), rtol=1e-3, atol=1e-5)
            assert not np.allclose(steps[0], steps[1], atol=1e-5)


# -- merging --------------------------------------------------------------------


def test_with_all_tolerance_layers_merge_until_none_are_alike(similar):
    groups = {frozenset(slots) for slots in similar.shared_weights_.values()}
    assert groups == {
        frozenset({"stage_1_block_1", "stage_1_block_2"}),
        frozenset({"dense_2", "dense_3"}),
    }
    saved = (3 * 3 * 4 * 4 + 4) + (8 * 8 + 8)
    ratio = (similar.n_parameters_ + saved) / similar.n_parameters_
    assert similar.compression_ratio_ == pytest.approx(ratio)


def test_each_merge_is_fine_tuned(similar):
    assert similar.n_iter_ == 2 + 2
    assert len(similar.history_["loss"]) == similar.n_iter_
    assert len(similar.history_["val_loss"]) == similar.n_iter_
    assert np.isfinite(similar.history_["val_loss"]).all()


def test_merged_network_survives_its_pickle(similar, digits, same):
    loaded = pickle.loads(pickle.dumps(similar))
    same(loaded, similar, digits[0])
    assert loaded.shared_weights_ == similar.shared_weights_


class Given(Merging):
    """Merging by scores that are given; keeps the run."""

    scores = ()
    runs = []

    def after_training(self, run):
        self.runs.append(ScoredRun(run, self.scores))
        super().after_training(self.runs[-1])


@pytest.mark.parametrize(
    ("scores", "tolerance", "n_layers"),
    [
        ((0.9, 0.889), 0.01, []),
        ((0.9, 0.9, 0.0), 0.01, [2]),
        ((0.9, 0.89, 0.88), 0.015, [2]),
        ((0.9, float("nan")), 1e9, []),
    ],
    ids=["costs too much", "second costs too much", "cost together", "no number"],
)
def test_merges_that_cost_too_much_are_taken_back(
    make, digits, registered, scores, tolerance, n_layers
):
    est = make(SharedWeightClassifier, **MERGING, sharing="given")
    how = {"scores": scores, "tolerance": tolerance}
    with registered("given", type("Scored", (Given,), how)):
        est.fit(*digits)
    assert [len(slots) for slots in est.shared_weights_.values()] == n_layers
    assert (est.compression_ratio_ == 1) is (n_layers == [])
    assert est.n_iter_ == 2 + len(scores) - 1


class Watched(Merging):
    """Merging that writes down each score and the size of the network scored."""

    found = []
    tolerance, fine_tune_epochs = 0.05, 3

    def after_training(self, run):
        class Run(ScoredRun):
            def score(self):
                found = run.score(), networks.n_parameters(run.model)
                Watched.found.append(found)
                return found[0]

        super().after_training(Run(run, ()))


@pytest.mark.parametrize("cls", [SharedWeightClassifier, SharedWeightRegressor])
def test_accepted_network_is_within_the_tolerance(make, digits, registered, cls):
    X, y = digits
    Watched.found.clear()
    est = make(
        cls,
        filters=(),
        dense_units=(8, 8, 8),
        sharing="watched",
        epochs=8,
        learning_rate=1e-2,
        validation_fraction=0.3,
    )
    with registered("watched", Watched):
        est.fit(X, y)
    found = Watched.found
    accepted = [score for score, size in found if size == est.n_parameters_]
    assert accepted[-1] >= found[0][0] - 0.05


def test_partial_fit_merges_nothing_and_holds_no_row_out(make, digits, registered):
    X, y = digits
    est = make(SharedWeightClassifier, filters=(4,), sharing="merging")
    with registered("merging", Merging):
        est.partial_fit(X[:20], y[:20], classes=range(10))
    assert est.shared_weights_ == {}
    assert "val_loss" not in est.history_


def test_soft_targets_teach_a_network_that_merges(make, digits, registered):
    X, y = digits
    soft = 0.9 * np.eye(10)[y] + 0.01
    params = {"filters": (), "dense_units": (8, 8, 8), "sharing": "merging"}
    est = make(SharedWeightClassifier, **params)
    with registered("merging", Merging):
        est.fit_soft(X, y, soft, temperature=3.0, alpha=0.7)
    assert est.shared_weights_
    assert est.predict_proba(X).shape == (300, 10)


def test_similar_means_templates(make, digits, same):
    X, y = digits
    params = {"filters": (), "dense_units": (8,) * 4}
    one, other = (
        make(SharedWeightClassifier, **params, sharing=name).fit(X, y)
        for name in ("templates", "similar")
    )
    same(one, other, X)


# -- a kind of sharing from outside of the package ------------------------------


@dataclass(frozen=True)
class EverySecond(Sharing):
    """Layers ``1, 3, ...`` of a shape are one; ``depth`` is a parameter of it."""

    depth: int

    trains_on = True

    def groups(self, slots):
        groups = {slot: slot for slot in slots}
        for shape in set(slots.values()):
            alike = [slot for slot in slots if slots[slot] == shape]
            groups |= dict.fromkeys(alike[::2], alike[0])
        return groups

    def accepts(self, recipe):
        return None if "dense_4" in recipe.groups else "which has no fourth layer"

    def after_training(self, run):
        run.train(1)


@pytest.fixture(scope="module")
def every_second(make, digits, registered):
    params = {"filters": (), "dense_units": (8,) * 5, "sharing": "every second"}
    with registered("every second", EverySecond):
        return make(SharedWeightClassifier, **params).fit(*digits)


def test_a_registered_kind_of_sharing_is_trained(every_second):
    assert every_second.shared_weights_ == {"dense_2": ["dense_2", "dense_4"]}
    assert every_second.n_iter_ == 2 + 1
    saved = 8 * 8 + 8
    ratio = (every_second.n_parameters_ + saved) / every_second.n_parameters_
    assert every_second.compression_ratio_ == pytest.approx(ratio)


def test_it_is_pickled_and_saved_like_any_other(every_second, digits, same, tmp_path):
    assert "every second" not in SHARINGS
    skopt_nn.save(every_second, tmp_path / "net.skopt")
    for loaded in (
        pickle.loads(pickle.dumps(every_second)),
        skopt_nn.load(tmp_path / "net.skopt"),
    ):
        same(loaded, every_second, digits[0])
        assert loaded.sharing == "every second"
        assert loaded.shared_weights_ == every_second.shared_weights_


def test_a_name_that_is_not_registered_any_more_is_refused(every_second, digits):
    other = pickle.loads(pickle.dumps(every_second))
    with pytest.raises(ValueError, match="The 'sharing' parameter of SharedWeight"):
        other.fit(*digits)


@pytest.mark.parametrize(
    ("before", "behind", "match"),
    [
        ({"sharing": "tied"}, {"sharing": None}, r"share weights \(as shared_1\)"),
        ({"sharing": "tied"}, {"sharing": "clustered"}, r"\(as shared_1\)"),
        ({"sharing": None}, {"sharing": "tied"}, "layers of one shape have weights of"),
        (
            {"sharing": "clustered", "n_clusters": 16},
            {"n_clusters": 3},
            "whose kernels take any values; got sharing='clustered', n_clusters=3",
        ),
    ],
)
def test_a_network_does_not_go_on_in_another_kind_of_sharing(
    make, digits, before, behind, match
):
    params = {"filters": (), "dense_units": (8, 8, 8), "epochs": 1, "warm_start": True}
    est = make(SharedWeightClassifier, **params, **before).fit(*digits)
    with pytest.raises(ValueError, match=match):
        est.set_params(**behind).fit(*digits)


class Clock:
    """Each look at it is a second later."""

    now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def test_merging_ends_with_the_time_of_the_fit(make, digits, registered, monkeypatch):
    params = {"filters": (), "dense_units": (8,) * 6, "sharing": "merging"}
    slow = make(SharedWeightClassifier, **params, max_time=12)
    monkeypatch.setattr("time.perf_counter", Clock())
    with registered("merging", Merging):
        merged = slow.fit(*digits).shared_weights_
    assert 0 < sum(map(len, merged.values())) < 5


def test_it_says_which_networks_go_on(make, digits, every_second, registered):
    est = pickle.loads(pickle.dumps(every_second)).set_params(warm_start=True)
    short = make(SharedWeightClassifier, filters=(), dense_units=(8,), warm_start=True)
    short.fit(*digits).set_params(sharing="every second")
    with registered("every second", EverySecond):
        assert est.fit(*digits).n_iter_ == 3 + 3
        match = "which has no fourth layer; got sharing='every second'"
        with pytest.raises(ValueError, match=match):
            short.fit(*digits)
