"""What is shared, what it saves, and that training sees it."""

import pickle

import numpy as np
import pytest

from skopt_nn import SharedWeightClassifier, SharedWeightRegressor, networks, training
from skopt_nn._backend import keras

TIED = {"filters": (4, 4), "depth": 2, "dense_units": (8, 8, 8)}
# Fewer layers to merge, each of which asks for a program of its own.
MERGING = {"filters": (4,), "depth": 2, "dense_units": (8, 8, 8)}


@pytest.fixture(scope="module")
def tied(make, digits):
    return make(SharedWeightClassifier, **TIED).fit(*digits)


@pytest.fixture(scope="module")
def similar(make, digits):
    """Merged until no two layers of one shape were left."""
    return make(
        SharedWeightClassifier,
        **MERGING,
        sharing="similar",
        tolerance=1.0,
        fine_tune_epochs=1,
    ).fit(*digits)


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
    est = make(SharedWeightClassifier, filters=(4,), depth=depth).fit(*digits)
    assert est.shared_weights_ == {}
    assert est.compression_ratio_ == 1


def test_a_perceptron_shares_its_dense_layers(make, diabetes):
    est = make(
        SharedWeightRegressor, filters=(), dense_units=(6, 6, 6, 6), input_shape=None
    ).fit(*diabetes)
    assert est.shared_weights_ == {"shared_1": ["dense_2", "dense_3", "dense_4"]}
    assert est.n_parameters_ == (10 * 6 + 6) + (6 * 6 + 6) + (6 + 1)


def test_three_times_fewer_parameters_by_default():
    recipe = SharedWeightClassifier()._make_recipe((8, 8, 1), 10, False, 0)
    stored = networks.n_parameters(networks.build(recipe))
    assert networks.n_unshared_parameters(recipe) >= 3 * stored


def test_gradient_of_a_shared_kernel_is_the_sum_over_its_places(tied, digits):
    """One step of gradient descent, tied and untied from the same weights."""
    X, y = digits
    rows = training.Rows(X, (y.astype(np.int32),), np.ones(len(X), np.float32))
    settings = {"label_smoothing": 0.0, "weight_decay": 0.0}
    shapes = networks.slots(tied._recipe)
    apart = {**tied._recipe, "groups": {slot: slot for slot in shapes}}
    one = networks.copy(tied._recipe, tied.model_)
    twin = networks.build(apart)
    groups = tied._recipe["groups"]
    for layer in twin.layers:
        source = one.get_layer(groups.get(layer.name, layer.name))
        layer.set_weights(source.get_weights())
    start = {layer.name: layer.get_weights() for layer in one.layers}
    for model in (one, twin):
        training.fit(
            model,
            rows,
            loss="cross_entropy",
            settings=settings,
            optimizer="sgd",
            learning_rate=0.1,
            epochs=1,
            batch_size=None,
            seed=0,
        )
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
    assert np.isnan(similar.history_["val_loss"][:2]).all()
    assert np.isfinite(similar.history_["val_loss"][2:]).all()


def test_merged_network_survives_its_pickle(similar, digits, same):
    loaded = pickle.loads(pickle.dumps(similar))
    same(loaded, similar, digits[0])
    assert loaded.shared_weights_ == similar.shared_weights_


def scores(est, values, monkeypatch):
    """Let the held-out scores of an estimator be those given, one a network."""
    given = iter(values)
    monkeypatch.setattr(type(est), "_score_of", lambda self, rows: next(given))


def test_merge_that_costs_too_much_is_taken_back(make, digits, same, monkeypatch):
    X, y = digits
    est = make(SharedWeightClassifier, **MERGING, sharing="similar", tolerance=0.01)
    scores(est, [0.9, 0.889], monkeypatch)
    est.fit(X, y)
    assert est.shared_weights_ == {}
    assert est.compression_ratio_ == 1


