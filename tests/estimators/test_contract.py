"""Fitted attributes, shapes and kinds of X that all neural estimators share."""

import inspect

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    training,
)

FAMILIES = [CNNClassifier, CNNRegressor, SharedWeightClassifier, SharedWeightRegressor]
SHARED_PARAMETERS = {
    "augmentation": "auto",
    "batch_size": "auto",
    "callbacks": None,
    "early_stopping": False,
    "epochs": "auto",
    "input_shape": None,
    "learning_rate_schedule": "one_cycle",
    "max_time": None,
    "n_iter_no_change": 10,
    "optimizer": "adam",
    "random_state": None,
    "scoring": "loss",
    "validation_fraction": 0.1,
    "verbose": 0,
    "warm_start": False,
}


@pytest.mark.parametrize("cls", FAMILIES)
def test_parameters_of_the_contract_have_its_defaults(cls):
    params = cls().get_params()
    assert {name: params[name] for name in SHARED_PARAMETERS} == SHARED_PARAMETERS
    parameters = list(inspect.signature(cls).parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[2:])


def test_parameters_of_a_cnn_have_the_defaults_of_the_contract():
    params = CNNClassifier().get_params()
    expected = {
        "filters": "auto",
        "kernel_size": "auto",
        "pool_size": "auto",
        "dense_units": "auto",
        "activation": "relu",
        "normalization": "auto",
        "dropout": "auto",
        "block": "auto",
        "depth": 1,
        "head": "auto",
        "class_weight": None,
    }
    assert {name: params[name] for name in expected} == expected


@pytest.mark.parametrize("cls", FAMILIES)
def test_fitted_attributes(make, digits, cls):
    X, y = digits
    est = make(cls)
    assert est.fit(X, y) is est
    assert est.n_features_in_ == 64
    assert est.n_iter_ == 2
    assert list(est.history_) == ["loss", "learning_rate"]
    assert len(est.history_["loss"]) == 2
    assert est.n_parameters_ == sum(
        int(np.prod(v.shape)) for v in est.model_.trainable_variables
    )
    assert not hasattr(est, "feature_names_in_")
    assert not hasattr(est, "best_score_")
    assert hasattr(est, "classes_") == cls.__name__.endswith("Classifier")


def test_number_of_parameters_by_hand(fitted):
    convolution = 3 * 3 * 1 * 4 + 4
    dense = 4 * 4 * 4 * 8 + 8
    logits = 8 * 10 + 10
    assert fitted.n_parameters_ == convolution + dense + logits


def test_predictions_of_a_classifier(fitted, digits):
    X, y = digits
    proba = fitted.predict_proba(X)
    assert proba.shape == (300, 10)
    assert proba.dtype == np.float64
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(
        fitted.predict(X), fitted.classes_[proba.argmax(axis=1)]
    )
    assert fitted.score(X, y) == np.mean(fitted.predict(X) == y)


def test_predictions_of_a_regressor_have_the_units_of_y(make, diabetes):
    X, y = diabetes
    params = {"filters": (), "input_shape": None, "epochs": 10}
    plain = make(CNNRegressor, **params).fit(X, y).predict(X)
    shifted = make(CNNRegressor, **params).fit(X, 1e6 + 50 * y).predict(X)
    assert plain.shape == (200,)
    np.testing.assert_allclose((shifted - 1e6) / 50, plain, rtol=1e-3, atol=0.1)


@pytest.mark.parametrize("cls", FAMILIES)
def test_without_filters_the_network_is_a_multilayer_perceptron(make, digits, cls):
    X, y = digits
    est = make(cls, filters=(), input_shape=None).fit(X, y)
    n_outputs = 10 if hasattr(est, "classes_") else 1
    assert est.n_parameters_ == 64 * 8 + 8 + 8 * n_outputs + n_outputs


SAMPLES = {
    "rows": ((12,), None, (12, 1)),
    "rows with a shape": ((16,), (4, 4, 1), (4, 4, 1)),
    "rows of volumes": ((128,), (4, 4, 4, 2), (4, 4, 4, 2)),
    "series": ((10, 3), None, (10, 3)),
    "images": ((6, 6, 2), None, (6, 6, 2)),
    "images without channels": ((6, 6), (6, 6, 1), (6, 6, 1)),
    "volumes": ((4, 4, 4, 1), None, (4, 4, 4, 1)),
}


@pytest.mark.parametrize("as_list", [False, True], ids=["array", "list"])
@pytest.mark.parametrize(("shape", "given", "sample"), SAMPLES.values(), ids=SAMPLES)
def test_samples_of_any_rank(make, shape, given, sample, as_list):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, *shape)), np.arange(40) % 2
    data = X.tolist() if as_list else X
    est = make(input_shape=given, epochs=1).fit(data, y)
    assert est.n_features_in_ == np.prod(shape)
    assert est.model_.get_layer("reshape").target_shape == sample
    np.testing.assert_array_equal(
        est.predict_proba(data), est.predict_proba(X.reshape(40, -1))
    )


