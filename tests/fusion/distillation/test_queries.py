"""Rows beyond the training rows, which the teacher alone answers."""

import os
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB

from skopt_nn import DistilledClassifier, DistilledRegressor, load, save
from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.distillation import _queries
from tests.doubles import Pupil, RegressorPupil, Untouchable, small_student

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "length": RNG.normal(5, 2, 200),
        "count": RNG.integers(0, 4, 200).astype(float),
        "size": RNG.integers(0, 9, 200),
        "kind": pd.Categorical(RNG.choice(["a", "b", "c"], 200)),
        "text": RNG.choice(["x", "y"], 200),
    }
)
LABELS = np.arange(200) % 2
IMAGES = RNG.integers(0, 256, (40, 6, 6, 1)).astype(np.uint8)


class Uniform(DummyClassifier):
    def __init__(self):
        super().__init__(strategy="uniform")


def lesson(model, X, y, **params):
    return model.fit(X, y, **params).student_.lesson_


def test_resampled_rows_are_of_the_columns_they_come_from():
    rows = np.arange(200).repeat(5)
    made = _queries.resampled(TABLE, (5,), np.random.default_rng(1))(rows)
    assert_array_equal(made.dtypes, TABLE.dtypes)
    for name in ("count", "size", "kind", "text"):
        assert set(made[name]) <= set(TABLE[name])
    base = TABLE.iloc[rows].reset_index(drop=True)
    changed = made.reset_index(drop=True) != base
    # A value that is drawn may be the one that was there; noise never is.
    assert 0.15 < changed["length"].mean() < 0.3
    assert changed.any(axis=1).mean() > 0.6
    # Farther from the rows a teacher says little that holds for them.
    assert changed.sum(axis=1).mean() < 1.2


def test_one_column_at_least_is_resampled():
    X = RNG.normal(size=(50, 3))
    made = _queries.resampled(X, (3,), np.random.default_rng(0))(np.arange(50))
    assert (made != X).any(axis=1).all()


def test_missing_values_stay_values():
    X = np.where(RNG.random((100, 2)) < 0.3, np.nan, RNG.normal(size=(100, 2)))
    made = _queries.resampled(X, (2,), np.random.default_rng(0))(np.arange(100))
    assert 0.1 < np.isnan(made).mean() < 0.5


def test_mixtures_lie_between_two_rows():
    rows = np.arange(40)
    make = _queries.mixtures(1.0 * IMAGES, (6, 6, 1), np.random.default_rng(3))
    made = make(rows)
    rng = np.random.default_rng(3)
    others = IMAGES[rng.integers(40, size=40)]
    part = rng.random((40, 1, 1, 1), dtype=np.float32)
    assert_allclose(made, part * IMAGES + (1 - part) * others, rtol=1e-6)


def test_views_are_shifted_rows():
    rng = np.random.default_rng(0)
    image = np.zeros((1, 9, 9, 1))
    image[0, 4, 4] = 1.0
    made = _queries.views(image, (9, 9, 1), rng)(np.zeros(50, int))
    places = {tuple(np.argwhere(view[..., 0] == 1)[0]) for view in made}
    assert len(places) > 2
    assert all(abs(i - 4) <= 1 and abs(j - 4) <= 1 for i, j in places)


def test_channels_of_series_are_not_shifted():
    X = np.zeros((30, 20, 3)) + [1.0, 2.0, 3.0]
    shape = _queries.sample_shape(X, small_student())
    made = _queries.views(X, shape, np.random.default_rng(0))(np.arange(30))
    assert_allclose(made, X)


def test_the_teacher_answers_the_very_rows_that_the_student_sees(iris):
    X, y = iris
    teacher = GaussianNB()
    taught = lesson(DistilledClassifier(teacher, Pupil(), alpha=0.3), X, y)
    assert len(taught["X"]) == 10 * len(X)
    assert_array_equal(taught["X"][: len(X)], X)
    said = teacher.fit(X, y).predict_proba(taught["X"])
    assert_array_equal(taught["soft_targets"], said)
    assert_array_equal(taught["alpha"][: len(X)], 0.3)
    assert_array_equal(taught["alpha"][len(X) :], 1.0)
    assert_array_equal(taught["y"][: len(X)], y)


