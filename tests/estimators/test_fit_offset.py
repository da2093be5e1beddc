"""Networks whose logits come on top of given ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.metrics import log_loss

from skopt_nn import CNNClassifier, SharedWeightClassifier, TabularClassifier

SMALL = {"filters": (), "dense_units": (8,), "epochs": 4, "random_state": 0}
FAMILIES = [
    CNNClassifier(**SMALL),
    SharedWeightClassifier(**SMALL | {"dense_units": (8, 8)}),
    TabularClassifier(dense_units=(8,), n_members=2, epochs=2, random_state=0),
]


@pytest.fixture(scope="module")
def lesson(digits):
    """Three digits, and logits that know something about them."""
    X, y = digits
    X, y = X[y < 3], y[y < 3]
    scores = np.random.default_rng(0).normal(size=(len(y), 3)) + np.eye(3)[y]
    return X, y, scores


@pytest.mark.parametrize("network", FAMILIES, ids=lambda e: type(e).__name__)
def test_the_sum_is_better_than_what_it_starts_from(lesson, network):
    X, y, scores = lesson
    network.fit_offset(X, y, scores)
    total = scores + np.log(network.predict_proba(X))
    before = log_loss(y, softmax(scores, axis=1))
    assert log_loss(y, softmax(total, axis=1)) < before


def test_training_starts_from_the_scores_alone(lesson):
    X, y, scores = lesson
    still = CNNClassifier(**SMALL | {"learning_rate": 1e-9}).fit_offset(X, y, scores)
    assert_allclose(still.predict_proba(X), 1 / 3, rtol=1e-4)
    expected = log_loss(y, softmax(scores, axis=1))
    assert still.history_["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_rows_of_weight_zero_do_not_count(lesson):
    X, y, scores = lesson
    weight = (np.arange(len(y)) % 2).astype(float)
    kept = weight > 0
    some = CNNClassifier(**SMALL).fit_offset(X[kept], y[kept], scores[kept])
    all_rows = CNNClassifier(**SMALL).fit_offset(X, y, scores, sample_weight=weight)
    assert_array_equal(some.predict_proba(X), all_rows.predict_proba(X))


def test_classes_that_y_lacks_are_known(lesson):
    X, y, scores = lesson
    few = y < 2
    network = CNNClassifier(**SMALL)
    network.fit_offset(X[few], y[few], scores[few], classes=[0, 1, 2])
    assert network.predict_proba(X).shape == (len(y), 3)


def test_held_out_rows_are_judged_with_their_scores(lesson):
    X, y, _ = lesson
    sure = 50 * np.eye(3)[y]
    network = CNNClassifier(**SMALL | {"early_stopping": True})
    assert network.fit_offset(X, y, sure).best_score_ == 1


# -- errors -------------------------------------------------------------------------


def test_scores_of_another_shape_are_refused(lesson):
    X, y, scores = lesson
    with pytest.raises(ValueError, match=r"logits of shape \(\d+, 3\).*got shape"):
        CNNClassifier(**SMALL).fit_offset(X, y, scores[:, :2])
    with pytest.raises(ValueError, match="scores must have a row for each"):
        CNNClassifier(**SMALL).fit_offset(X, y, scores[1:])


def test_scores_that_are_not_finite_are_refused(lesson):
    X, y, scores = lesson
    with pytest.raises(ValueError, match="scores contains NaN"):
        CNNClassifier(**SMALL).fit_offset(X, y, np.where(scores > 0, np.nan, scores))


def test_a_scorer_would_not_know_of_scores(lesson):
    with pytest.raises(ValueError, match=r"needs scoring='loss'.*got 'accuracy'"):
        CNNClassifier(**SMALL, scoring="accuracy").fit_offset(*lesson)
