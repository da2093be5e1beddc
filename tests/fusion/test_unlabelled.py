"""Distillation on rows that only the teacher teaches, and on several labels a row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    DistilledRegressor,
)


class Notebook:
    """A student that writes down its lesson and trains a network on it."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("a student is taught by fit_soft")

    def fit_soft(self, X, y, soft_targets, **lesson):
        self.lesson_ = {"X": X, "y": y, "soft_targets": soft_targets, **lesson}
        self.network_ = self.network().fit_soft(X, y, soft_targets, **lesson)
        return self

    def predict(self, X):
        return self.network_.predict(X)


class Pupil(Notebook, ClassifierMixin, BaseEstimator):
    def network(self):
        return net()

    def predict_proba(self, X):
        return self.network_.predict_proba(X)


class RegressorPupil(Notebook, RegressorMixin, BaseEstimator):
    def network(self):
        return CNNRegressor(filters=(), dense_units=(4,), epochs=2, random_state=0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def net(**params):
    small = {"filters": (), "dense_units": (8,), "epochs": 2, "learning_rate": 0.01}
    return CNNClassifier(**{**small, "random_state": 0, **params})


@pytest.fixture
def half(iris):
    """Iris without the labels of every second row."""
    X, y = iris
    labelled = np.arange(len(y)) % 2 == 0
    return X, np.where(labelled, y, -1), labelled


# -- rows without a label -------------------------------------------------------------


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
    model = DistilledClassifier(GaussianNB(), net()).fit(X, y)
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
    model = DistilledClassifier(teacher, net()).fit(X[few], y[few])
    assert_array_equal(model.classes_, [0, 1, 2])
    assert model.predict_proba(X).shape == (len(y), 3)


def test_unlabelled_rows_teach_the_student(digits):
    """30 labels; the teacher knows all classes, the student sees 1,200 other rows."""
    X, y = digits
    rows, test = slice(0, 1200), slice(1200, None)
    teacher = FrozenEstimator(LogisticRegression(max_iter=300).fit(X[rows], y[rows]))
    few = np.full(1200, -1)
    few[:30] = y[:30]
    student = net(dense_units=(32,), epochs=20)
    alone = clone(student).fit(X[:30], y[:30]).score(X[test], y[test])
    taught = DistilledClassifier(teacher, student, temperature=2.0).fit(X[rows], few)
    assert taught.score(X[test], y[test]) > alone + 0.1


def test_no_label_at_all_is_refused_before_anything_trains(iris):
    X, y = iris
    known = np.where(np.arange(len(y)) < 100, y, -1)
    weight = (known == -1).astype(float)
    model = DistilledClassifier(GaussianNB(), net())
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
            net().fit_soft(X, y, soft, alpha=alpha)


# -- several labels a row -------------------------------------------------------------


@pytest.fixture(scope="module")
def indicator():
    X, y = make_multilabel_classification(
        n_samples=300, n_features=12, n_classes=4, random_state=0
    )
    return X, y


@pytest.mark.parametrize(
    "teacher",
    [RandomForestClassifier(30, random_state=0), net(dense_units=(32,), epochs=30)],
    ids=["a list of pairs", "a column a label"],
)
def test_students_learn_the_probabilities_of_labels(indicator, teacher):
    X, y = indicator
    model = DistilledClassifier(teacher, Pupil()).fit(X, y)
    proba = model.teacher_.predict_proba(X)
    if isinstance(proba, list):
        proba = np.column_stack([pair[:, 1] for pair in proba])
    assert_array_equal(model.student_.lesson_["soft_targets"], proba)
    assert_array_equal(model.classes_, np.arange(4))
    assert model.predict_proba(X).shape == y.shape
    assert set(np.unique(model.predict(X))) <= {0, 1}


def test_a_label_that_a_fold_never_saw_has_probability_zero(indicator):
    X, y = indicator
    y = y.copy()
    y[:, 2] = 0
    y[0, 2] = 1
    forest = RandomForestClassifier(5, random_state=0)
    model = DistilledClassifier(forest, Pupil(), cv=KFold(3)).fit(X, y)
    assert_array_equal(model.student_.lesson_["soft_targets"][:100, 2], np.zeros(100))


def test_fidelity_of_labels_by_numpy(indicator):
    X, y = indicator
    forest = RandomForestClassifier(30, random_state=0)
    model = DistilledClassifier(forest, net(epochs=5)).fit(X, y)
    t = np.column_stack([pair[:, 1] for pair in model.teacher_.predict_proba(X)])
    s = model.predict_proba(X)
    with np.errstate(divide="ignore", invalid="ignore"):
        kl = np.where(t > 0, t * np.log(t / s), 0)
        kl += np.where(t < 1, (1 - t) * np.log((1 - t) / (1 - s)), 0)
    fidelity = model.fidelity(X, y)
    assert fidelity == model.fidelity_
    assert fidelity.kl_divergence == pytest.approx(kl.sum(axis=1).mean(), rel=1e-5)
    assert fidelity.agreement == accuracy_score(t > 0.5, s > 0.5)
    assert fidelity.teacher_score == accuracy_score(y, t > 0.5)
    assert fidelity.student_score == model.score(X, y)


def test_a_frozen_teacher_of_other_labels(indicator):
    X, y = indicator
    teacher = FrozenEstimator(RandomForestClassifier(3).fit(X, y))
    with pytest.raises(ValueError, match=r"knows the classes \[0, 1, 2, 3\], y has"):
        DistilledClassifier(teacher, net()).fit(X, y[:, :3])


def test_a_student_of_labels_learns(indicator):
    X, y = indicator
    forest = RandomForestClassifier(100, random_state=0)
    model = DistilledClassifier(forest, net(dense_units=(32,), epochs=40), cv=3)
    model.fit(X[:200], y[:200])
    constant = accuracy_score(y[200:], np.tile(np.median(y[:200], axis=0), (100, 1)))
    assert model.score(X[200:], y[200:]) > constant + 0.2