def test_images_of_integers_stay_integers():
    X, y = IMAGES.reshape(40, -1), np.arange(40) % 2
    teacher, rng = GaussianNB().fit(X, y), np.random.default_rng(0)
    shape = _queries.sample_shape(X, small_student(input_shape=(6, 6, 1)))
    given = "auto", Problem.of_labels(X, y), teacher, teacher.predict_proba(X)
    with _queries.with_queries(*given, shape, rng) as (whole, _):
        assert whole.X.dtype == np.uint8
        assert whole.X.shape == (400, 36)


def test_a_number_asks_for_so_many(iris):
    taught = lesson(DistilledClassifier(GaussianNB(), Pupil(), queries=70), *iris)
    assert len(taught["X"]) == len(iris[0]) + 70


def test_queries_that_are_made_weigh_three_times_the_rows_together(iris):
    X, y = iris
    weights = np.where(y == 0, 2.0, 1.0)
    for given in (None, weights):
        model = DistilledClassifier(GaussianNB(), Pupil(), random_state=0)
        taught = lesson(model, X, y, sample_weight=given)
        of_rows, of_queries = np.split(taught["sample_weight"], [len(X)])
        assert_array_equal(of_rows, 1.0 if given is None else weights)
        assert len(of_queries) == 9 * len(X)
        assert_allclose(of_queries.sum(), 3 * of_rows.sum())
        # Each has a third of the weight of the row that it was made of.
        assert_allclose(np.unique(of_queries), np.unique(of_rows) / 3)


def test_queries_of_values_that_are_made_weigh_a_third_of_the_rows(iris):
    X = iris[0]
    model = DistilledRegressor(Ridge(), RegressorPupil(), random_state=0)
    weights = lesson(model, X, X[:, 0])["sample_weight"]
    assert_allclose(weights[len(X) :].sum(), len(X) / 3)


def test_queries_of_heavy_rows_do_not_weigh_more_than_that(iris):
    X, y = iris
    weights = np.where(np.arange(len(X)) < 5, 100.0, 1.0)
    model = DistilledClassifier(GaussianNB(), Pupil(), queries=700, random_state=0)
    taught = lesson(model, X, y, sample_weight=weights)["sample_weight"]
    assert taught[len(X) :].sum() <= 3 * weights.sum() * (1 + 1e-12)


def test_a_few_queries_weigh_as_much_as_rows(iris):
    model = DistilledClassifier(GaussianNB(), Pupil(), queries=3 * len(iris[0]))
    assert lesson(model, *iris)["sample_weight"] is None


def test_rows_of_the_users_own_are_taken_as_they_are(iris):
    X, y = iris
    model = DistilledClassifier(GaussianNB(), Pupil(), queries=X[:20] + 0.1)
    taught = lesson(model, X, y, sample_weight=np.full(len(X), 2.0))
    assert_array_equal(taught["X"][len(X) :], X[:20] + 0.1)
    assert_array_equal(taught["sample_weight"], 2.0)


def test_queries_of_a_data_frame_are_one():
    X, y = TABLE[["length", "count", "size"]], np.arange(200) % 3
    taught = lesson(DistilledClassifier(GaussianNB(), Pupil()), X, y)
    assert list(taught["X"].columns) == list(X.columns)
    assert_array_equal(taught["X"].dtypes, X.dtypes)


def test_no_rows_are_made_of_frames_that_are_not_of_pandas():
    X = pytest.importorskip("polars").DataFrame(
        TABLE[["length", "size"]].to_dict("list")
    )
    model = DistilledClassifier(LogisticRegression(max_iter=500), Pupil())
    assert lesson(model, X, np.arange(200) % 2)["X"] is X


def test_no_rows_are_made_of_sparse_rows_and_of_token_ids():
    sparse = csr_matrix(np.eye(3))
    tokens = small_student(vocabulary_size="auto")
    assert _queries.sample_shape(sparse, small_student()) is None
    assert _queries.sample_shape(np.eye(3), tokens) is None


