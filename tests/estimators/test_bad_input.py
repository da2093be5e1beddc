"""Errors name the parameter, the rule, what was received; nothing is half-fitted."""

import copy
import re
from functools import cache

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    TokenSequencer,
)
from skopt_nn._backend import keras

FAMILIES = [CNNClassifier, CNNRegressor, SharedWeightClassifier, SharedWeightRegressor]


@pytest.fixture(scope="module")
def refused(make, digits):
    """Fits with the error expected; neither a new nor a fitted estimator changes."""
    good_X, good_y = digits

    @cache
    def fitted(cls):
        est = make(cls, epochs=1).fit(good_X[:40], good_y[:40])
        return est, est.predict(good_X)

    def refused(error, match, X=good_X, y=good_y, cls=CNNClassifier, **changes):
        new, (other, expected) = make(cls, epochs=1), fitted(cls)
        old = copy.deepcopy(other)
        for est in (new, old):
            est.set_params(**changes)
            state = dict(vars(est))
            with pytest.raises(error, match=match):
                est.fit(X, y)
            assert vars(est) == state
        with pytest.raises(NotFittedError):
            new.predict(good_X)
        np.testing.assert_array_equal(old.predict(good_X), expected)

    return refused


PARAMETERS = {
    "shape of other size": (
        {"input_shape": (7, 8, 1)},
        "input_shape=(7, 8, 1) stands for 56 values, but each sample of X has 64",
    ),
    "shape with a negative size": (
        {"input_shape": (-8, -8, 1)},
        "input_shape must be None or a tuple of positive ints",
    ),
    "empty shape": ({"input_shape": ()}, "input_shape must be None or a tuple"),
    "shape that is a number": ({"input_shape": 64}, "The 'input_shape' parameter of"),
    "flat shape under filters": (
        {"input_shape": (64,)},
        "Convolutions need samples of 1 to 3 spatial axes and one of channels",
    ),
    "kernels of too many stages": (
        {"kernel_size": (3, 3, 5)},
        "kernel_size must be an int, or a tuple of one for each of the 1 stages of "
        "filters=(4,), got (3, 3, 5)",
    ),
    "unknown schedule": (
        {"learning_rate_schedule": "one-cycle"},
        "The 'learning_rate_schedule' parameter of",
    ),
    "schedule below zero": (
        {"learning_rate_schedule": lambda done: -done},
        "learning_rate_schedule must give a finite number of at least 0",
    ),
    "unknown score": ({"scoring": "acuracy"}, 'scoring must be "loss", one of'),
    "unknown augmentation": (
        {"augmentation": {"shft": 1}},
        "augmentation must name changes among ['cutmix', 'erasing', 'flip'",
    ),
    "augmentation out of range": (
        {"augmentation": {"flip": 2}},
        "the strength of 'flip' in augmentation must be in [0, 1.0], got 2",
    ),
    "augmentation of spectra on series": (
        {"augmentation": "frequency_mask", "input_shape": (64, 1)},
        "'frequency_mask' in augmentation is for samples of (2,) spatial axes",
    ),
    "two mixtures": (
        {"augmentation": ("mixup", "cutmix")},
        'augmentation must not have both "mixup" and "cutmix"',
    ),
    "filters of zero": ({"filters": (0,)}, "filters must be a tuple of positive ints"),
    "filters of words": ({"filters": ("a",)}, "filters must be a tuple of positive"),
    "filters as a number": ({"filters": 4}, "The 'filters' parameter of"),
    "units of zero": ({"dense_units": (8, 0)}, "dense_units must be a tuple of posit"),
    "kernel of zero": ({"kernel_size": 0}, "The 'kernel_size' parameter of"),
    "unknown activation": (
        {"activation": "rleu"},
        "The 'activation' parameter of CNNClassifier must be a str among",
    ),
    "unknown optimizer": (
        {"optimizer": "adma"},
        "The 'optimizer' parameter of CNNClassifier must be a str among",
    ),
    "unknown normalization": ({"normalization": "group"}, "The 'normalization' param"),
    "dropout of one": ({"dropout": 1.0}, "The 'dropout' parameter of"),
    "learning rate of zero": ({"learning_rate": 0.0}, "The 'learning_rate' parameter"),
    "negative weight decay": ({"weight_decay": -1.0}, "The 'weight_decay' parameter"),
    "no epochs": ({"epochs": 0}, "The 'epochs' parameter of"),
    "batch of nothing": ({"batch_size": 0}, "The 'batch_size' parameter of"),
    "all rows held out": (
        {"early_stopping": True, "validation_fraction": 1.0},
        "The 'validation_fraction' parameter of",
    ),
    "too few rows held out": (
        {"early_stopping": True, "validation_fraction": 0.01},
        "validation_fraction=0.01 of 300 samples cannot be held out",
    ),
    "smoothing above one": ({"label_smoothing": 1.1}, "The 'label_smoothing' param"),
    "unknown class weight": ({"class_weight": "even"}, "The 'class_weight' parameter"),
    "class weight of strangers": ({"class_weight": {99: 1.0}}, "not in class_weight"),
    "negative class weight": (
        {"class_weight": dict.fromkeys(range(10), -1.0)},
        "class_weight must be at least 0 for each class",
    ),
    "class weights of zero": (
        {"class_weight": dict.fromkeys(range(10), 0)},
        "above 0 for one",
    ),
}


