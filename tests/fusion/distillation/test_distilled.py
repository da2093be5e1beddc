"""Distillation: who is asked what, when, and what is kept."""

import pickle
import subprocess
import sys
from copy import copy
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    DistilledRegressor,
    TabularRegressor,
    make_parallel_fusion,
    make_serial_fusion,
)
from skopt_nn.fusion.distillation._student import new_student
from tests.doubles import (
    Pupil,
    RegressorPupil,
    Tasks,
    Untouchable,
    UnweightedRecorder,
    small_student,
)

# Queries have tests of their own.
DistilledClassifier = partial(DistilledClassifier, queries=None)
DistilledRegressor = partial(DistilledRegressor, queries=None)


def as_rows(images):
    return images.reshape(len(images), -1)


# -- the lesson -----------------------------------------------------------------------


def test_the_student_gets_the_teachers_probabilities_and_the_settings(iris):
    X, y = iris
    student = DistilledClassifier(GaussianNB(), Pupil(), temperature=3, alpha=0.2)
    lesson = student.fit(X, y).student_.lesson_
    assert_array_equal(lesson["soft_targets"], GaussianNB().fit(X, y).predict_proba(X))
    assert (lesson["temperature"], lesson["alpha"]) == (3, 0.2)
    assert lesson["sample_weight"] is None
    assert lesson["X"] is X


def test_the_temperature_is_two_where_wrong_classes_can_be_compared(iris, indicator):
    def taught(X, y):
        model = DistilledClassifier(RandomForestClassifier(5), Pupil()).fit(X, y)
        return model.student_.lesson_["temperature"]

    X, y = iris
    assert taught(X, y) == 2
    assert taught(X[y < 2], y[y < 2]) == 1
    assert taught(*indicator) == 1


def test_with_cv_soft_targets_are_out_of_fold(iris):
    """1-NN repeats the labels it was trained on; only out of fold can it err."""
    X, y = iris
    knn = KNeighborsClassifier(1)
    in_sample = DistilledClassifier(knn, Pupil()).fit(X, y)
    assert in_sample.fidelity_.teacher_score == 1
    folded = DistilledClassifier(knn, Pupil(), cv=5).fit(X, y)
    expected = cross_val_predict(knn, X, y, cv=5, method="predict_proba")
    assert_array_equal(folded.student_.lesson_["soft_targets"], expected)
    assert folded.fidelity_.teacher_score < 1
    assert folded.teacher_.score(X, y) == 1


def test_a_frozen_teacher_is_asked_as_it_is(iris):
    X, y = iris
    teacher = GaussianNB().fit(X[::2], y[::2])
    model = DistilledClassifier(FrozenEstimator(teacher), Pupil(), cv=5).fit(X, y)
    soft_targets = model.student_.lesson_["soft_targets"]
    assert_array_equal(soft_targets, teacher.predict_proba(X))
    assert model.teacher_.estimator is teacher


def test_a_fitted_teacher_is_trained_anew_and_left_alone(iris):
    X, y = iris
    teacher = GaussianNB().fit(X[::2], y[::2])
    before = teacher.theta_.copy()
    model = DistilledClassifier(teacher, Pupil()).fit(X, y)
    assert_array_equal(teacher.theta_, before)
    assert not np.array_equal(model.teacher_.theta_, before)


def test_regressors_teach_predictions_shaped_like_y(diabetes):
    X, y = diabetes
    for target in (y, np.column_stack([y, -y])):
        model = DistilledRegressor(Ridge(), RegressorPupil(), cv=3).fit(X, target)
        expected = cross_val_predict(Ridge(), X, target, cv=3)
        assert_allclose(model.student_.lesson_["soft_targets"], expected)


def test_sample_weights_reach_teacher_and_student(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.1, 2, size=len(y))
    model = DistilledClassifier(GaussianNB(), Pupil()).fit(X, y, sample_weight=weight)
    assert_array_equal(model.teacher_.theta_, GaussianNB().fit(X, y, weight).theta_)
    assert_array_equal(model.student_.lesson_["sample_weight"], weight)


