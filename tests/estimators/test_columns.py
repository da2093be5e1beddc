"""What columns of arrays and data frames become."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skopt_nn import CNNClassifier, TabularClassifier
from skopt_nn.estimators._columns import is_frame, read_columns

NAN = np.nan


def read(values):
    """The values of a table of one column."""
    (column,) = read_columns(values)
    return column.values


def numbers_of(values):
    found = read(values)
    assert found.dtype == np.float64
    return found


def labels_of(values):
    found = read(values)
    assert found.dtype == object
    return found.tolist()


NUMBERS = {
    "array of ints": (np.array([[1], [2]]), [1, 2]),
    "array of booleans": (np.array([[True], [False]]), [1, 0]),
    "array of objects": (np.array([[1], [None]], dtype=object), [1, NAN]),
    "pandas int": (pd.DataFrame({"a": [1, 2]}), [1, 2]),
    "pandas float": (pd.DataFrame({"a": [1.5, None]}), [1.5, NAN]),
    "pandas Int64": (pd.DataFrame({"a": pd.array([1, None], "Int64")}), [1, NAN]),
    "pandas bool": (pd.DataFrame({"a": [True, False]}), [1, 0]),
    "pandas boolean": (
        pd.DataFrame({"a": pd.array([True, None], "boolean")}),
        [1, NAN],
    ),
    "pandas object": (pd.DataFrame({"a": [1, None]}, dtype=object), [1, NAN]),
    "pandas sparse": (pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 2.0])}), [0, 2]),
    "pandas nothing": (pd.DataFrame({"a": [None, None]}), [NAN, NAN]),
    "polars int": (pl.DataFrame({"a": [1, None]}), [1, NAN]),
    "polars float": (pl.DataFrame({"a": [1.5, None]}), [1.5, NAN]),
    "polars boolean": (pl.DataFrame({"a": [True, None]}), [1, NAN]),
    "polars decimal": (pl.DataFrame({"a": [1, 2]}, {"a": pl.Decimal(10, 2)}), [1, 2]),
    "polars nothing": (pl.DataFrame({"a": [None, None]}), [NAN, NAN]),
}
LABELS = {
    "array of strings": (np.array([["a"], ["b"]]), ["a", "b"]),
    "array of objects": (np.array([["a"], [None]], dtype=object), ["a", None]),
    "pandas strings": (pd.DataFrame({"a": ["a", None]}), ["a", None]),
    "pandas objects": (pd.DataFrame({"a": ["a", NAN]}, dtype=object), ["a", None]),
    "pandas string": (
        pd.DataFrame({"a": pd.array(["a", None], "string")}),
        ["a", None],
    ),
    "pandas category": (pd.DataFrame({"a": pd.Categorical(["a", None])}), ["a", None]),
    "pandas numbers as category": (
        pd.DataFrame({"a": pd.Categorical([3, 1])}),
        [3, 1],
    ),
    "pandas intervals": (
        pd.DataFrame({"a": pd.cut([0.5, 1.5], [0, 1, 2])}),
        ["(0, 1]", "(1, 2]"],
    ),
    "polars strings": (pl.DataFrame({"a": ["a", None]}), ["a", None]),
    "polars categories": (
        pl.DataFrame({"a": ["a", None]}, {"a": pl.Categorical}),
        ["a", None],
    ),
    "polars enum": (
        pl.DataFrame({"a": ["a", None]}, {"a": pl.Enum(["a"])}),
        ["a", None],
    ),
}


@pytest.mark.parametrize(("X", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_and_booleans_are_float64_with_nan(X, expected):
    np.testing.assert_array_equal(numbers_of(X), expected)


@pytest.mark.parametrize(("X", "expected"), LABELS.values(), ids=LABELS)
def test_strings_and_categories_are_labels_with_none(X, expected):
    assert labels_of(X) == expected


DAY = datetime.date(2024, 5, 17)
DATES = {
    "array": np.array([["2024-05-17"]], dtype="datetime64[D]"),
    "objects": np.array([[DAY]], dtype=object),
    "pandas": pd.DataFrame({"when": pd.to_datetime(["2024-05-17"])}),
    "pandas with a zone": pd.DataFrame(
        {"when": pd.to_datetime(["2024-05-17"], utc=True)}
    ),
    "pandas durations": pd.DataFrame({"when": pd.to_timedelta([3], "s")}),
    "pandas periods": pd.DataFrame({"when": pd.period_range("2024", periods=1)}),
    "pandas objects": pd.DataFrame({"when": [DAY]}),
    "polars": pl.DataFrame({"when": [DAY]}),
    "polars times": pl.DataFrame({"when": [datetime.datetime(2024, 5, 17, 3)]}),
}


@pytest.mark.parametrize("X", DATES.values(), ids=DATES)
def test_dates_are_refused_with_the_way_out(X):
    with pytest.raises(
        TypeError, match=r"got column .*Make it numbers, such as the days"
    ):
        read_columns(X)


def test_a_column_of_two_kinds_is_refused_by_its_name():
    X = pd.DataFrame({"fine": [1, 2], "odd": ["a", 2]})
    with pytest.raises(TypeError, match=r"got column 'odd' of int and str\. Make all"):
        read_columns(X)


def test_a_column_of_lists_is_refused_by_its_name():
    X = pl.DataFrame({"many": [[1, 2], [3]]})
    with pytest.raises(TypeError, match=r"got column 'many' of List"):
        read_columns(X)


def test_columns_of_one_name_are_told_apart_by_place():
    X = pd.DataFrame([[1, "a"]], columns=["a", "a"])
    first, second = read_columns(X)
    assert not first.has_labels
    assert second.has_labels


def test_numbers_can_be_taken_for_categories():
    (column,) = read_columns(np.array([[2.0], [NAN], [1.0]]))
    assert column.as_labels().values.tolist() == [2.0, None, 1.0]


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (pd.DataFrame({"a": [1]}), True),
        (pl.DataFrame({"a": [1]}), True),
        (np.ones((1, 1)), False),
        ([[1]], False),
    ],
    ids=["pandas", "polars", "array", "list"],
)
def test_frames_are_told_from_arrays(X, expected):
    assert is_frame(X) is expected


@pytest.mark.parametrize("cell", [["x", "y"], {"x": 1}, np.arange(3)])
def test_cells_that_are_no_values_are_named(cell):
    frame = pd.DataFrame({"a": range(30), "tags": [cell] * 30})
    with pytest.raises(TypeError, match=f"'tags' with a {type(cell).__name__} in it"):
        TabularClassifier(epochs=1).fit(frame, [0, 1] * 15)


@pytest.mark.parametrize("fields", [["a"], ["a", "b"]])
def test_structs_are_no_texts(fields):
    frame = pl.DataFrame({"a": range(30), "b": range(30)})
    frame = frame.with_columns(z=pl.struct(*fields))
    with pytest.raises(TypeError, match="'z' of Struct"):
        TabularClassifier(epochs=1).fit(frame, [0, 1] * 15)


@pytest.mark.parametrize("cls", [TabularClassifier, CNNClassifier])
def test_two_columns_of_one_name_are_refused(cls):
    frame = pd.DataFrame(np.zeros((30, 3)), columns=["a", "a", "b"])
    with pytest.raises(ValueError, match="different names, got a more than once"):
        cls(epochs=1).fit(frame, [0, 1] * 15)


@pytest.mark.parametrize("texts_first", [True, False])
def test_a_column_keeps_its_kind_behind_fit(texts_first):
    texts = pd.DataFrame({"zip": ["1001", "1002", None] * 10})
    numbers = pd.DataFrame({"zip": pd.Categorical([1001, 1002, None] * 10)})
    frames = [texts, numbers] if texts_first else [numbers, texts]
    net = TabularClassifier(epochs=1, dense_units=(4,)).fit(frames[0], [0, 1, 0] * 10)
    net.predict(frames[0].iloc[[2]])  # all of it missing
    with pytest.raises(TypeError, match=r"'zip' of X had \w+ in fit, and has"):
        net.predict(frames[1])


@pytest.mark.parametrize("cls", [TabularClassifier, CNNClassifier])
def test_a_lazy_frame_is_to_be_collected(cls):
    frame = pl.DataFrame({"a": range(30)}).lazy()
    with pytest.raises(TypeError, match=r"Use X\.collect\(\)"):
        cls(epochs=1).fit(frame, [0, 1] * 15)


def test_dates_are_no_pixels():
    X = np.zeros((30, 8, 8, 1), dtype="M8[s]")
    with pytest.raises(ValueError, match="numbers, got dates or times"):
        CNNClassifier(epochs=1).fit(X, [0, 1] * 15)
