"""How close a student comes to its teacher, recomputed in numpy."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, r2_score

from skopt_nn import DistilledClassifier, DistilledRegressor
from tests.doubles import Pupil, RegressorPupil, small_student


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
    weighted = distilled.fidelity(X, y, weight)
    assert weighted == pytest.approx(distilled.fidelity(X[kept], y[kept]))