@pytest.mark.parametrize("cv", [None, 3])
def test_rows_of_weight_zero_are_as_good_as_absent(iris, cv):
    X, y = iris
    weight = np.where(np.arange(len(y)) % 3 == 0, 0.0, 1.5)
    weight[y == 2] = 0
    kept = weight > 0
    model = DistilledClassifier(KNeighborsClassifier(), Pupil(), cv=cv)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    absent = clone(model).fit(X[kept], y[kept])
    assert_array_equal(weighted.classes_, [0, 1])
    for part in ("X", "y", "soft_targets"):
        assert_array_equal(
            weighted.student_.lesson_[part], absent.student_.lesson_[part]
        )
    pairs = weighted.fidelity_, absent.fidelity_
    assert list(pairs[0].by_class) == list(pairs[1].by_class) == [0, 1]
    for of in pairs:
        of.update(of.pop("by_class")[1])
        of.update(of.pop("disputed"))
    assert pairs[0] == pytest.approx(pairs[1])


def test_frames_and_images_reach_both_as_they_are(iris):
    X, y = iris
    frame = pd.DataFrame(X, columns=list("abcd"))
    lesson = DistilledClassifier(GaussianNB(), Pupil(), cv=2).fit(frame, y)
    assert lesson.student_.lesson_["X"] is frame
    assert list(lesson.teacher_.feature_names_in_) == list("abcd")
    images = X.reshape(-1, 2, 2, 1)
    teacher = make_pipeline(FunctionTransformer(as_rows), GaussianNB())
    model = DistilledClassifier(teacher, Pupil(), cv=2).fit(images, y)
    assert model.student_.lesson_["X"] is images
    expected = GaussianNB().fit(X, y).predict_proba(X)
    assert_array_equal(model.teacher_.predict_proba(images), expected)


# -- the default student --------------------------------------------------------------


def test_the_default_student_takes_the_input_shape_within_the_teacher():
    network = CNNClassifier(input_shape=(8, 8, 1))
    fusion = make_parallel_fusion(network, GaussianNB())
    frozen = FrozenEstimator(clone(fusion))
    for teacher in (network, fusion, frozen, make_serial_fusion(frozen, GaussianNB())):
        student = new_student(DistilledClassifier(teacher), None, np.zeros((2, 64)))
        assert student.input_shape == (8, 8, 1)
        assert (student.filters, student.dense_units) == ((16, 32), ())
    other = clone(network).set_params(input_shape=(64, 1))
    for teacher in (GaussianNB(), make_parallel_fusion(network, other)):
        student = new_student(DistilledClassifier(teacher), None, np.zeros((2, 8, 8)))
        assert type(student) is CNNClassifier
        assert student.input_shape is None


def test_the_default_student_is_the_same_in_every_fit(iris):
    X, y = iris[0][::5], iris[1][::5]
    model = DistilledClassifier(FrozenEstimator(GaussianNB().fit(X, y)))
    fits = [clone(model).fit(X, y).predict_proba(X) for _ in range(2)]
    assert_array_equal(*fits)


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (np.zeros((2, 3)), TabularRegressor),
        (pd.DataFrame({"a": ["x", "y"]}), TabularRegressor),
        (np.zeros((2, 8, 8, 1)), CNNRegressor),
    ],
    ids=["columns", "frame", "images"],
)
def test_the_default_student_suits_the_data(X, kind):
    assert type(new_student(DistilledRegressor(Ridge()), None, X)) is kind


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((8, 8, 1), (16, 32)),
        ((16, 16, 3), (8, 16, 32)),
        ((40, 12, 1), (16, 32)),
        ((15, 40), (16, 32)),
        ((64, 3), (8, 16, 32)),
    ],
)
def test_the_default_student_of_large_samples_has_three_stages(shape, filters):
    model, X = DistilledClassifier(GaussianNB()), np.zeros((2, *shape))
    assert new_student(model, None, X).filters == filters
    model = DistilledClassifier(CNNClassifier(input_shape=shape))
    rows = X.reshape(2, -1)
    assert new_student(model, None, rows).filters == filters


# -- how sure a teacher is ------------------------------------------------------------


@pytest.mark.parametrize("freeze", [False, True])
def test_rows_weigh_by_how_sure_the_teacher_is(diabetes, freeze):
    X, y = diabetes
    weight = 1.0 + np.arange(len(y)) % 2
    teacher = BayesianRidge().fit(X, y, sample_weight=weight)
    model = DistilledRegressor(
        FrozenEstimator(teacher) if freeze else teacher, RegressorPupil()
    )
    model.set_params(return_std=True).fit(X, y, sample_weight=weight)
    variance = teacher.predict(X, return_std=True)[1] ** 2
    expected = weight / (1 + variance / np.median(variance))
    assert_allclose(model.student_.lesson_["sample_weight"], expected)


