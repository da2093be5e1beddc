import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB

from skopt_nn import (
    DistilledClassifier,
    DistilledRegressor,
    FidelityDisplay,
    StudentPathDisplay,
    student_path,
)
from tests.doubles import Pupil, RegressorPupil, small_student

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def path(iris):
    """Two networks and a pupil, taught by a forest."""
    distilled = DistilledClassifier(
        RandomForestClassifier(50, random_state=0), Pupil(), queries=None
    )
    students = {
        "small": small_student(dense_units=(2,), epochs=30),
        "large": small_student(dense_units=(32,), epochs=30),
        "dull": Pupil(),
    }
    return student_path(distilled, *iris, students)


@pytest.fixture
def pyplot():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_a_row_for_each_student_and_the_teacher(path):
    assert list(path.index) == ["small", "large", "dull", "teacher"]
    assert path.loc["large", "parameters"] > path.loc["small", "parameters"]
    assert path.loc["large", "agreement"] > 0.9 > path.loc["dull", "agreement"]
    assert path.loc["teacher"].isna().sum() == 4  # no network, no own teacher


def test_the_front_holds_what_nothing_beats(path):
    for name, row in path.iterrows():
        others = path.drop(index=name)
        as_good = (others.score >= row.score) & (others.bytes <= row.bytes)
        better = (others.score > row.score) | (others.bytes < row.bytes)
        assert row.pareto == (not (as_good & better).any())
    assert set(path.pareto) == {True, False}


class CountingNB(GaussianNB):
    n_fits = n_asked = 0

    def fit(self, X, y, sample_weight=None):
        CountingNB.n_fits += 1
        return super().fit(X, y)

    def predict_proba(self, X):
        CountingNB.n_asked += 1
        return super().predict_proba(X)


def test_all_students_learn_from_one_set_of_answers(iris):
    distilled = DistilledClassifier(CountingNB(), random_state=0)
    models = distilled.fit_students(*iris, [Pupil(1), Pupil(2)])
    assert CountingNB.n_fits == 1
    assert CountingNB.n_asked == 2  # rows and queries
    first, second = (model.student_.lesson_ for model in models)
    assert first["soft_targets"] is second["soft_targets"]
    assert models[0].teacher_ is models[1].teacher_
    assert [model.student.size for model in models] == [1, 2]
    assert not hasattr(distilled, "student_")


def test_each_student_is_what_it_is_alone(iris):
    distilled = DistilledClassifier(GaussianNB(), random_state=0, n_generations=2)
    student = small_student(epochs=3)
    *_, model = distilled.fit_students(*iris, [student])
    alone = distilled.set_params(student=student).fit(*iris)
    np.testing.assert_array_equal(
        model.predict_proba(iris[0]), alone.predict_proba(iris[0])
    )
    assert model.fidelity_ == alone.fidelity_


def test_a_monitor_takes_no_score_of_several_students(iris):
    monitor = ScoringMonitor(scoring="accuracy")
    distilled = DistilledClassifier(GaussianNB(), queries=None).set_callbacks(monitor)
    assert len(distilled.fit_students(*iris, [Pupil(), Pupil()])) == 2
    (row,) = monitor.get_logs().data
    assert "accuracy" not in row


def test_values_have_a_path_too(diabetes):
    distilled = DistilledRegressor(Ridge(), RegressorPupil(), queries=None)
    table = student_path(distilled, *diabetes, [RegressorPupil()], random_state=1)
    X, X_test, y, y_test = train_test_split(*diabetes, random_state=1)
    expected = Ridge().fit(X, y).score(X_test, y_test)
    assert table.loc["teacher", "score"] == pytest.approx(expected)
    assert "mean_squared_difference" in table


def test_paths_that_cannot_be_are_refused(iris):
    distilled = DistilledClassifier(GaussianNB())
    with pytest.raises(ValueError, match="must not be named 'teacher'"):
        student_path(distilled, *iris, {"teacher": Pupil()})
    with pytest.raises(TypeError, match="student must have fit_soft"):
        student_path(distilled, *iris, [GaussianNB()])


def test_the_path_is_drawn_with_its_front(pyplot, path):
    display = StudentPathDisplay(path, score_name="Accuracy").plot()
    assert display.ax_.get_ylabel() == "Accuracy"
    on_front = path[path.pareto].sort_values("bytes")
    np.testing.assert_array_equal(display.front_.get_xdata(), on_front.bytes)
    assert len(display.points_.get_offsets()) == 3
    assert [label.get_text() for label in display.labels_] == list(path.index)


def test_a_path_is_taught_and_drawn_at_once(pyplot, iris):
    distilled = DistilledClassifier(GaussianNB(), queries=None)
    display = StudentPathDisplay.from_estimator(distilled, *iris, [Pupil()])
    assert display.ax_.get_ylabel() == "Accuracy"
    assert list(display.table.index) == ["Pupil", "teacher"]


def test_fidelity_is_drawn_label_by_label(pyplot, iris, distilled_pupil):
    display = FidelityDisplay.from_estimator(distilled_pupil, *iris)
    confidence, classes = display.axes_
    labels = [text.get_text() for text in confidence.get_legend().get_texts()]
    error = distilled_pupil.fidelity(*iris).student_calibration_error
    assert f"student, error {error:.3f}" in labels
    assert [text.get_text() for text in classes.get_yticklabels()] == ["0", "1", "2"]


def test_fidelity_of_values_is_drawn_as_points(pyplot, diabetes):
    model = DistilledRegressor(Ridge(), RegressorPupil(), queries=None).fit(*diabetes)
    (ax,) = FidelityDisplay.from_estimator(model, *diabetes).axes_
    drawn = ax.collections[0].get_offsets()
    expected = [model.teacher_.predict(diabetes[0]), model.predict(diabetes[0])]
    np.testing.assert_allclose(drawn, np.column_stack(expected))


def test_fidelity_of_several_values_is_not_drawn(diabetes):
    X, y = diabetes
    several = pd.DataFrame({"a": y, "b": y})
    with pytest.raises(
        ValueError, match=r"one label or value a row, got .* \(200, 2\)"
    ):
        FidelityDisplay.from_estimator(DistilledRegressor(Ridge()), X, several)


@pytest.fixture(scope="module")
def distilled_pupil(iris):
    X, y = iris
    teacher = FrozenEstimator(GaussianNB().fit(X, y))
    return DistilledClassifier(teacher, Pupil(), queries=None).fit(X, y)
