"""How close a student comes to its teacher, recomputed in numpy."""

from functools import partial

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, r2_score

from skopt_nn import DistilledClassifier, DistilledRegressor
from skopt_nn._probabilities import expected_calibration_error
from tests.doubles import Pupil, RegressorPupil, small_student

# Queries have tests of their own.
DistilledClassifier = partial(DistilledClassifier, queries=None)
DistilledRegressor = partial(DistilledRegressor, queries=None)


def test_fidelity_of_classifiers_by_numpy(iris, distilled):
    X, y = iris
    t, s = distilled.teacher_.predict_proba(X), distilled.student_.predict_proba(X)
    with np.errstate(divide="ignore", invalid="ignore"):
        kl = np.where(t > 0, t * np.log(t / s), 0).sum(axis=1).mean()
    fidelity = distilled.fidelity(X, y)
    assert fidelity.agreement == np.mean(t.argmax(1) == s.argmax(1))
    assert fidelity.kl_divergence == pytest.approx(kl, rel=1e-5)
    assert fidelity.teacher_score == distilled.teacher_.score(X, y)
    assert fidelity.student_score == distilled.score(X, y)
    assert fidelity == distilled.fidelity_
    assert set(distilled.fidelity(X)) == {"agreement", "kl_divergence"}


def test_fidelity_by_label_and_where_both_disagree(iris, distilled):
    X, y = iris
    y = np.roll(y, 7)  # so that neither is always right
    teacher, student = distilled.teacher_.predict(X), distilled.predict(X)
    fidelity = distilled.fidelity(X, y)
    differ = teacher != student
    assert differ.any()
    assert fidelity.disputed == {
        "teacher_score": np.mean(teacher[differ] == y[differ]),
        "student_score": np.mean(student[differ] == y[differ]),
    }
    assert list(fidelity.by_class) == [0, 1, 2]
    rows = y == 1
    assert fidelity.by_class[1] == {
        "agreement": np.mean(teacher[rows] == student[rows]),
        "teacher_score": np.mean(teacher[rows] == 1),
        "student_score": np.mean(student[rows] == 1),
    }


def test_fidelity_says_how_sure_both_are(iris, distilled):
    X, y = iris
    fidelity = distilled.fidelity(X, y)
    for name, model in (("teacher", distilled.teacher_), ("student", distilled)):
        proba = model.predict_proba(X)
        error = expected_calibration_error(model.predict(X) == y, proba.max(axis=1))
        assert fidelity[f"{name}_calibration_error"] == error


def test_fidelity_of_a_perfect_student_is_perfect(iris):
    X, y = iris
    teacher = FrozenEstimator(Pupil().fit_soft(X, y, None, temperature=1, alpha=0))
    fidelity = DistilledClassifier(teacher, Pupil()).fit(X, y).fidelity_
    assert fidelity.agreement == 1
    assert fidelity.kl_divergence == 0


def test_fidelity_of_regressors_by_numpy(diabetes):
    X, y = diabetes
    model = DistilledRegressor(Ridge(alpha=0.1), RegressorPupil()).fit(X, y)
    t, s = model.teacher_.predict(X), model.predict(X)
    assert model.fidelity(X, y) == pytest.approx(
        {
            "agreement": r2_score(t, s),
            "mean_squared_difference": np.mean((t - s) ** 2),
            "teacher_score": r2_score(y, t),
            "student_score": r2_score(y, s),
        }
    )


def test_fidelity_of_labels_by_numpy(indicator):
    X, y = indicator
    forest = RandomForestClassifier(30, random_state=0)
    model = DistilledClassifier(forest, small_student(epochs=5)).fit(X, y)
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


def test_fidelity_weighs_the_rows(iris, distilled):
    X, y = iris
    weight = np.where(y == 2, 0.0, 1.0 + np.arange(len(y)) % 3)
    kept = np.repeat(np.arange(len(y)), weight.astype(int))
    weighted, repeated = (
        distilled.fidelity(X, y, weight),
        distilled.fidelity(X[kept], y[kept]),
    )
    for of in (weighted, repeated):
        of.update(of.pop("by_class")[1])
        of.update(of.pop("disputed"))
    assert weighted == pytest.approx(repeated)