@pytest.mark.parametrize(("changes", "match"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameter_out_of_its_range(refused, changes, match):
    refused(ValueError, re.escape(match), **changes)


@pytest.mark.parametrize("cls", [SharedWeightClassifier, SharedWeightRegressor])
@pytest.mark.parametrize(
    ("name", "value"),
    [("sharing", "same"), ("depth", -1), ("n_clusters", 0), ("n_templates", 0)],
)
def test_parameter_of_sharing_out_of_its_range(refused, cls, name, value):
    match = f"The '{name}' parameter of {cls.__name__} must be"
    refused(ValueError, match, cls=cls, **{name: value})


CALLBACKS = [["x"], [keras.callbacks.EarlyStopping], [lambda epoch: None]]


@pytest.mark.parametrize("callbacks", CALLBACKS, ids=["text", "class", "function"])
def test_callback_that_is_none(refused, callbacks):
    match = "callbacks must be a list of instances of keras.callbacks.Callback"
    refused(TypeError, match, callbacks=callbacks)


def changed(X, value):
    X = X.copy()
    X[3, 5] = value
    return X


DATA = {
    "NaN": (lambda X, y: (changed(X, np.nan), y), "Input X contains NaN"),
    "infinity": (lambda X, y: (changed(X, np.inf), y), "X contains infinity"),
    "infinity in images": (
        lambda X, y: (changed(X, np.inf).reshape(-1, 8, 8, 1), y),
        "X contains infinity",
    ),
    "beyond float32": (
        lambda X, y: (changed(X.astype(float), 1e300), y),
        "value too large for dtype",
    ),
    "no rows": (lambda X, y: (X[:0], y[:0]), "Found array with 0 sample"),
    "no images": (
        lambda X, y: (X[:0].reshape(0, 8, 8, 1), y[:0]),
        "Found array with 0 sample",
    ),
    "one sample": (lambda X, y: (X[0], y), "Expected 2D array, got 1D array"),
    "words": (
        lambda X, y: (np.full(X.shape, "a"), y),
        "X must hold numbers: could not convert string.*TabularClassifier.*TokenSeq",
    ),
    "a path": (lambda X, y: ("photos/", y), "images are read into an array first"),
    "images of two sizes": (
        lambda X, y: ([np.zeros((8, 8)), np.zeros((9, 8))], y[:2]),
        r"samples of one shape, got \[\(8, 8\), \(9, 8\)\].*Resize images",
    ),
    "other length of y": (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
    "channels first": (
        lambda X, y: (X.reshape(-1, 1, 8, 8), y),
        re.escape(
            "input_shape=(8, 8, 1) is not the shape of the samples of X, (1, 8, 8). "
            "Channels come last"
        ),
    ),
    "one class": (
        lambda X, y: (X, np.full(len(y), 7)),
        re.escape("at least 2 classes with a weight above zero, got 1 class: [7]"),
    ),
    "values for labels": (lambda X, y: (X, y + 0.5), "Unknown label type: continuous"),
    "two columns of classes": (
        lambda X, y: (X, np.column_stack([y, y])),
        "one column of labels or a 0/1 indicator.*MultiOutputClassifier",
    ),
    "NaN among labels": (
        lambda X, y: (X, np.where(y == 3, np.nan, y)),
        "Input y contains NaN",
    ),
}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
@pytest.mark.parametrize(("spoil", "match"), DATA.values(), ids=DATA)
def test_data_that_cannot_be_trained_on(refused, digits, spoil, match):
    X, y = spoil(*digits)
    refused(ValueError, match, X, y)


def test_sparse_rows(refused, digits):
    rows = sparse.csr_matrix(digits[0])
    refused(TypeError, "Sparse data was passed for X", rows)


def test_no_y(make, digits):
    with pytest.raises(ValueError, match="requires y to be passed"):
        make().fit(digits[0], None)


def test_words_for_values(make, digits):
    with pytest.raises(ValueError, match="could not convert string"):
        make(CNNRegressor).fit(digits[0], np.full(300, "a"))


WEIGHTS = {
    "negative": (-np.ones(300), "Negative values in data passed to `sample_weight`"),
    "other length": (np.ones(10), r"sample_weight.shape == \(10,\), expected"),
    "all zero": (np.zeros(300), "at least one non-zero number"),
    "NaN": (np.full(300, np.nan), "sample_weight contains NaN"),
}


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize(("weights", "match"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_of_rows_that_are_none(make, digits, cls, weights, match):
    with pytest.raises(ValueError, match=match):
        make(cls).fit(*digits, sample_weight=weights)


def test_rows_of_one_class_have_weight(make, digits):
    X, y = digits
    with pytest.raises(ValueError, match="at least 2 classes with a weight above zero"):
        make().fit(X, y, sample_weight=(y == 3).astype(float))


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 2.0}])
def test_class_weight_with_several_labels(refused, digits, class_weight):
    Y = np.column_stack([digits[1] % 2, digits[1] > 4]).astype(int)
    match = "class_weight must be None for multilabel y"
    refused(ValueError, match, y=Y, class_weight=class_weight)


@pytest.mark.parametrize("cls", FAMILIES)
@pytest.mark.parametrize("method", ["predict", "transform", "predict_proba"])
def test_unfitted_estimator_predicts_nothing(make, digits, cls, method):
    est = make(cls)
    if hasattr(est, method):
        with pytest.raises(NotFittedError, match=f"This {cls.__name__} instance is"):
            getattr(est, method)(digits[0])


@pytest.mark.parametrize(
    ("shape", "dtype", "hint"),
    [
        ((8, 8), "f4", r"series of 8 steps.*one channel have input_shape=\(8, 8, 1\)"),
        ((12, 9), "u1", r"series of 12 steps, each of 9 channels"),
        ((3, 8, 8), "f4", r"channels are first, transpose X by \(0, 2, 3, 1\)"),
        ((1, 8, 9), "f4", r"images of 1 x 8 pixels, each of 9 channels"),
    ],
)
@pytest.mark.parametrize("cls", [CNNClassifier, SharedWeightClassifier])
def test_how_samples_were_read_is_said_where_they_look_like_others(
    make, cls, shape, dtype, hint
):
    X, y = np.ones((20, *shape), dtype), np.arange(20) % 2
    with pytest.warns(UserWarning, match=hint) as said:
        make(cls, input_shape=None, epochs=1).fit(X, y)
    assert [warning.filename for warning in said] == [__file__]
    make(cls, input_shape=shape, epochs=1).fit(X, y)  # a warning would be an error


TEXTS = ["a", "a b", "a b c", "b c d e", "c d"] * 8


@pytest.mark.parametrize("cls", [CNNClassifier, SharedWeightClassifier])
def test_token_ids_that_are_read_as_values_are_said_to_be(make, cls):
    ids, y = TokenSequencer(min_df=1).fit_transform(TEXTS), np.arange(40) % 2
    with pytest.warns(UserWarning, match=r"not as token ids.*vocabulary_size=\"auto\""):
        make(cls, input_shape=None, filters=(), epochs=1).fit(ids, y)
    make(CNNClassifier, input_shape=None, vocabulary_size="auto", epochs=1).fit(ids, y)


def test_whole_numbers_that_are_no_token_ids_are_read_in_silence(make):
    rng, y = np.random.default_rng(0), np.arange(40) % 2
    for X in (rng.integers(0, 5, (40, 6)), rng.integers(1, 9, (40, 6))):
        make(input_shape=None, filters=(), epochs=1).fit(X, y)
    X[:, -1] = y  # a column of 0 and 1 behind others
    make(input_shape=None, filters=(), epochs=1).fit(X, y)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((12, 9), "f4"), ((4, 4), "u1"), ((8, 8, 3), "u1"), ((3, 3, 3), "f4")],
)
def test_samples_that_look_like_what_they_are_read_as_are_read_in_silence(
    make, shape, dtype
):
    X, y = np.ones((20, *shape), dtype), np.arange(20) % 2
    make(input_shape=None, epochs=1).fit(X, y)


