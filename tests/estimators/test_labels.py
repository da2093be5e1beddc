"""Kinds of y, weights of rows and of classes."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.utils.class_weight import compute_sample_weight

from skopt_nn import CNNClassifier, CNNRegressor, SharedWeightClassifier

LABELS = {
    "strings": lambda y: np.array([f"digit {i}" for i in y]),
    "objects": lambda y: np.array([f"digit {i}" for i in y], dtype=object),
    "negative": lambda y: y - 5,
    "floats": lambda y: y.astype(float),
    "gaps": lambda y: y * 100,
    "unsigned": lambda y: y.astype(np.uint8),
    "series": lambda y: pd.Series(y, index=np.arange(len(y)) + 7),
    "categories": lambda y: pd.Series([f"digit {i}" for i in y], dtype="category"),
    "list": lambda y: y.tolist(),
}


@pytest.mark.parametrize("relabel", LABELS.values(), ids=LABELS)
def test_labels_of_any_kind_train_alike(make, fitted, digits, relabel):
    X, y = digits
    labels = relabel(y)
    est = make(dropout=0.2).fit(X, labels)
    np.testing.assert_array_equal(est.classes_, np.unique(labels))
    np.testing.assert_array_equal(est.predict_proba(X), fitted.predict_proba(X))
    assert set(est.predict(X)) <= set(np.asarray(labels))


def test_bool_labels_are_predicted_as_bool(make, digits):
    X, y = digits
    predicted = make().fit(X, y > 4).predict(X)
    assert predicted.dtype == bool


def test_labels_in_a_column_are_taken_with_a_warning(make, digits, fitted):
    X, y = digits
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        est = make(dropout=0.2).fit(X, y[:, None])
    np.testing.assert_array_equal(est.predict(X), fitted.predict(X))


@pytest.fixture(scope="module")
def indicator(digits):
    """Parity and size of a digit, two labels that may come together or not."""
    y = digits[1]
    return np.column_stack([y % 2, y > 4, y % 3 == 0]).astype(int)


@pytest.fixture(scope="module")
def multilabel(make, digits, indicator):
    return make(dense_units=(16,), epochs=15, learning_rate=1e-2).fit(
        digits[0], indicator
    )


def test_several_labels_have_probabilities_of_their_own(multilabel, digits, indicator):
    proba = multilabel.predict_proba(digits[0])
    assert proba.shape == indicator.shape
    assert ((proba >= 0) & (proba <= 1)).all()
    np.testing.assert_array_equal(multilabel.predict(digits[0]), proba > 0.5)
    assert multilabel.predict(digits[0]).dtype == int
    np.testing.assert_array_equal(multilabel.classes_, [0, 1, 2])


def test_several_labels_are_learned(multilabel, digits, indicator):
    assert multilabel.score(digits[0], indicator) > 0.7
    assert (multilabel.predict(digits[0]) == indicator).mean() > 0.88


@pytest.mark.parametrize("batch_size", [32, None])
def test_sparse_indicator_is_the_dense_one(make, digits, indicator, batch_size):
    X, _ = digits
    dense = make(batch_size=batch_size).fit(X, indicator)
    thin = make(batch_size=batch_size).fit(X, sparse.csr_matrix(indicator))
    np.testing.assert_array_equal(thin.predict_proba(X), dense.predict_proba(X))


def test_several_values_are_regressed_together(make, digits):
    X, y = digits
    Y = np.column_stack([y, 1000 - 3 * y, np.full(len(y), 5)])
    est = make(CNNRegressor, epochs=15, learning_rate=1e-2).fit(X, Y)
    predicted = est.predict(X)
    assert predicted.shape == Y.shape
    assert est.score(X[:, :], Y) > 0.5
    np.testing.assert_allclose(predicted[:, 2], 5, atol=0.5)
    assert est.model_.output_shape == (None, 3)


def test_column_of_values_is_regressed_as_one_value(make, diabetes):
    X, y = diabetes
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        est = make(CNNRegressor, filters=(), input_shape=None).fit(X, y[:, None])
    assert est.predict(X).shape == (200,)


# -- weights --------------------------------------------------------------------


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor, SharedWeightClassifier])
@pytest.mark.parametrize(
    "params",
    [{"normalization": "batch"}, {"batch_size": None}, {"early_stopping": True}],
    ids=str,
)
def test_row_of_weight_zero_is_absent(make, digits, same, cls, params):
    X, y = digits
    weights = np.resize([1.0, 1.0, 0.0], len(X))
    X = np.where(weights[:, None] > 0, X, 1e9).astype(np.float32)
    est = make(cls, **params, validation_fraction=0.2)
    weighted = clone(est).fit(X, y, sample_weight=weights)
    same(weighted, est.fit(X[weights > 0], y[weights > 0]), digits[0])


def test_rows_of_weight_zero_say_nothing_of_where_the_others_are():
    near = np.random.default_rng(0).normal(size=(100, 2))
    X, y = np.vstack([1e9 + near, [[0, 0]]]), np.append(near[:, 0] > 0, False)
    params = {"filters": (), "dense_units": (8,), "epochs": 2, "random_state": 0}
    weighted = CNNClassifier(**params).fit(X, y, sample_weight=np.arange(101) < 100)
    alone = CNNClassifier(**params).fit(X[:100], y[:100])
    np.testing.assert_array_equal(
        weighted.predict_proba(X[:100]), alone.predict_proba(X[:100])
    )


def test_class_of_weight_zero_alone_is_absent(make, digits):
    X, y = digits
    est = make().fit(X, y, sample_weight=(y != 3).astype(float))
    assert 3 not in est.classes_


@pytest.mark.parametrize("factor", [2.0, 1e-60, 1e60])
def test_only_ratios_of_weights_matter(make, digits, same, factor):
    X, y = digits
    weights = 2.0 ** (np.arange(len(X)) % 3)
    same(
        make().fit(X, y, sample_weight=factor * weights),
        make().fit(X, y, sample_weight=weights),
        X,
    )


def test_equal_weights_are_no_weights(make, digits, fitted, same):
    X, y = digits
    same(make(dropout=0.2).fit(X, y, sample_weight=np.full(300, 0.3)), fitted, X)


def test_whole_batch_counts_weights_as_repetitions(make, digits):
    X, y = digits
    times = 1 + np.arange(len(X)) % 3
    params = {"batch_size": None, "epochs": 4, "learning_rate": 0.01}
    repeated = make(**params).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    weighted = make(**params).fit(X, y, sample_weight=times)
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-6
    )


def test_weighted_rows_are_learned_first(make, digits):
    X, y = digits
    wrong = np.where(np.arange(len(y)) % 2, y, (y + 1) % 10)
    right = np.where(np.arange(len(y)) % 2, 1.0, 1e-3)
    params = {"epochs": 20, "learning_rate": 1e-2}
    blind = make(**params).fit(X, wrong).score(X, y)
    weighted = make(**params).fit(X, wrong, sample_weight=right).score(X, y)
    assert weighted > 0.85 > blind


CLASS_WEIGHTS = [{i: 1.0 + i for i in range(10)}, "balanced"]


@pytest.mark.parametrize("class_weight", CLASS_WEIGHTS, ids=["dict", "balanced"])
def test_class_weight_multiplies_sample_weight(make, digits, class_weight):
    X, y = digits
    weights = 1.0 + np.arange(len(X)) % 2
    given = make(class_weight=class_weight).fit(X, y, sample_weight=weights)
    if class_weight == "balanced":
        totals = np.bincount(y, weights=weights)
        by_hand = weights * (weights.sum() / (10 * totals))[y]
    else:
        by_hand = weights * compute_sample_weight(class_weight, y)
    expected = make().fit(X, y, sample_weight=by_hand)
    np.testing.assert_allclose(
        given.predict_proba(X), expected.predict_proba(X), rtol=1e-4, atol=1e-6
    )


def test_a_part_of_the_data_may_lack_a_class_of_class_weight(make, digits):
    X, y = digits
    est = make(class_weight={0: 5.0}).partial_fit(X, y)
    others = y > 0
    est.partial_fit(X[others], y[others])
    est = make(class_weight={0: 5.0}).fit(X, y, X_val=X[others], y_val=y[others])
    assert len(est.history_["val_loss"]) == est.n_iter_


@pytest.mark.parametrize("scoring", ["loss", "accuracy", "neg_log_loss"])
def test_class_weights_are_none_of_a_score(make, digits, scoring):
    X, y = digits
    weights = {0: 100.0}
    est = make(class_weight=weights, scoring=scoring, epochs=3)
    est.fit(X, y, X_val=X[:50], y_val=y[:50])
    scorer = get_scorer("accuracy" if scoring == "loss" else scoring)
    assert est.best_score_ == pytest.approx(scorer(est, X[:50], y[:50]), rel=1e-5)


@pytest.mark.parametrize("first_labels", [True, False])
def test_a_fit_does_not_go_on_with_another_kind_of_y(make, digits, first_labels):
    X, y = digits
    kinds = y, np.eye(10, dtype=int)[y]
    first, second = kinds if first_labels else kinds[::-1]
    est = make().partial_fit(X, first)
    with pytest.raises(ValueError, match=r"y must be (one label|a 0/1 ind).*, got"):
        est.partial_fit(X, second)


def test_class_weight_names_labels_not_indices(make, digits):
    X, y = digits
    words = np.array([f"digit {i}" for i in y])
    by_number = make(class_weight={i: 1.0 + i for i in range(10)}).fit(X, y)
    by_word = make(class_weight={f"digit {i}": 1.0 + i for i in range(10)})
    np.testing.assert_array_equal(
        by_word.fit(X, words).predict_proba(X), by_number.predict_proba(X)
    )


def test_class_of_class_weight_zero_is_known_and_not_learned(make, digits):
    X, y = digits
    weights = {i: float(i > 1) for i in range(10)}
    est = make(class_weight=weights, batch_size=2, epochs=4).fit(X, y)
    assert len(est.classes_) == 10
    assert np.isfinite(est.history_["loss"]).all()
    assert not np.isin(est.predict(X), [0, 1]).any()


def test_label_smoothing_keeps_probabilities_from_one(make, digits):
    X, y = digits
    params = {"epochs": 30, "learning_rate": 1e-2}
    sure, smooth = (
        make(**params, label_smoothing=s).fit(X, y).predict_proba(X).max(axis=1).mean()
        for s in (0.0, 0.5)
    )
    assert sure > 0.9 > 0.7 > smooth > 0.4


# -- soft targets ---------------------------------------------------------------


def soft_labels(y, n_classes=10):
    return 0.9 * np.eye(n_classes)[y] + 0.1 / n_classes


def test_soft_targets_without_weight_change_nothing(make, digits, fitted):
    X, y = digits
    est = make(dropout=0.2).fit_soft(X, y, soft_labels(y)[:, ::-1], alpha=0.0)
    np.testing.assert_allclose(est.predict_proba(X), fitted.predict_proba(X), atol=1e-4)


def test_soft_targets_alone_teach_the_labels(make, digits):
    X, y = digits
    params = {"epochs": 20, "learning_rate": 1e-2}
    est = make(**params).fit_soft(X, (y + 1) % 10, soft_labels(y), alpha=1.0)
    assert est.score(X, y) > 0.85


def test_soft_targets_have_the_columns_of_sorted_labels(make, digits):
    X, y = digits
    words = np.array([chr(ord("z") - i) for i in y])
    soft = soft_labels(9 - y)
    est = make(epochs=20, learning_rate=1e-2).fit_soft(X, words, soft, alpha=1.0)
    assert est.score(X, words) > 0.85


def test_predictions_of_a_teacher_teach_a_regressor(make, digits):
    X, y = digits
    params = {"epochs": 20, "learning_rate": 1e-2}
    est = make(CNNRegressor, **params).fit_soft(X, y[::-1], 1.0 * y, alpha=1.0)
    assert np.corrcoef(est.predict(X), y)[0, 1] > 0.8


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
def test_soft_row_of_weight_zero_is_absent(make, digits, same, cls):
    X, y = digits
    soft = soft_labels(y) if cls is CNNClassifier else 1.0 * y
    weights = np.resize([1.0, 0.0], len(X))
    kept = weights > 0
    same(
        make(cls).fit_soft(X, y, soft, sample_weight=weights),
        make(cls).fit_soft(X[kept], y[kept], soft[kept]),
        X,
    )


def test_logarithms_of_probabilities_are_those_of_the_probabilities(fitted, digits):
    X, _ = digits
    found = fitted.predict_log_proba(X)
    np.testing.assert_array_equal(found, np.log(fitted.predict_proba(X)))