def test_rejected_merge_leaves_the_weights_before_it(make, digits, monkeypatch):
    X, y = digits
    est = make(SharedWeightClassifier, **MERGING, sharing="similar")
    models = []
    merge = SharedWeightClassifier._merge

    def spy(self, *pair):
        models.append([np.array(w) for w in self.model_.get_weights()])
        merge(self, *pair)

    monkeypatch.setattr(SharedWeightClassifier, "_merge", spy)
    scores(est, [0.9, 0.9, 0.0], monkeypatch)
    est.fit(X, y)
    assert len(models) == 2
    assert [len(slots) for slots in est.shared_weights_.values()] == [2]
    for one, other in zip(models[-1], est.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_scores_are_held_against_the_network_before_any_merge(
    make, digits, monkeypatch
):
    """Merges may not cost the tolerance each, but all of them together."""
    X, y = digits
    est = make(SharedWeightClassifier, **MERGING, sharing="similar", tolerance=0.015)
    scores(est, [0.9, 0.89, 0.88], monkeypatch)
    est.fit(X, y)
    assert [len(slots) for slots in est.shared_weights_.values()] == [2]


@pytest.mark.parametrize("cls", [SharedWeightClassifier, SharedWeightRegressor])
def test_accepted_network_is_within_the_tolerance(make, digits, monkeypatch, cls):
    X, y = digits
    found = []
    score_of = cls._score_of

    def spy(self, rows):
        found.append((score_of(self, rows), networks.n_parameters(self.model_)))
        return found[-1][0]

    monkeypatch.setattr(cls, "_score_of", spy)
    est = make(
        cls,
        filters=(),
        dense_units=(8, 8, 8),
        sharing="similar",
        tolerance=0.05,
        epochs=8,
        learning_rate=1e-2,
        validation_fraction=0.3,
        fine_tune_epochs=3,
    ).fit(X, y)
    accepted = [score for score, size in found if size == est.n_parameters_]
    assert accepted[-1] >= found[0][0] - 0.05


def test_merged_layer_starts_as_the_mean_of_two(tied):
    recipe = {**tied._recipe, "groups": {s: s for s in networks.slots(tied._recipe)}}
    source = networks.build(recipe)
    rng = np.random.default_rng(0)
    for layer in source.layers:
        layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    pair = ("stage_1_block_1", "stage_2_entry")
    groups = networks.merged_groups(recipe["groups"], *pair)
    target = networks.build({**recipe, "groups": groups})
    networks.copy_weights(source, recipe["groups"], target, groups)
    for i, value in enumerate(target.get_layer("shared_1").get_weights()):
        parts = [source.get_layer(name).get_weights()[i] for name in pair]
        np.testing.assert_allclose(value, np.mean(parts, axis=0), rtol=1e-6)
    for name in ("stage_1_entry", "dense_1", "logits"):
        for one, other in zip(
            target.get_layer(name).get_weights(), source.get_layer(name).get_weights()
        ):
            np.testing.assert_array_equal(one, other)


def test_most_similar_is_the_largest_cosine(tied):
    model = networks.build(
        {**tied._recipe, "groups": {s: s for s in networks.slots(tied._recipe)}}
    )
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(rng.normal(size=layer.kernel.shape))
    nearly = keras.ops.convert_to_numpy(model.get_layer("stage_1_block_2").kernel)
    model.get_layer("stage_2_block_1").kernel.assign(3 * nearly + 0.01)
    (cosine, *pair), *others = networks.most_similar(model)
    assert pair == ["stage_1_block_2", "stage_2_block_1"]
    assert cosine > 0.99 > others[0][0]
    assert len(others) + 1 == 5 * 4 // 2 + 1


def test_partial_fit_merges_nothing_and_holds_no_row_out(make, digits, same):
    X, y = digits
    params = {"filters": (4,), "sharing": "similar"}
    est = make(SharedWeightClassifier, **params)
    est.partial_fit(X[:20], y[:20], classes=range(10))
    assert est.shared_weights_ == {}
    assert list(est.history_) == ["loss"]


def test_soft_targets_teach_a_network_that_merges(make, digits):
    X, y = digits
    soft = 0.9 * np.eye(10)[y] + 0.01
    params = {"sharing": "similar", "tolerance": 1.0, "fine_tune_epochs": 1}
    est = make(SharedWeightClassifier, filters=(), dense_units=(8, 8, 8), **params)
    est.fit_soft(X, y, soft, temperature=3.0, alpha=0.7)
    assert est.shared_weights_
    assert est.predict_proba(X).shape == (300, 10)