@pytest.mark.parametrize("X", ["a path", ["a", "text"], [["a"] * 64]])
def test_texts_are_not_predicted_and_who_takes_them_is_said(fitted, X):
    with pytest.raises(ValueError, match=r"X must hold numbers: .*TokenSequencer"):
        fitted.predict(X)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform"])
def test_samples_of_another_shape_are_not_predicted(fitted, digits, method):
    X, _ = digits
    call = getattr(fitted, method)
    with pytest.raises(ValueError, match="X has 63 features, but CNNClassifier is exp"):
        call(X[:, :63])
    match = "samples of shape (8, 8, 1) or rows of 64 values, got samples of shape (4,"
    with pytest.raises(ValueError, match=re.escape(match)):
        call(X.reshape(-1, 4, 16, 1))
    with pytest.raises(ValueError, match=re.escape("has the shape of one. Pass X[np.")):
        call(X[0].reshape(8, 8))
    with pytest.raises(ValueError, match="One sample alone is X"):
        call(X[0].reshape(8, 8, 1))
    with pytest.raises(ValueError, match=r"contains NaN.*such as 0.*TabularClassifier"):
        call(changed(X, np.nan))
    with pytest.raises(ValueError, match="Found array with 0 sample"):
        call(X[:0])
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        call(X[0])