def test_values_are_answered_as_well(diabetes):
    X, y = diabetes
    taught = lesson(DistilledRegressor(Ridge(), RegressorPupil()), X, y)
    said = Ridge().fit(X, y).predict(taught["X"])
    assert_allclose(taught["soft_targets"], said)
    assert_array_equal(taught["y"][: len(y)], y)


def test_one_random_state_one_lesson(iris):
    def rows(seed):
        model = DistilledClassifier(GaussianNB(), Pupil(), random_state=seed)
        return lesson(model, *iris)["X"]

    assert_array_equal(rows(0), rows(0))
    assert (rows(0) != rows(1)).any()


def test_many_bytes_are_kept_in_a_file_that_is_removed(iris, monkeypatch, tmp_path):
    monkeypatch.setattr(_queries, "_BYTES_IN_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = {}

    class Watching(Pupil):
        def fit_soft(self, X, y, soft_targets, **lesson):
            seen["map"], seen["files"] = isinstance(X, np.memmap), os.listdir(tmp_path)
            return super().fit_soft(np.array(X), y, soft_targets, **lesson)

    in_file = lesson(
        DistilledClassifier(GaussianNB(), Watching(), random_state=0), *iris
    )
    assert seen["map"]
    assert len(seen["files"]) == 1
    assert os.listdir(tmp_path) == []
    monkeypatch.undo()
    in_memory = lesson(
        DistilledClassifier(GaussianNB(), Pupil(), random_state=0), *iris
    )
    assert_array_equal(in_file["X"], in_memory["X"])


def test_a_full_disk_is_an_error_and_leaves_no_file(iris, monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_queries, "_BYTES_IN_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(np, "memmap", full)
    with pytest.raises(OSError, match="No space left"):
        DistilledClassifier(GaussianNB(), Pupil()).fit(*iris)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("queries", "match"),
    [
        ("views", r"'views' are made of images, series or volumes"),
        ("mixtures", r"'mixtures' are made of images"),
        (np.zeros((5, 3)), r"with the same columns; got the shape \(5, 3\)"),
        (np.full((5, 4), np.nan), r"queries must be rows such as .* NaN"),
        (np.full((5, 4), np.inf), r"queries must be rows such as .* infinity"),
    ],
    ids=["views", "mixtures", "columns", "NaN", "infinity"],
)
def test_queries_that_do_not_fit_are_refused_before_the_teacher_is_trained(
    iris, queries, match
):
    with pytest.raises(ValueError, match=match):
        DistilledClassifier(Untouchable(), small_student(), queries=queries).fit(*iris)


def test_queries_that_the_teacher_alone_does_not_take_are_named(iris):
    model = DistilledClassifier(GaussianNB(), Pupil(), queries=np.full((5, 4), np.nan))
    with pytest.raises(ValueError, match=r"teacher cannot answer queries: .* NaN"):
        model.fit(*iris)


TWO = pd.DataFrame({"a": [0.5, 1.5] * 3, "b": [1, 2] * 3})


@pytest.mark.parametrize(
    ("X", "queries", "match"),
    [
        (TWO.to_numpy(), [["1", "2"]], r"X has the dtype float64, got <U1.*astype"),
        (np.array([["ab", "cd"]] * 6), [[1.0, 2.0]], r"dtype <U2, got float64"),
        (TWO, [["1", "2"]], "X has the dtype float64 in the column 'a', got"),
        (TWO, TWO.assign(b=["x", "y"] * 3), "int64 in the column 'b', got"),
        (csr_array(np.eye(6)), np.eye(6), r"got scipy.*csr_array. Pass X.toarray\(\)"),
    ],
    ids=["texts", "numbers", "texts beside a frame", "a column of texts", "sparse"],
)
def test_queries_of_another_kind_are_refused_before_the_teacher_is_trained(
    X, queries, match
):
    with pytest.raises(TypeError, match=match):
        DistilledClassifier(Untouchable(), Pupil(), queries=queries).fit(X, [0, 1] * 3)


@pytest.mark.parametrize(
    ("queries", "match"),
    [
        (TWO[["b", "a"]], r"in their order, got \['b', 'a'\].*queries\[X.columns\]"),
        (TWO.rename(columns={"a": "z"}), r"lack \['a'\], and have \['z'\]"),
        (TWO[["a"]], r"lack \['b'\], and have \[\]"),
    ],
    ids=["another order", "another name", "too few"],
)
def test_columns_of_queries_that_differ_are_named(queries, match):
    with pytest.raises(ValueError, match=match):
        DistilledClassifier(Untouchable(), Pupil(), queries=queries).fit(
            TWO, [0, 1] * 3
        )


def test_objects_that_are_numbers_leave_the_columns_of_x_what_they_are():
    teacher = FrozenEstimator(Uniform().fit(TWO, [0, 1] * 3))
    queries = TWO.to_numpy().astype(object)
    model = DistilledClassifier(teacher, Pupil(), queries=queries)
    seen = lesson(model, TWO, [0, 1] * 3)["X"]
    assert [dtype.kind for dtype in seen.dtypes] == ["f", "f"]


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (DistilledRegressor(Ridge(), RegressorPupil(), method="logits"), "values have"),
        (
            DistilledClassifier(LogisticRegression(), Pupil(), method="decoupled"),
            "needs 3 classes or more, of one label a row; got 2",
        ),
    ],
    ids=["values", "two classes"],
)
def test_methods_that_do_not_fit_are_refused(iris, model, match):
    X, y = iris[0][:100], iris[1][:100]
    with pytest.raises(ValueError, match=match):
        model.fit(X, y)


