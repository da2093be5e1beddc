"""What a class weighs, beside what its rows weigh."""

import numpy as np
import pytest

from tests.doubles import keras_classifier


def one_step(**params):
    return keras_classifier(
        optimizer="sgd", optimizer__learning_rate=0.1, batch_size=-1, **params
    )


def test_a_batch_may_lack_a_class_that_has_a_weight(iris):
    X, y = iris
    clf = one_step(class_weight={0: 5}).partial_fit(X, y, classes=[0, 1, 2])
    plain = one_step().partial_fit(X, y, sample_weight=np.where(y == 0, 5, 1))
    for est in (clf, plain):
        est.partial_fit(X[60:], y[60:])
    np.testing.assert_allclose(
        clf.predict_proba(X), plain.predict_proba(X), rtol=1e-5, atol=1e-7
    )


def test_rows_to_validate_on_may_lack_a_class_that_has_a_weight(iris):
    X, y = iris
    clf = one_step(class_weight={0: 5}).fit(X, y, X_val=X[60:], y_val=y[60:])
    assert len(clf.history_["val_loss"]) == 1


def test_a_weight_of_a_class_that_there_is_not_is_refused(iris):
    with pytest.raises(ValueError, match="not in class_weight"):
        one_step(class_weight={"setosa": 5}).fit(*iris)


def test_a_label_never_seen_is_named_before_classes_are_weighed(iris):
    X, y = iris
    clf = one_step(class_weight={0: 5}).partial_fit(X[:100], y[:100])
    with pytest.raises(ValueError, match=r"previously unseen labels: \[2\]"):
        clf.partial_fit(X, y)


def test_balanced_classes_count_rows_by_their_weights(iris):
    X, y = iris
    times = np.where(y == 0, 4, 1)
    weighted = one_step(class_weight="balanced").fit(X, y, sample_weight=times)
    repeated = one_step(class_weight="balanced")
    repeated.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-5
    )


def test_balanced_labels_are_counted_one_by_one(binary):
    X, y = binary
    Y = np.column_stack([y, X[:, 0] > 1]).astype(int)
    clf = one_step(class_weight="balanced", loss="binary_crossentropy").fit(X, Y)
    weights = np.prod([len(Y) / 2 / np.bincount(of)[of] for of in Y.T], axis=0)
    plain = one_step(loss="binary_crossentropy").fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(clf.predict_proba(X), plain.predict_proba(X), rtol=1e-5)


def test_balanced_classes_of_a_part_of_the_labels_are_refused(iris):
    clf = one_step(class_weight="balanced")
    with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
        clf.partial_fit(*iris, classes=[0, 1, 2])
    assert not hasattr(clf, "classes_")