class Unsure(RegressorPupil):
    """A teacher of two outputs that is as unsure as their sizes, in any unit."""

    def fit(self, X, y):
        return self

    def predict(self, X, return_std=False):
        values = np.abs(X[:, :2]) * [1, self.unit]
        return (values, values) if return_std else values

    def __init__(self, unit=1.0):
        self.unit = unit


def test_units_of_outputs_do_not_change_how_rows_weigh(diabetes):
    X, y = diabetes

    def weights(unit):
        model = DistilledRegressor(Unsure(unit), RegressorPupil(), return_std=True)
        model.fit(X, np.column_stack([y, y]))
        return model.student_.lesson_["sample_weight"]

    variance = X[:, :2] ** 2
    expected = 1 / (1 + (variance / np.median(variance, axis=0)).mean(axis=1))
    for unit in (1.0, 1000.0):
        assert_allclose(weights(unit), expected)


def test_who_cannot_say_how_sure_it_is_is_refused(diabetes):
    model = DistilledRegressor(Ridge(), RegressorPupil(), return_std=True)
    with pytest.raises(TypeError, match=r"predict\(X, return_std=True\).*got Ridge"):
        model.fit(*diabetes)
    piped = model.set_params(teacher=make_pipeline(StandardScaler(), Ridge()))
    with pytest.raises(TypeError, match=r"predict\(X, return_std=True\).*got Ridge"):
        piped.fit(*diabetes)
    transformed = TransformedTargetRegressor(BayesianRidge())
    with pytest.raises(TypeError, match="got TransformedTargetRegressor"):
        model.set_params(teacher=transformed).fit(*diabetes)
    model.set_params(teacher=BayesianRidge(), n_generations=2)
    with pytest.raises(ValueError, match="return_std=True needs n_generations=1"):
        model.fit(*diabetes)


# -- rows to validate on --------------------------------------------------------------


def test_the_student_is_validated_on_labels(iris):
    X, y = iris
    student = small_student(epochs=3, early_stopping=True)
    model = DistilledClassifier(GaussianNB(), student)
    model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    losses = model.history_["val_loss"]
    expected = log_loss(y[1::2], model.predict_proba(X[1::2]))
    assert min(losses) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("queries", [None, "auto"])
def test_a_class_of_one_row_keeps_no_student_from_stopping_early(iris, queries):
    X, y = iris[0][:101], iris[1][:101]
    student = small_student(epochs=1, early_stopping=True)
    model = DistilledClassifier(GaussianNB(), student, queries=queries, random_state=0)
    assert 0 <= model.fit(X, y).student_.best_score_ <= 1


def test_a_teacher_gets_rows_to_validate_on_if_it_requests_them(iris):
    X, y = iris
    rows = {"X_val": X[1::2], "y_val": y[1::2]}
    with config_context(enable_metadata_routing=True):
        teacher = small_student(epochs=3).set_fit_request(X_val=True, y_val=True)
        student = small_student(epochs=3).set_fit_request(X_val=False, y_val=False)
        model = DistilledClassifier(teacher, student)
        model.fit(X[::2], y[::2], **rows)
    assert "val_loss" in model.teacher_.history_
    assert "val_loss" not in model.student_.history_


def test_rows_to_validate_on_are_checked_before_the_teacher_is_trained(iris):
    X, y = iris
    model = DistilledClassifier(Untouchable(), small_student())
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        model.fit(X, y, X_val=X)
    with pytest.raises(ValueError, match=r"X_val, y_val .* must be as X, y"):
        model.fit(X, y, X_val=X[:, :3], y_val=y)


# -- pickles --------------------------------------------------------------------------