def test_rows_and_samples_train_the_same_network(make, fitted, digits, same):
    X, y = digits
    samples = X.reshape(-1, 8, 8, 1)
    same(make(dropout=0.2).fit(samples, y), fitted, X)
    same(make(dropout=0.2, input_shape=None).fit(samples, y), fitted, X)
    same(
        make(dropout=0.2, input_shape=[8, 8, 1]).fit(X.reshape(-1, 8, 8), y), fitted, X
    )


@pytest.mark.parametrize(
    "dtype", ["float64", "float16", "uint8", "int8", "int64", "uint16", "object"]
)
def test_kinds_of_numbers_that_hold_the_values_train_alike(
    make, fitted, digits, same, dtype
):
    X, y = digits
    est = make(dropout=0.2).fit(X.astype(dtype), y)
    same(est, fitted, X)
    np.testing.assert_array_equal(
        est.predict_proba(X.astype(dtype)), fitted.predict_proba(X)
    )


def test_bool_is_zero_and_one(make, digits, same):
    X, y = digits
    ink = X > 7
    same(make().fit(ink, y), make().fit(ink.astype(np.float32), y), ink)


@pytest.mark.jax_only
def test_small_numbers_reach_the_batches_as_they_are(make, digits):
    """Programs are compiled for each kind of numbers that they are given."""
    X, y = digits
    training.clear_cache()
    counts = []
    for dtype in ("float32", "uint8", "float16", "float64", "int64"):
        make(epochs=1).fit(X.astype(dtype), y)
        counts.append(training.cache_info().compilations["train"])
    assert counts == [1, 2, 3, 3, 3]


