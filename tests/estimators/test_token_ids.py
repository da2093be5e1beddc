"""Samples of token ids, and the way from texts to them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    TokenSequencer,
    load,
    make_parallel_fusion,
    save,
)
from skopt_nn.training import cache_info, clear_cache
from skopt_nn.training.augmentation import check_augmentation

SMALL = {
    "filters": (9,),
    "embedding_dim": 8,
    "dropout": 0.0,
    "augmentation": None,
    "learning_rate": 0.01,
    "epochs": 15,
    "random_state": 0,
    "vocabulary_size": "auto",
}


@pytest.fixture(scope="module")
def texts():
    """Sentences that are good unless there is a "not" before the word."""
    rng = np.random.default_rng(0)
    words = np.array(["the", "film", "was", "very", "and", "so", "long", "we", "said"])
    X, y = [], rng.integers(0, 2, 160)
    for label in y:
        filling = rng.choice(words, 6).tolist()
        # Both words are in all of them: it is their order that tells.
        phrase = "not good but seen" if label == 0 else "good but not seen"
        filling.insert(rng.integers(0, 7), phrase)
        X.append(" ".join(filling))
    return X, y


@pytest.fixture(scope="module")
def rows(texts):
    return TokenSequencer().fit_transform(texts[0])


@pytest.fixture(scope="module")
def fitted(texts, rows):
    return CNNClassifier(**SMALL).fit(rows[:120], texts[1][:120])


def test_the_order_of_words_is_learned(fitted, texts, rows):
    assert fitted.score(rows[120:], texts[1][120:]) > 0.95


def test_a_pipeline_takes_texts_and_needs_no_size(texts):
    X, y = texts
    model = make_pipeline(TokenSequencer(), CNNClassifier(**SMALL)).fit(
        X[:120], y[:120]
    )
    assert model[-1].vocabulary_size_ == model[0].vocabulary_size_
    assert model.score(X[120:], y[120:]) > 0.95


def test_a_regressor_reads_texts_too(texts, rows):
    model = CNNRegressor(**SMALL).fit(rows[:120], texts[1][:120])
    assert model.score(rows[120:], texts[1][120:]) > 0.8


def test_stages_of_tokens_are_those_of_the_paper_unless_they_are_given():
    model = CNNClassifier(vocabulary_size=5, epochs=1).fit(
        [[1, 2, 3], [4, 2, 0]], [0, 1]
    )
    names = {layer.name for layer in model.model_.layers}
    assert {"embedding", "conv_1_width_4", "conv_1_width_2", "conv_1_width_1"} <= names
    assert "pooling" in names
    model.set_params(block="plain", kernel_size=2, filters=(3, 3), head="flatten")
    names = {
        layer.name for layer in model.fit([[1, 2, 3], [4, 2, 0]], [0, 1]).model_.layers
    }
    assert {"embedding", "conv_1", "conv_2", "flatten"} <= names


def test_without_filters_the_vectors_go_to_a_perceptron(texts, rows):
    model = CNNClassifier(**SMALL | {"filters": (), "epochs": 1}).fit(rows, texts[1])
    n_vectors = model.vocabulary_size_ * 8
    n_logits = (rows.shape[1] * 8 + 1) * 2
    assert model.n_parameters_ == n_vectors + n_logits


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, np.float64, object])
def test_ids_of_any_dtype_are_the_same(fitted, texts, rows, dtype):
    again = clone(fitted).fit(rows[:120].astype(dtype), texts[1][:120])
    expected = fitted.predict_proba(rows)
    np.testing.assert_array_equal(again.predict_proba(rows.astype(dtype)), expected)


def test_auto_takes_larger_ids_of_later_rows_as_unknown(fitted, rows):
    unknown, beyond = rows[:5].copy(), rows[:5].copy()
    unknown[:, 1], beyond[:, 1] = 1, [fitted.vocabulary_size_, 99, 10**4, 10**6, 10**7]
    np.testing.assert_array_equal(
        fitted.predict_proba(beyond), fitted.predict_proba(unknown)
    )


def test_ids_in_rows_of_weight_zero_are_none_of_the_vocabulary(texts, rows):
    more = np.vstack([rows, np.full((1, rows.shape[1]), 500)])
    weights = np.append(np.ones(len(rows)), 0.0)
    net = CNNClassifier(**SMALL | {"epochs": 1})
    net.fit(more, np.append(texts[1], 0), sample_weight=weights)
    assert net.vocabulary_size_ == rows.max() + 1


def test_folds_of_rows_that_lack_the_last_id_are_scored(texts, rows):
    rare = rows.copy()
    rare[0, 0] = rows.max() + 7
    scores = cross_val_score(
        CNNClassifier(**SMALL | {"epochs": 1}), rare, texts[1], cv=2
    )
    assert np.isfinite(scores).all()


def test_a_given_size_refuses_ids_outside(texts, rows):
    size = int(rows.max()) + 1
    model = CNNClassifier(**SMALL | {"vocabulary_size": size, "epochs": 1})
    model.fit(rows, texts[1])
    outside = rows[:3].copy()
    outside[1, 1] = size
    match = (
        rf"outside the vocabulary: the largest is {size}, and vocabulary_size={size}"
    )
    for method in (model.predict, model.transform):
        with pytest.raises(ValueError, match=match):
            method(outside)
    with pytest.raises(ValueError, match=match):
        model.partial_fit(outside, texts[1][:3])
    with pytest.raises(ValueError, match=match):
        clone(model).fit(rows, texts[1], X_val=outside, y_val=texts[1][:3])
    smaller = clone(model).set_params(vocabulary_size=size - 1)
    with pytest.raises(
        ValueError, match=rf"largest is {size - 1}, and vocabulary_size="
    ):
        smaller.fit(rows, texts[1])


@pytest.mark.parametrize("size", ["auto", 50])
@pytest.mark.parametrize(
    ("value", "match"), [(-1, "got values from -1"), (0.5, "got fractions and values")]
)
def test_what_is_no_id_is_refused(texts, rows, size, value, match):
    bad = rows.astype(float)
    bad[0, 0] = value
    model = CNNClassifier(**SMALL | {"vocabulary_size": size})
    with pytest.raises(ValueError, match=f"is for token ids, integers .*{match}"):
        model.fit(bad, texts[1])


def test_ids_are_not_augmented_as_numbers_are(texts, rows):
    model = CNNClassifier(**SMALL | {"augmentation": "noise"})
    match = r"'noise' in augmentation is not for samples of token ids.*token_dropout"
    with pytest.raises(ValueError, match=match):
        model.fit(rows, texts[1])


def test_numbers_are_not_augmented_as_ids_are(texts, rows):
    model = CNNClassifier(**SMALL | {"augmentation": "token_dropout"})
    with pytest.raises(ValueError, match="is not for samples of numbers"):
        model.set_params(vocabulary_size=None).fit(rows, texts[1])


def test_a_token_is_forgotten_with_the_probability_given():
    (change,) = check_augmentation({"token_dropout": 0.3}, (50, 1), of_ids=True)
    ids = np.tile(np.arange(50, dtype=np.float32)[:, None], (400, 1, 1))
    changed = change(ids, np.random.default_rng(0), None, None)
    forgotten = (changed != ids)[:, 2:].mean()
    assert 0.28 < forgotten < 0.32
    assert (changed[changed != ids] == 1).all()
    np.testing.assert_array_equal(changed[:, :2], ids[:, :2])


def test_texts_are_augmented_unless_it_is_turned_off(texts, rows):
    few = SMALL | {"epochs": 1}
    automatic, named, none = (
        CNNClassifier(**few | {"augmentation": augmentation}).fit(rows, texts[1])
        for augmentation in ("auto", {"token_dropout": 0.3}, None)
    )
    expected = named.predict_proba(rows)
    np.testing.assert_array_equal(automatic.predict_proba(rows), expected)
    assert (none.predict_proba(rows) != expected).any()


@pytest.mark.parametrize("size", [0, 1.5, "many", 2**24 + 1])
def test_a_bad_size_is_named(texts, rows, size):
    model = CNNClassifier(**SMALL | {"vocabulary_size": size})
    with pytest.raises(
        ValueError, match="'vocabulary_size' parameter of CNNClassifier"
    ):
        model.fit(rows, texts[1])


def test_samples_of_several_channels_hold_no_ids():
    with pytest.raises(
        ValueError, match="vocabulary_size needs samples of one channel"
    ):
        CNNClassifier(**SMALL).fit(np.ones((4, 5, 2)), [0, 1, 0, 1])


def test_grids_of_tokens_are_images_of_ids():
    X, y = load_digits(return_X_y=True)
    model = CNNClassifier(
        (6,), input_shape=(8, 8, 1), vocabulary_size=17, epochs=9, random_state=0
    )
    assert model.fit(X[:600], y[:600]).score(X[600:900], y[600:900]) > 0.7


def test_a_fit_that_goes_on_keeps_its_vocabulary(texts, rows):
    few = rows.copy()
    few[few > 5] = 1
    model = CNNClassifier(**SMALL | {"epochs": 1}, warm_start=True).fit(few, texts[1])
    model.fit(rows, texts[1]).partial_fit(rows, texts[1])
    assert model.vocabulary_size_ == 6
    assert clone(model).fit(rows, texts[1]).vocabulary_size_ == rows.max() + 1


@pytest.mark.parametrize("change", [{"vocabulary_size": None}, {"embedding_dim": 9}])
def test_a_fit_that_goes_on_asks_for_the_same_vectors(texts, rows, change):
    model = CNNClassifier(**SMALL | {"epochs": 1}, warm_start=True).fit(rows, texts[1])
    with pytest.raises(ValueError, match="train the fitted network on, which has"):
        model.set_params(**change).fit(rows, texts[1])


def test_a_network_of_numbers_does_not_go_on_with_ids(texts, rows):
    options = SMALL | {"epochs": 1, "vocabulary_size": None, "filters": ()}
    model = CNNClassifier(**options, warm_start=True).fit(rows, texts[1])
    with pytest.raises(ValueError, match="train the fitted network on, which has"):
        model.set_params(vocabulary_size="auto").fit(rows, texts[1])


def test_a_pipeline_of_texts_is_saved_and_loaded(texts, tmp_path):
    X, y = texts
    model = make_pipeline(TokenSequencer(), CNNClassifier(**SMALL | {"epochs": 1}))
    save(model.fit(X, y), tmp_path / "texts.nn")
    expected = model.predict_proba(X)
    np.testing.assert_array_equal(
        load(tmp_path / "texts.nn").predict_proba(X), expected
    )


def test_texts_go_through_a_fusion(texts):
    X, y = texts
    pipeline = make_pipeline(TokenSequencer(), CNNClassifier(**SMALL | {"epochs": 1}))
    fusion = make_parallel_fusion(pipeline, clone(pipeline)).fit(X, y)
    assert fusion.predict_proba(X).shape == (160, 2)


@pytest.mark.jax_only
def test_a_grid_over_texts_compiles_one_training(texts, rows):
    clear_cache()
    grid = {"learning_rate": [0.01, 0.001], "dropout": [0.0, 0.5]}
    model = CNNClassifier(**SMALL | {"epochs": 1, "vocabulary_size": 50})
    GridSearchCV(model, grid, cv=2).fit(rows, texts[1])
    assert cache_info().compilations["train"] == 1