SOFT = {
    "other classes": (np.full((300, 9), 0.1), r"of shape \(300, 10\), a column for"),
    "other rows": (np.full((9, 10), 0.1), "soft_targets must have a row for each of"),
    "NaN": (np.full((300, 10), np.nan), "Input soft_targets contains NaN"),
    "negative": (np.full((300, 10), -0.1), "must be probabilities, got negative"),
    "labels": (np.zeros(300), "soft_targets must be probabilities of shape"),
}


@pytest.mark.parametrize(("soft", "match"), SOFT.values(), ids=SOFT)
@pytest.mark.parametrize("weighted", [False, True])
def test_soft_targets_that_are_no_probabilities(make, digits, soft, match, weighted):
    weights = np.resize([0.0, 1.0], 300) if weighted else None
    if weighted and "300" in match:
        match = match.replace("300", "150")
    est = make()
    with pytest.raises(ValueError, match=match):
        est.fit_soft(*digits, soft, sample_weight=weights)
    assert not hasattr(est, "classes_")


def test_soft_targets_of_another_shape_than_values(make, digits):
    X, y = digits
    with pytest.raises(ValueError, match="soft_targets must have the shape of y"):
        make(CNNRegressor).fit_soft(X, y, np.ones((300, 2)))


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
@pytest.mark.parametrize("alpha", [-0.1, 1.1])
def test_alpha_out_of_its_range(make, digits, cls, alpha):
    X, y = digits
    with pytest.raises(ValueError, match="alpha == "):
        make(cls).fit_soft(X, y, np.eye(10)[y], alpha=alpha)


@pytest.mark.parametrize("temperature", [0, -1.0])
def test_temperature_out_of_its_range(make, digits, temperature):
    X, y = digits
    with pytest.raises(ValueError, match=r"temperature == .*must be > 0"):
        make().fit_soft(X, y, np.eye(10)[y], temperature=temperature)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.arange(300) % 2, "needs 3 classes or more, of one label a row; got 2. Use"),
        (np.eye(3, dtype=int)[np.arange(300) % 3], "got 3 labels. Use"),
    ],
    ids=["two classes", "several labels"],
)
def test_decoupled_needs_other_classes(make, digits, y, match):
    soft = np.full((300, 2 if y.ndim == 1 else 3), 0.5)
    with pytest.raises(ValueError, match=match):
        make().fit_soft(digits[0], y, soft, method="decoupled")


def test_partial_fit_with_early_stopping(make, digits):
    with pytest.raises(ValueError, match="partial_fit needs early_stopping=False"):
        make(early_stopping=True).partial_fit(*digits)


def test_partial_fit_with_balanced_classes(make, digits):
    with pytest.raises(ValueError, match="class_weight='balanced' is not supported"):
        make(class_weight="balanced").partial_fit(*digits)


def test_partial_fit_with_a_new_label(make, digits):
    X, y = digits
    est = make().partial_fit(X[y < 5], y[y < 5])
    expected = est.predict_proba(X)
    with pytest.raises(ValueError, match=r"labels \[5, 6, 7, 8, 9\], which are not"):
        est.partial_fit(X, y)
    np.testing.assert_array_equal(est.predict_proba(X), expected)
    assert est.n_iter_ == 1


def test_partial_fit_with_other_classes_than_before(make, digits):
    est = make().partial_fit(*digits)
    with pytest.raises(ValueError, match="is not the same as on last call"):
        est.partial_fit(*digits, classes=range(9))


@pytest.mark.parametrize("resume", ["partial_fit", "warm start"])
def test_resumed_with_another_number_of_features(make, digits, resume):
    X, y = digits
    est = make(warm_start=True, input_shape=None).fit(X, y)
    call = est.fit if resume == "warm start" else est.partial_fit
    with pytest.raises(ValueError, match="X has 60 features, but CNNClassifier is exp"):
        call(X[:, :60], y)
    assert est.n_iter_ == 2