@pytest.mark.parametrize("freeze", [False, True])
def test_a_pickle_holds_the_student_only(iris, freeze):
    X, y = iris
    forest = RandomForestClassifier(100, random_state=0)
    teacher = (
        make_parallel_fusion(FrozenEstimator(forest.fit(X, y))) if freeze else forest
    )
    model = DistilledClassifier(teacher, small_student()).fit(X, y)
    student, whole = pickle.dumps(model.student_), pickle.dumps(model)
    assert len(pickle.dumps(model.teacher_)) > 20 * len(student)
    assert len(whole) < len(student) + 5_000
    loaded = pickle.loads(whole)
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert repr(loaded) == repr(model)
    assert repr(clone(loaded)) == repr(clone(model))
    with pytest.raises(ValueError, match="keep_teacher=True"):
        loaded.fidelity(X)
    assert model.fidelity(X)


def test_keep_teacher_keeps_it(iris):
    X, y = iris
    model = DistilledClassifier(GaussianNB(), small_student(), keep_teacher=True)
    model.fit(X, y)
    assert pickle.loads(pickle.dumps(model)).fidelity(X, y) == model.fidelity(X, y)


def test_a_loaded_model_can_be_fitted_again(iris, distilled):
    X, y = iris
    again = clone(pickle.loads(pickle.dumps(distilled))).fit(X, y)
    assert_array_equal(again.predict_proba(X), distilled.predict_proba(X))


def test_joblib_gives_the_same_in_a_new_process(iris, distilled, tmp_path):
    joblib.dump(distilled, tmp_path / "model")
    code = (
        "import sys, joblib, numpy as np\n"
        "from sklearn.datasets import load_iris\n"
        "model = joblib.load(sys.argv[1] + '/model')\n"
        "X = load_iris().data\n"
        "np.save(sys.argv[1] + '/proba.npy', model.predict_proba(X))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=100)
    loaded = np.load(tmp_path / "proba.npy")
    assert_array_equal(loaded, distilled.predict_proba(iris[0]))


# -- a citizen of scikit-learn ------------------------------------------------------


def test_attributes_are_the_students(iris, distilled):
    student = distilled.student_
    for name in ("n_features_in_", "n_iter_", "history_", "n_parameters_"):
        assert getattr(distilled, name) == getattr(student, name)
        assert not hasattr(clone(distilled), name)
    assert_array_equal(distilled.transform(iris[0]), student.transform(iris[0]))
    framed = copy(distilled).set_output(transform="pandas")
    names = list(distilled.get_feature_names_out())
    assert list(framed.transform(iris[0]).columns) == names


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_tunes_teacher_student_and_itself(iris, n_jobs):
    teacher = make_parallel_fusion(GaussianNB(), DecisionTreeClassifier(random_state=0))
    grid = {
        "teacher__decisiontreeclassifier__max_depth": [2, 3],
        "student__size": [4],
        "temperature": [2.0],
    }
    model = DistilledClassifier(teacher, Pupil())
    search = GridSearchCV(model, grid, cv=2, n_jobs=n_jobs).fit(*iris)
    best, depth = search.best_estimator_, search.best_params_[next(iter(grid))]
    assert best.student_.size == 4
    assert best.student_.lesson_["temperature"] == 2.0
    assert best.teacher_.named_estimators_["decisiontreeclassifier"].max_depth == depth


def test_n_jobs_changes_nothing(iris):
    teacher = DecisionTreeClassifier(random_state=0)
    soft_targets = [
        DistilledClassifier(teacher, Pupil(), cv=3, n_jobs=n_jobs)
        .fit(*iris)
        .student_.lesson_["soft_targets"]
        for n_jobs in (1, 2)
    ]
    assert_array_equal(*soft_targets)


def test_routing_brings_weights_only_where_they_are_requested(iris, routing):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.1, 2, size=len(y))
    teacher = GaussianNB().set_fit_request(sample_weight=False)
    student = Pupil().set_fit_request(sample_weight=True)
    model = DistilledClassifier(teacher, student).set_fit_request(sample_weight=True)
    model.fit(X, y, sample_weight=weight)
    assert_array_equal(model.teacher_.theta_, GaussianNB().fit(X, y).theta_)
    assert_array_equal(model.student_.lesson_["sample_weight"], weight)


def test_a_teacher_that_takes_no_weights_is_resampled_with_routing_as_without(iris):
    X, y = iris
    weight = np.where(np.arange(len(y)) < 75, 1.0, 9.0)

    def rows(student):
        model = DistilledClassifier(UnweightedRecorder(), student)
        return model.fit(X, y, sample_weight=weight).teacher_.X_

    plain = rows(Pupil())
    with config_context(enable_metadata_routing=True):
        routed = rows(Pupil().set_fit_request(sample_weight=True))
    assert_array_equal(routed, plain)


