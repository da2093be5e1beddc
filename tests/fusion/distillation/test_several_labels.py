"""Distillation on several labels a row."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import DistilledClassifier, DistilledRegressor, make_serial_fusion
from tests.doubles import Pupil, RegressorPupil, keras_regressor, small_student

# Queries have tests of their own.
DistilledClassifier = partial(DistilledClassifier, queries=None)


@pytest.mark.parametrize(
    "teacher",
    [
        RandomForestClassifier(30, random_state=0),
        small_student(dense_units=(32,), epochs=30),
    ],
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


CHAIN = ClassifierChain(LogisticRegression())
STACK = StackingClassifier(
    [("knn", KNeighborsClassifier(3))], KNeighborsClassifier(), cv=2
)


@pytest.mark.parametrize(
    "teacher",
    [
        CHAIN,
        make_pipeline(StandardScaler(), CHAIN),
        STACK,
        make_pipeline(StandardScaler(), STACK),
        GridSearchCV(STACK, {"passthrough": [True]}, cv=2),
    ],
    ids=["chain", "chain in a pipeline", "stack", "stack in a pipeline", "searched"],
)
def test_teachers_that_list_classes_and_give_a_column_a_label(indicator, teacher):
    X, y = indicator
    model = DistilledClassifier(teacher, Pupil()).fit(X, y)
    soft = model.student_.lesson_["soft_targets"]
    assert_array_equal(soft > 0.5, model.teacher_.predict(X))


@pytest.mark.parametrize("label", [0, 1])
def test_a_stack_may_know_one_value_of_a_label(indicator, label):
    X, y = indicator
    y = np.column_stack([y[:, :2], np.full(len(y), label)])
    model = DistilledClassifier(STACK, Pupil()).fit(X, y)
    assert_array_equal(model.student_.lesson_["soft_targets"][:, 2], y[:, 2])


def test_a_label_that_a_fold_never_saw_has_probability_zero(indicator):
    X, y = indicator
    y = y.copy()
    y[:, 2] = 0
    y[0, 2] = 1
    forest = RandomForestClassifier(5, random_state=0)
    model = DistilledClassifier(forest, Pupil(), cv=KFold(3)).fit(X, y)
    assert_array_equal(model.student_.lesson_["soft_targets"][:100, 2], np.zeros(100))


def test_a_frozen_teacher_of_other_labels(indicator):
    X, y = indicator
    teacher = FrozenEstimator(RandomForestClassifier(3).fit(X, y))
    with pytest.raises(ValueError, match=r"knows the classes \[0, 1, 2, 3\], y has"):
        DistilledClassifier(teacher, small_student(epochs=2)).fit(X, y[:, :3])


@pytest.mark.parametrize(
    "teacher",
    [KNeighborsClassifier(), OneVsRestClassifier(GaussianNB()), CHAIN],
    ids=["a list of pairs", "a column a label", "a list and a column a label"],
)
def test_a_frozen_teacher_of_one_label_teaches_no_several_and_the_reverse(
    iris, teacher
):
    X, y = iris
    several = np.column_stack([y == 0, y == 1, y > 0]).astype(int)
    of_several = FrozenEstimator(clone(teacher).fit(X, several))
    text = r"fitted to a 0/1 indicator .*, and y is one label a row: got the shape \("
    with pytest.raises(ValueError, match=text):
        DistilledClassifier(of_several, Pupil()).fit(X, y)
    of_one = FrozenEstimator(GaussianNB().fit(X, y))
    with pytest.raises(ValueError, match=r"fitted to one label a row, and y is a 0/1"):
        DistilledClassifier(of_one, Pupil()).fit(X, several)
    assert DistilledClassifier(of_several, Pupil()).fit(X, several)


def test_a_student_of_labels_learns(indicator):
    X, y = indicator
    forest = RandomForestClassifier(30, random_state=0)
    model = DistilledClassifier(
        forest, small_student(dense_units=(32,), epochs=40), cv=3
    )
    model.fit(X[:200], y[:200])
    constant = accuracy_score(y[200:], np.tile(np.median(y[:200], axis=0), (100, 1)))
    assert model.score(X[200:], y[200:]) > constant + 0.2


def test_a_search_over_a_regressor_of_several_outputs_takes_them():
    X, y = np.arange(40.0).reshape(20, 2), np.arange(40.0).reshape(20, 2)
    search = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]})
    frozen = FrozenEstimator(clone(search).fit(X, y))
    for teacher in (search, frozen, make_pipeline(StandardScaler(), search)):
        distilled = DistilledRegressor(teacher, RegressorPupil(), queries=None)
        distilled.fit(X, y)
        assert distilled.student_.lesson_["soft_targets"].shape == (20, 2)
    assert make_serial_fusion(search, Ridge()).fit(X, y).predict(X).shape == (20, 2)


class OneOutput(RegressorPupil):
    def fit(self, X, y):
        raise AssertionError("the teacher was trained")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags


@pytest.mark.parametrize(
    ("model", "who"),
    [
        (DistilledRegressor(OneOutput(), RegressorPupil()), "teacher"),
        (DistilledRegressor(Ridge(), OneOutput()), "student"),
    ],
    ids=["teacher", "student"],
)
def test_who_takes_one_output_alone_is_named(model, who):
    X = np.arange(40.0).reshape(20, 2)
    text = rf"shape \(20, 2\), and the {who} OneOutput\(\).*MultiOutputRegressor"
    with pytest.raises(ValueError, match=text):
        model.fit(X, X)
    with pytest.raises(ValueError, match=text):
        model.fit_students(X, X, [model.student])


def test_a_keras_regressor_of_several_outputs_is_a_student():
    X = np.arange(40.0).reshape(20, 2)
    student = keras_regressor(epochs=1)
    model = DistilledRegressor(Ridge(), student, queries=None).fit(X, X)
    assert model.predict(X).shape == (20, 2)