@pytest.mark.parametrize("method", ["logits", "decoupled"])
def test_a_student_is_told_how_it_is_taught(iris, method):
    model = DistilledClassifier(GaussianNB(), Pupil(), method=method, beta=2.0)
    taught = lesson(model, *iris)
    assert (taught["method"], taught["beta"]) == (method, 2.0)


@pytest.mark.parametrize("method", ["soft", "logits", "decoupled"])
def test_networks_learn_by_each_method(iris, method):
    forest = RandomForestClassifier(20, random_state=0)
    student = small_student(epochs=30)
    model = DistilledClassifier(forest, student, method=method, random_state=0)
    assert model.fit(*iris).fidelity_.agreement > 0.9


def test_each_generation_is_taught_by_the_one_before(diabetes):
    X, y = diabetes
    forest = RandomForestRegressor(5, random_state=0)
    model = DistilledRegressor(forest, RegressorPupil(), n_generations=3).fit(X, y)
    first, second, last = model.students_
    assert model.student_ is last
    for teacher, student in ((first, second), (second, last)):
        assert_allclose(student.lesson_["soft_targets"], teacher.mean_)
    assert not np.allclose(first.lesson_["soft_targets"], first.mean_)


@pytest.mark.parametrize(
    ("X", "queries"),
    [
        (np.arange(12).reshape(6, 2), [[0.5, 1.25]]),
        (np.arange(12, dtype=np.uint8).reshape(6, 2), [[300, 2]]),
        (np.array([["ab", "cd"]] * 6), [["abzzz", "xlong"]]),
    ],
    ids=["fractions", "beyond uint8", "longer texts"],
)
def test_rows_of_ones_own_are_taken_as_they_are(X, queries):
    teacher = FrozenEstimator(Uniform().fit(X, [0, 1] * 3))
    seen = lesson(DistilledClassifier(teacher, Pupil(), queries=queries), X, [0, 1] * 3)
    assert_array_equal(seen["X"][6:], queries)
    assert_array_equal(seen["X"][:6], X)


@pytest.mark.parametrize("queries", [TABLE.to_numpy()[:3], TABLE[:3]])
def test_rows_for_a_frame_become_one_of_its_columns(queries):
    teacher = FrozenEstimator(Uniform().fit(TABLE, LABELS))
    model = DistilledClassifier(teacher, Pupil(), queries=queries)
    seen = lesson(model, TABLE, LABELS)["X"]
    assert list(seen.columns) == list(TABLE.columns)
    assert_array_equal(seen.iloc[200:].to_numpy(), TABLE[:3].to_numpy())