def test_routing_brings_groups_to_the_folds(iris, routing):
    X, y = iris
    groups = np.arange(len(y)) % 7
    model = DistilledClassifier(KNeighborsClassifier(1), Pupil(), cv=GroupKFold(3))
    model.fit(X, y, groups=groups)
    expected = cross_val_predict(
        KNeighborsClassifier(1),
        X,
        y,
        cv=list(GroupKFold(3).split(X, y, groups)),
        method="predict_proba",
    )
    assert_array_equal(model.student_.lesson_["soft_targets"], expected)


def test_the_diagram_shows_teacher_and_student():
    html = estimator_html_repr(DistilledClassifier(GaussianNB(), Pupil(size=3)))
    for word in ("teacher: GaussianNB", "student: Pupil", "size=3"):
        assert word in html


def test_callbacks_see_teacher_folds_student_and_epochs(iris):
    tasks = Tasks()
    teacher = LogisticRegression(max_iter=500)
    model = DistilledClassifier(teacher, small_student(epochs=3), cv=2)
    model.set_callbacks(tasks).fit(*iris)
    names = [seen[0] for seen in tasks.seen]
    fits = [seen for seen in tasks.seen if seen == ("LogisticRegression", "fit")]
    assert tasks.seen[1:3] == [
        ("DistilledClassifier", "fit"),
        ("DistilledClassifier", "teacher"),
    ]
    assert len(fits) == 3
    assert names.count("CNNClassifier") == 1 + 3


# -- errors, before anything is trained -----------------------------------------------


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"temperature": 0}, "temperature"),
        ({"temperature": np.inf}, "temperature"),
        ({"alpha": 1.5}, "alpha"),
        ({"alpha": -0.1}, "alpha"),
        ({"method": "hard"}, "method"),
        ({"keep_teacher": "yes"}, "keep_teacher"),
    ],
)
def test_parameters_outside_their_range(iris, params, text):
    with pytest.raises(ValueError, match=f"The '{text}' parameter"):
        DistilledClassifier(Untouchable(), Pupil(), **params).fit(*iris)


@pytest.mark.parametrize(
    ("teacher", "text"),
    [
        (LinearSVC(), "teacher must have predict_proba"),
        (Ridge(), "teacher must be a classifier"),
        (GaussianMixture(3), "teacher must be a classifier"),
        (GaussianNB, r"Did you mean GaussianNB\(\)"),
    ],
)
def test_teachers_that_cannot_teach(iris, teacher, text):
    with pytest.raises(TypeError, match=text):
        DistilledClassifier(teacher, Pupil()).fit(*iris)


@pytest.mark.parametrize(
    ("student", "text"),
    [
        (LogisticRegression(), r"student must have fit_soft, which LogisticRegression"),
        (RegressorPupil(), "student must be a classifier"),
        (Pupil, r"Did you mean Pupil\(\)"),
    ],
)
def test_students_that_cannot_learn(iris, student, text):
    with pytest.raises(TypeError, match=text):
        DistilledClassifier(Untouchable(), student).fit(*iris)


class Plain(Pupil):
    """A student that takes what it has to, and no more."""

    def fit_soft(self, X, y, soft_targets, *, temperature, alpha, sample_weight):
        return super().fit_soft(X, y, soft_targets, alpha=alpha)


class Mute(Plain):
    predict_proba = property()


class Choosy(Plain):
    def fit_soft(self, X, y, soft_targets, *, device, **lesson):
        raise AssertionError("it is not called")


@pytest.mark.parametrize(
    ("student", "params", "validation", "text"),
    [
        (Plain(), {"method": "logits"}, 0, r"unexpected keyword argument 'method'"),
        (Plain(), {}, 9, r"unexpected keyword argument 'X_val'"),
        (Choosy(), {}, 0, r"missing a required argument: 'device'"),
        (Mute(), {}, 0, r"student must have predict_proba"),
    ],
    ids=["a method", "rows to validate on", "something else", "no predict_proba"],
)
def test_what_a_student_does_not_take_is_found_first(
    iris, student, params, validation, text
):
    X, y = iris
    rows = {"X_val": X[:validation], "y_val": y[:validation]} if validation else {}
    with pytest.raises(TypeError, match=text):
        DistilledClassifier(Untouchable(), student, **params).fit(X, y, **rows)