def by_frame(X, kind):
    names = [f"pixel {i}" for i in range(X.shape[1])]
    if kind == "pandas":
        return pd.DataFrame(X, columns=names), names
    return pl.DataFrame(X, schema=names), names


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_train_as_arrays_and_give_their_names(make, digits, fitted, kind):
    X, y = digits
    frame, names = by_frame(X, kind)
    est = make(dropout=0.2).fit(frame, pd.Series(y) if kind == "pandas" else y)
    assert list(est.feature_names_in_) == names
    np.testing.assert_array_equal(est.predict_proba(frame), fitted.predict_proba(X))
    with pytest.raises(ValueError, match="feature names should match"):
        est.predict(frame[names[::-1]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        est.predict(X)


def test_rows_may_be_read_only_memory_mapped_or_strided(
    make, digits, fitted, same, tmp_path
):
    X, y = digits
    np.save(tmp_path / "X.npy", X)
    wide = np.repeat(X, 2, axis=1)[:, ::2]
    assert not wide.flags.c_contiguous
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    for rows in (wide, np.asfortranarray(X), mapped, mapped.reshape(-1, 8, 8, 1)):
        same(make(dropout=0.2).fit(rows, y), fitted, rows)


def test_fit_changes_neither_x_nor_y_nor_parameters(make, digits):
    X, y = (array.copy() for array in digits)
    est = make(filters=[4], callbacks=[])
    before = clone(est).get_params()
    est.fit(X, y)
    np.testing.assert_array_equal(X, digits[0])
    np.testing.assert_array_equal(y, digits[1])
    assert est.get_params() == before


SCALES = {
    "divided": lambda X: X / 16,
    "of large values": lambda X: X * 1e6,
    "of tiny values": lambda X: X * 1e-6,
    "shifted": lambda X: X + 1000,
    "turned": lambda X: 255 - X,
}


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("input_shape", [(8, 8, 1), None], ids=["image", "table"])
def test_scale_and_offset_of_x_do_not_matter(make, digits, scale, input_shape):
    X, y = digits
    params = {"input_shape": input_shape, "epochs": 4, "learning_rate": 1e-2}
    raw = make(**params).fit(X[:200], y[:200])
    changed = make(**params).fit(scale(X[:200].astype(float)), y[:200])
    if scale is SCALES["turned"]:
        assert changed.history_["loss"][-1] < 0.8 * changed.history_["loss"][0]
        return
    np.testing.assert_allclose(
        changed.history_["loss"], raw.history_["loss"], rtol=0.02
    )


def test_columns_of_unlike_units_train_as_standardised_ones(make, diabetes):
    X, y = diabetes
    units = 10.0 ** np.arange(-5, 5)
    offsets = 100 * units * np.resize([1, -1, 0], 10)
    params = {"filters": (), "input_shape": None, "epochs": 20}
    raw = make(CNNRegressor, **params).fit(X * units + offsets, y)
    scaled = make(CNNRegressor, **params).fit((X - X.mean(axis=0)) / X.std(axis=0), y)
    np.testing.assert_allclose(raw.history_["loss"], scaled.history_["loss"], rtol=0.02)


@pytest.mark.parametrize("constant", [0.0, 1.0, -1e6, 1e-9, 3e8])
def test_constant_columns_do_no_harm(make, diabetes, constant):
    X, y = diabetes
    X = np.c_[np.full(len(X), constant), X]
    est = make(CNNRegressor, filters=(), input_shape=None, epochs=20).fit(X, y)
    assert np.isfinite(est.predict(X)).all()
    assert est.history_["loss"][-1] < est.history_["loss"][0]


def test_constant_x_and_constant_y_are_fitted(make):
    X, y = np.full((30, 4), 7.0), np.full(30, -3.5)
    est = make(CNNRegressor, filters=(), input_shape=None).fit(X, y)
    np.testing.assert_allclose(est.predict(X), -3.5, atol=0.2)


def test_one_column_is_enough(make, diabetes):
    X, y = diabetes
    est = make(CNNRegressor, input_shape=None).fit(X[:, :1], y)
    assert est.predict(X[:, :1]).shape == (200,)


def test_transform_gives_the_last_hidden_features(fitted, digits):
    features = fitted.transform(digits[0])
    assert features.shape == (300, 8)
    assert features.dtype == np.float32
    kernel, bias = fitted.model_.get_layer("logits").get_weights()
    logits = features @ kernel + bias
    proba = np.exp(logits - logits.max(axis=1, keepdims=True))
    proba /= proba.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(proba, fitted.predict_proba(digits[0]), atol=1e-5)


def test_features_out_have_names(fitted, fitted_shared):
    assert list(fitted.get_feature_names_out()) == [
        f"cnnclassifier{i}" for i in range(8)
    ]
    assert fitted_shared.get_feature_names_out()[0] == "sharedweightclassifier0"


def test_without_dense_layers_the_features_are_the_pixels_left(make, digits):
    X, y = digits
    est = make(dense_units=()).fit(X, y)
    assert est.transform(X).shape == (300, 4 * 4 * 4)
    assert len(est.get_feature_names_out()) == 64


def test_set_output_gives_frames(make, digits):
    X, y = digits
    est = make().set_output(transform="pandas")
    frame = est.fit_transform(X, y)
    assert list(frame.columns) == list(est.get_feature_names_out())
    np.testing.assert_array_equal(frame, clone(est).fit(X, y).transform(X))


@pytest.mark.parametrize("final", [SVC(), LogisticRegression(max_iter=2000)])
def test_a_network_is_a_step_before_another_classifier(make, digits, final):
    X, y = digits
    pipe = make_pipeline(make(epochs=20, learning_rate=1e-2), final)
    assert pipe.fit(X[:250], y[:250]).score(X[250:], y[250:]) > 0.8
    assert pipe[:-1].get_feature_names_out().shape == (8,)


def test_parameters_set_after_fit_do_not_change_predictions(make, digits, fitted):
    X, y = digits
    est = make(dropout=0.2).fit(X, y)
    est.set_params(filters=(9, 9), input_shape=(4, 16, 1), dropout=0.9, class_weight={})
    np.testing.assert_array_equal(est.predict_proba(X), fitted.predict_proba(X))
    assert est.get_feature_names_out().shape == (8,)


def test_verbose_prints_a_line_an_epoch(make, digits, capsys):
    make(verbose=1).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[CNNClassifier] epoch 1: loss ")


def test_silence_is_the_default(make, digits, capsys):
    make(early_stopping=True, validation_fraction=0.2).fit(*digits)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


class Own(np.ndarray):
    """A kind of array that only scikit-learn's validation knows to handle."""


def test_sound_rows_are_predicted_as_validated_ones(fitted, digits):
    X = digits[0][:40]
    np.testing.assert_array_equal(
        fitted.predict_proba(X), fitted.predict_proba(X.view(Own))
    )


@pytest.mark.parametrize("labels", ["classes", "several labels"])
def test_probabilities_of_huge_logits_are_finite_and_silent(make, digits, labels):
    X, y = digits
    several = np.column_stack([y % 2, y > 4]).astype(int)
    est = make(epochs=1).fit(X, y if labels == "classes" else several)
    kernel, bias = est.model_.get_layer("logits").get_weights()
    signs = np.resize([1, -1], bias.shape)
    est.model_.get_layer("logits").set_weights([0 * kernel, 1e30 * signs])
    proba = est.predict_proba(X)
    assert np.isfinite(proba).all()
    if labels == "classes":
        np.testing.assert_allclose(proba[:, signs < 0], 0)
        np.testing.assert_allclose(proba.sum(axis=1), 1)
    else:
        np.testing.assert_array_equal(proba, np.tile([1.0, 0.0], (len(X), 1)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused_in_prediction(fitted, digits, value):
    X = digits[0][:40].astype(np.float32)
    X[3, 5] = value
    with pytest.raises(ValueError, match="Input X contains"):
        fitted.predict(X)


@pytest.mark.parametrize("shape", [(0, 64), (3, 63), (64,)])
def test_rows_of_another_shape_are_refused_in_prediction(fitted, shape):
    with pytest.raises(ValueError, match=r"sample|features|Expected 2D"):
        fitted.predict(np.zeros(shape, np.float32))
