"""Distillation on rows that only the teacher teaches."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB

from skopt_nn import CNNRegressor, DistilledClassifier, DistilledRegressor
from tests.doubles import Pupil, RegressorPupil, Untouchable, small_student

pytestmark = pytest.mark.filterwarnings("ignore:.* are read as unlabelled")

# Queries have tests of their own.
DistilledClassifier = partial(DistilledClassifier, queries=None)
DistilledRegressor = partial(DistilledRegressor, queries=None)


@pytest.fixture
def half(iris):
    """Iris without the labels of every second row."""
    X, y = iris
    labelled = np.arange(len(y)) % 2 == 0
    return X, np.where(labelled, y, -1), labelled


def test_the_teacher_learns_from_labelled_rows_and_teaches_all(half):
    X, y, labelled = half
    model = DistilledClassifier(GaussianNB(), Pupil(), alpha=0.3).fit(X, y)
    teacher = GaussianNB().fit(X[labelled], y[labelled])
    lesson = model.student_.lesson_
    assert_array_equal(model.classes_, [0, 1, 2])
    assert_array_equal(lesson["soft_targets"], teacher.predict_proba(X))
    assert_array_equal(lesson["alpha"], np.where(labelled, 0.3, 1.0))
    assert_array_equal(lesson["y"], np.where(labelled, y, teacher.predict(X)))
    assert lesson["X"] is X


def test_how_many_rows_are_read_as_unlabelled_is_said_once(half):
    X, y, _ = half
    model = DistilledClassifier(GaussianNB(), Pupil())
    with pytest.warns(UserWarning, match="75 rows of y with the label -1") as caught:
        model.fit(X, y)
    (warned,) = caught
    assert warned.filename == __file__


def test_with_cv_only_labelled_rows_are_folded(half):
    X, y, labelled = half
    model = DistilledClassifier(GaussianNB(), Pupil(), cv=StratifiedKFold(3)).fit(X, y)
    taught = X[labelled], y[labelled]
    soft = model.student_.lesson_["soft_targets"]
    expected = cross_val_predict(
        GaussianNB(), *taught, cv=StratifiedKFold(3), method="predict_proba"
    )
    assert_array_equal(soft[labelled], expected)
    rest = GaussianNB().fit(*taught).predict_proba(X[~labelled])
    assert_array_equal(soft[~labelled], rest)


def test_folds_given_as_indices_are_those_of_all_rows(half):
    X, y, labelled = half
    rows = np.arange(len(y))
    folds = [(rows[rows % 3 != k], rows[rows % 3 == k]) for k in range(3)]
    model = DistilledClassifier(GaussianNB(), Pupil(), cv=folds).fit(X, y)
    soft = model.student_.lesson_["soft_targets"]
    for train, test in folds:
        known, asked = train[labelled[train]], test[labelled[test]]
        expected = GaussianNB().fit(X[known], y[known]).predict_proba(X[asked])
        assert_array_equal(soft[asked], expected)


def test_labels_of_weight_zero_teach_no_teacher(half):
    X, y, labelled = half
    weight = np.where(np.arange(len(y)) < 120, 1.0, 0.0)
    model = DistilledClassifier(GaussianNB(), Pupil()).fit(X, y, sample_weight=weight)
    kept = labelled & (weight > 0)
    assert_allclose(model.teacher_.theta_, GaussianNB().fit(X[kept], y[kept]).theta_)
    assert len(model.student_.lesson_["X"]) == 120


def test_fidelity_scores_the_labelled_rows(half):
    X, y, labelled = half
    model = DistilledClassifier(GaussianNB(), small_student(epochs=2)).fit(X, y)
    rows = X[labelled], y[labelled]
    assert model.fidelity_.teacher_score == model.teacher_.score(*rows)
    assert model.fidelity_.student_score == model.score(*rows)
    agreement = model.predict(X) == model.teacher_.predict(X)
    assert model.fidelity_.agreement == agreement.mean()
    assert model.fidelity(X, y) == model.fidelity_


def test_minus_one_is_a_label_beside_a_single_other(iris):
    X, y = iris
    y = np.where(y == 0, -1, 1)
    model = DistilledClassifier(GaussianNB(), Pupil()).fit(X, y)
    assert_array_equal(model.classes_, [-1, 1])
    assert model.student_.lesson_["alpha"] == 0.5


def test_minus_one_is_a_label_that_a_frozen_teacher_knows(iris):
    X, y = iris
    teacher = FrozenEstimator(GaussianNB().fit(X, y - 1))
    model = DistilledClassifier(teacher, Pupil()).fit(X, y - 1)
    assert_array_equal(model.classes_, [-1, 0, 1])
    assert model.student_.lesson_["alpha"] == 0.5


def test_a_frozen_teacher_needs_no_labels(iris):
    X, y = iris
    teacher = GaussianNB().fit(X, y)
    model = DistilledClassifier(FrozenEstimator(teacher), Pupil(), alpha=0.2)
    model.fit(X, np.full(len(y), -1))
    assert_array_equal(model.student_.lesson_["y"], teacher.predict(X))
    assert_array_equal(model.student_.lesson_["alpha"], np.ones(len(y)))
    assert set(model.fidelity_) == {"agreement", "kl_divergence"}


def test_a_frozen_teacher_may_know_more_classes_than_y_has(iris):
    X, y = iris
    teacher = FrozenEstimator(GaussianNB().fit(X, y))
    few = y == 1
    model = DistilledClassifier(teacher, small_student(epochs=2)).fit(X[few], y[few])
    assert_array_equal(model.classes_, [0, 1, 2])
    assert model.predict_proba(X).shape == (len(y), 3)


def test_unlabelled_rows_teach_the_student(digits):
    """30 labels; the teacher knows all classes, the student sees 1,200 other rows."""
    X, y = digits
    rows, test = slice(0, 1200), slice(1200, None)
    teacher = FrozenEstimator(LinearDiscriminantAnalysis().fit(X[rows], y[rows]))
    few = np.full(1200, -1)
    few[:30] = y[:30]
    student = small_student(dense_units=(32,), epochs=20)
    alone = clone(student).fit(X[:30], y[:30]).score(X[test], y[test])
    taught = DistilledClassifier(teacher, student, temperature=2.0).fit(X[rows], few)
    assert taught.score(X[test], y[test]) > alone + 0.1


def test_no_label_at_all_is_refused_before_anything_trains(iris):
    X, y = iris
    known = np.where(np.arange(len(y)) < 100, y, -1)
    weight = (known == -1).astype(float)
    model = DistilledClassifier(GaussianNB(), small_student(epochs=2))
    with pytest.raises(ValueError, match="rows with a label and a weight above zero"):
        model.fit(X, known, sample_weight=weight)
    regressor = DistilledRegressor(Ridge(), RegressorPupil())
    with pytest.raises(ValueError, match="Only a teacher in FrozenEstimator needs no"):
        regressor.fit(X, np.full(len(y), np.nan))


@pytest.mark.parametrize("outputs", [1, 2])
def test_rows_without_a_value(diabetes, outputs):
    X, y = diabetes
    y = y if outputs == 1 else np.column_stack([y, -y])
    labelled = np.arange(len(y)) % 3 == 0
    y = y.copy()
    y[~labelled] = np.nan
    model = DistilledRegressor(Ridge(), RegressorPupil(), alpha=0.4).fit(X, y)
    teacher = Ridge().fit(X[labelled], y[labelled])
    lesson = model.student_.lesson_
    assert_allclose(lesson["soft_targets"], teacher.predict(X))
    assert_allclose(lesson["y"][labelled], y[labelled])
    assert_allclose(lesson["y"][~labelled], teacher.predict(X[~labelled]))
    assert_allclose(lesson["alpha"], np.where(labelled, 0.4, 1.0))
    score = model.score(X[labelled], y[labelled])
    assert model.fidelity_.student_score == pytest.approx(score)


def test_a_network_learns_values_from_its_teacher_alone(diabetes):
    X, y = diabetes
    teacher = FrozenEstimator(Ridge().fit(X, y))
    student = CNNRegressor(
        filters=(), dense_units=(8,), learning_rate=0.01, epochs=20, random_state=0
    )
    model = DistilledRegressor(teacher, student).fit(X, np.full(len(y), np.nan))
    assert model.fidelity(X).agreement > 0.7


def test_a_row_with_some_of_its_values_is_refused(diabetes):
    X, y = diabetes
    y = np.column_stack([y, y])
    y[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"one row: .* in row 4"):
        DistilledRegressor(Ridge(), RegressorPupil()).fit(X, y)


def test_alpha_of_each_row_must_fit(digits):
    X, y = digits[0][:50], digits[1][:50]
    soft = np.eye(10)[y]
    for alpha, text in (
        (np.zeros(3), "one for each of the 50 rows"),
        (np.full(50, 1.5), "between 0 and 1 in every row, got 1.5 to 1.5"),
        (np.full(50, np.nan), "Input alpha contains NaN"),
    ):
        with pytest.raises(ValueError, match=text):
            small_student(epochs=2).fit_soft(X, y, soft, alpha=alpha)


def test_a_loss_of_positive_values_takes_rows_without_one(diabetes):
    X, y = diabetes
    student = CNNRegressor((), dense_units=(), loss="gamma", epochs=1, random_state=0)
    y = np.where(np.arange(len(y)) % 3, np.abs(y) + 1, np.nan)
    model = DistilledRegressor(DummyRegressor(), student).fit(X, y)
    assert (model.predict(X) > 0).all()


def test_a_monitor_scores_the_rows_with_a_label(half):
    X, y, labelled = half
    monitor = ScoringMonitor(scoring="accuracy")
    weight = np.linspace(1, 2, len(y))
    model = DistilledClassifier(GaussianNB(), Pupil()).set_callbacks(monitor)
    model.fit(X, y, sample_weight=weight)
    (seen,) = monitor.get_logs().data
    rows = X[labelled], y[labelled], weight[labelled]
    assert seen["accuracy"] == model.score(*rows)


def test_a_monitor_scores_the_rows_with_a_value(diabetes):
    X, y = diabetes
    y = np.where(np.arange(len(y)) % 3, y, np.nan)
    monitor = ScoringMonitor(scoring="r2")
    model = DistilledRegressor(Ridge(), RegressorPupil()).set_callbacks(monitor)
    model.fit(X, y)
    (seen,) = monitor.get_logs().data
    rows = ~np.isnan(y)
    assert seen["r2"] == model.score(X[rows], y[rows])
    assert model.fit(X, y).student_.lesson_["X"] is X


def test_a_callback_that_fails_at_the_end_leaves_nothing_fitted(iris):
    def scorer(*_, **__):
        raise RuntimeError("no score")

    monitor = ScoringMonitor(scoring=scorer)
    model = DistilledClassifier(GaussianNB(), Pupil()).set_callbacks(monitor)
    with pytest.raises(RuntimeError, match="no score"):
        model.fit(*iris)
    assert not [name for name in vars(model) if name.endswith("_")]


@pytest.mark.parametrize("kind", [np.asarray, partial(pd.Series, dtype="Int64")])
def test_labels_that_are_nan_are_answered_with_minus_one(iris, kind):
    X, y = iris
    y = kind(pd.Series(y).where(np.arange(len(y)) % 3 > 0, np.nan))
    with pytest.raises(ValueError, match=r"y contains NaN in 50 of 150 rows.* -1"):
        DistilledClassifier(Untouchable(), Pupil()).fit(X, y)


def test_rows_to_validate_on_need_a_label(half):
    X, y, _ = half
    model = DistilledClassifier(Untouchable(), small_student())
    text = r"y_val must have .* got -1 or NaN in 10 of 20 rows\. Leave them out"
    with pytest.raises(ValueError, match=text):
        model.fit(X, y, X_val=X[:20], y_val=y[:20])


def test_rows_to_validate_on_need_a_value(diabetes):
    X, y = diabetes
    y = np.where(np.arange(len(y)) % 2, y, np.nan)
    model = DistilledRegressor(Ridge(), CNNRegressor((), dense_units=()))
    text = r"y_val must have .* got -1 or NaN in 10 of 20 rows\. Leave them out"
    with pytest.raises(ValueError, match=text):
        model.fit(X, y, X_val=X[:20], y_val=y[:20])