def test_a_student_is_told_the_classes_where_labels_lack_one(iris):
    X, y = iris
    frozen = FrozenEstimator(GaussianNB().fit(X, y))
    few = y < 2
    model = DistilledClassifier(frozen, Plain(), queries=X[~few])
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'classes'"):
        model.fit(X[few], y[few])
    lesson = clone(model).set_params(student=Pupil()).fit(X[few], y[few])
    assert_array_equal(lesson.student_.lesson_["classes"], [0, 1, 2])
    assert "classes" not in model.fit(X, y).student_.lesson_


def test_a_frozen_teacher_of_other_classes(iris):
    X, y = iris
    teacher = GaussianNB().fit(X[y < 2], y[y < 2])
    text = r"knows the classes \[0, 1\], y has \[0, 1, 2\].*pass the estimator itself"
    with pytest.raises(ValueError, match=text):
        DistilledClassifier(FrozenEstimator(teacher), Pupil()).fit(X, y)


@pytest.mark.parametrize(
    "teacher",
    [
        FrozenEstimator(GaussianNB()),
        make_parallel_fusion(FrozenEstimator(GaussianNB()), Untouchable()),
    ],
    ids=["alone", "in a fusion"],
)
def test_a_frozen_teacher_that_is_not_fitted_is_refused(iris, teacher):
    text = r"FrozenEstimator that is not fitted: got FrozenEstimator.*Fit it first"
    with pytest.raises(NotFittedError, match=text):
        DistilledClassifier(teacher, Pupil()).fit(*iris)


def test_a_loaded_model_of_a_frozen_teacher_says_how_to_keep_it(iris):
    frozen = FrozenEstimator(GaussianNB().fit(*iris))
    model = DistilledClassifier(frozen, small_student(epochs=1)).fit(*iris)
    loaded = pickle.loads(pickle.dumps(model))
    for again in (loaded, clone(loaded)):
        with pytest.raises(NotFittedError, match="only with keep_teacher=True"):
            again.fit(*iris)


def test_a_failed_fit_leaves_nothing_behind(iris):
    X, y = iris

    class Failing(Pupil):
        def fit_soft(self, *args, **kwargs):
            raise RuntimeError("no")

    model = DistilledClassifier(GaussianNB(), Failing())
    with pytest.raises(RuntimeError, match="no"):
        model.fit(X, y)
    assert not hasattr(model, "teacher_")
    assert not hasattr(model, "student_")


def test_metadata_without_routing_is_refused(iris):
    with pytest.raises(TypeError, match="enable_metadata_routing=True"):
        DistilledClassifier(GaussianNB(), Pupil()).fit(*iris, groups=iris[1])


# -- learning -------------------------------------------------------------------------


def test_a_student_agrees_with_its_teacher_beyond_its_own_labels(digits):
    """Half of the labels are noise; the teacher saw the clean ones."""
    X, y = digits
    rng = np.random.default_rng(0)
    noisy = np.where(rng.uniform(size=len(y)) < 0.5, rng.integers(0, 10, len(y)), y)
    teacher = FrozenEstimator(LinearDiscriminantAnalysis().fit(X, y))
    train, test = slice(0, 1200), slice(1200, None)
    student = small_student(dense_units=(32,), epochs=15)
    alone = clone(student).fit(X[train], noisy[train]).score(X[test], y[test])
    taught = DistilledClassifier(teacher, student, alpha=0.9, temperature=2.0)
    taught.fit(X[train], noisy[train])
    assert taught.score(X[test], y[test]) > alone + 0.05


def test_what_the_student_refuses_is_refused_before_the_teacher_trains():
    X, y = np.ones((20, 10)), np.arange(20) % 2
    student = CNNClassifier(input_shape=(3, 3, 1))
    with pytest.raises(ValueError, match="input_shape"):
        DistilledClassifier(Untouchable(), student).fit(X, y)
    with pytest.raises(ValueError, match="optimizer"):
        DistilledClassifier(Untouchable(), CNNClassifier(optimizer="x")).fit(X, y)
