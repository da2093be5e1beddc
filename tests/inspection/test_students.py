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


def test_rows_without_a_label_draw_no_curve(pyplot, iris):
    X, y = iris
    some = np.where(np.arange(len(y)) % 2, y, -1)
    with pytest.warns(UserWarning, match="75 rows of y with the label -1"):
        model = DistilledClassifier(GaussianNB(), Pupil(), queries=None).fit(X, some)
    with pytest.warns(UserWarning, match="75 rows of y with the label -1"):
        drawn = FidelityDisplay.from_estimator(model, X, some, np.arange(len(y)))
    weight = np.arange(len(y))[1::2]
    expected = FidelityDisplay.from_estimator(model, X[1::2], y[1::2], weight)
    for name, curve in expected.curves.items():
        np.testing.assert_array_equal(drawn.curves[name], curve)


def test_fidelity_is_drawn_of_rows_with_a_label_at_least(distilled_pupil, iris):
    X, _ = iris
    with pytest.raises(ValueError, match="y must have rows with a label"):
        FidelityDisplay.from_estimator(distilled_pupil, X, np.full(len(X), -1))


def test_rows_without_a_label_teach_and_do_not_judge(iris):
    X, y = iris
    some = np.where(np.arange(len(y)) % 3 == 0, -1, y)
    taught = []

    class Watching(Pupil):
        def learn(self, y):
            taught.append(self.lesson_["X"])
            super().learn(y)

    distilled = DistilledClassifier(GaussianNB(), queries=None)
    with pytest.warns(UserWarning, match="50 rows of y with the label -1"):
        table = student_path(distilled, X, some, {"pupil": Watching()})
    rows = np.flatnonzero(some >= 0)
    train, test = train_test_split(rows, random_state=0, stratify=y[rows])
    np.testing.assert_array_equal(taught[0][: len(train)], X[train])
    np.testing.assert_array_equal(taught[0][len(train) :], X[::3])
    alone = GaussianNB().fit(X[train], y[train])
    assert table.loc["teacher", "score"] == alone.score(X[test], y[test])


def test_rows_without_a_value_teach_and_do_not_judge(diabetes):
    X, y = diabetes
    some = np.where(np.arange(len(y)) % 2, y, np.nan)
    distilled = DistilledRegressor(Ridge(), queries=None)
    table = student_path(distilled, X, some, {"pupil": RegressorPupil()})
    rows = np.flatnonzero(np.isfinite(some))
    train, test = train_test_split(rows, random_state=0)
    expected = Ridge().fit(X[train], y[train]).score(X[test], y[test])
    assert table.loc["teacher", "score"] == pytest.approx(expected)


def test_a_path_needs_rows_with_a_label_to_judge_by(iris):
    X, y = iris
    distilled = DistilledClassifier(FrozenEstimator(GaussianNB().fit(X, y)))
    with pytest.raises(ValueError, match="y must have rows with a label"):
        student_path(distilled, X, np.full(len(y), -1), [Pupil()])


def test_bytes_of_a_student_are_its_own(iris):
    forest = RandomForestClassifier(100, random_state=0)
    sizes = [
        student_path(
            DistilledClassifier(forest, keep_teacher=keep, queries=None),
            *iris,
            [Pupil()],
        ).loc["Pupil", "bytes"]
        for keep in (True, False)
    ]
    assert sizes[0] == sizes[1] < 50_000