def test_a_category_that_x_has_not_is_missing_in_rows_of_ones_own():
    X = pd.DataFrame({"c": pd.Categorical([0, 10, 20] * 4), "n": np.arange(12.0)})
    queries = pd.DataFrame({"c": pd.Categorical([0, 30]), "n": [5.0, 6.0]})
    teacher = FrozenEstimator(Uniform().fit(X, [0, 1, 2] * 4))
    model = DistilledClassifier(teacher, Pupil(), queries=queries)
    seen = lesson(model, X, [0, 1, 2] * 4)["X"]
    assert seen["c"].dtype == X["c"].dtype
    assert seen["c"].isna().tolist() == [False] * 13 + [True]


@pytest.mark.parametrize("frame", [False, True])
def test_pickles_and_files_hold_no_rows_of_the_users_own(tmp_path, frame):
    X = pd.DataFrame(RNG.normal(size=(40, 3)), columns=list("abc"))
    X = X if frame else X.to_numpy()
    queries = pd.concat([X] * 500) if frame else np.tile(X, (500, 1))
    student = small_student(epochs=1)
    model = DistilledClassifier(GaussianNB(), student, queries=queries)
    model.fit(X, [0, 1] * 20)
    whole = pickle.dumps(model)
    assert len(whole) < len(pickle.dumps(model.student_)) + 5_000
    save(model, tmp_path / "model")
    for loaded in (pickle.loads(whole), load(tmp_path / "model")):
        assert loaded.queries is None
        assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    kept = pickle.loads(pickle.dumps(model.set_params(keep_teacher=True)))
    assert len(kept.queries) == len(queries)


def test_columns_with_missing_values_of_pandas_own_are_resampled():
    X = pd.DataFrame({"a": np.arange(40.0) / 7, "b": np.arange(40)}).astype("Float64")
    X.loc[3, "a"] = pd.NA
    rows = np.arange(40).repeat(3)
    made = _queries.resampled(X, (2,), np.random.default_rng(0))(rows)
    assert_array_equal(made.dtypes, X.dtypes)
    assert 0 < made["a"].isna().sum() < 30
    assert not set(made["a"].dropna()) <= set(X["a"].dropna())


def test_no_queries_are_not_an_array_of_none():
    model = DistilledClassifier(Untouchable(), Pupil(), queries=np.zeros((0, 5)))
    with pytest.raises(ValueError, match=r"at least one row, got 0\. Use None"):
        model.fit(np.zeros((4, 5)), [0, 1, 0, 1])


def test_a_frozen_student_is_refused():
    student = FrozenEstimator(small_student())
    with pytest.raises(TypeError, match="a clone is trained"):
        DistilledClassifier(Untouchable(), student).fit(np.zeros((4, 5)), [0, 1, 0, 1])


class Confused(Pupil):
    def predict_proba(self, X):
        raise RuntimeError("lost")


def test_a_student_that_cannot_answer_leaves_nothing_half_fitted():
    model = DistilledClassifier(GaussianNB(), Confused(), queries=None)
    with pytest.raises(RuntimeError, match="lost"):
        model.fit(RNG.normal(size=(20, 3)), [0, 1] * 10)
    assert not [name for name in vars(model) if name.endswith("_")]


def test_yes_is_no_number_of_queries():
    model = DistilledClassifier(Untouchable(), Pupil(), queries=True)
    with pytest.raises(ValueError, match=r"got True\. Use 'auto'"):
        model.fit(np.zeros((4, 5)), [0, 1, 0, 1])


def test_rows_for_a_frame_of_another_library_are_refused_before_training():
    polars = pytest.importorskip("polars")
    X = polars.DataFrame(np.arange(12.0).reshape(6, 2), schema=["a", "b"])
    model = DistilledClassifier(Untouchable(), Pupil(), queries=X)
    with pytest.raises(TypeError, match=r"frame of pandas; got polars.*to_pandas"):
        model.fit(X, [0, 1] * 3)


def test_a_student_of_ones_own_is_asked_for_where_x_is_sparse():
    X = csr_array(np.eye(6))
    with pytest.raises(TypeError, match=r"student=None takes no sparse X.*X\.toarray"):
        DistilledClassifier(Untouchable()).fit(X, [0, 1] * 3)
