"""Columns of numbers and of categories, from arrays and data frames."""

from itertools import filterfalse
from typing import NamedTuple

import numpy as np

# How names of dtypes begin, in pandas (also on top of pyarrow) and polars. A Boolean
# is a number.
_TEXT = ("string", "utf8", "large_string", "category", "categorical", "enum")
_NUMBER = ("int", "uint", "float", "double", "halffloat", "decimal", "bool", "null")
_DATE = ("date", "time", "duration", "period", "timestamp")


class Column(NamedTuple):
    """One column of a table.

    Attributes
    ----------
    name : str
        As errors call it.
    values : ndarray of shape (n_rows,)
        float64 with NaN for what is missing; or objects (str, int, float, bool) with
        None for it, if the column is one of categories.
    """

    name: str
    values: np.ndarray

    @property
    def has_labels(self):
        return self.values.dtype.kind == "O"

    @property
    def is_missing(self):
        if self.has_labels:
            return np.array([value is None for value in self.values], dtype=bool)
        return np.isnan(self.values)

    def as_labels(self):
        """The same column, as one of categories."""
        if self.has_labels:
            return self
        values = self.values.astype(object)
        values[np.isnan(self.values)] = None
        return self._replace(values=values)


def is_frame(X):
    """Whether X has named columns of kinds of their own, as in pandas and polars."""
    return hasattr(X, "columns") and hasattr(X, "dtypes") and hasattr(X, "to_numpy")


def check_frame(X):
    """Raise if X is a lazy data frame, or has two columns of one name."""
    if hasattr(X, "collect_schema") and not hasattr(X, "to_numpy"):
        raise TypeError("X must be a data frame, got a lazy one. Use X.collect().")
    if is_frame(X) and len(set(X.columns)) < len(X.columns):
        twice = sorted(
            {str(name) for name in X.columns if list(X.columns).count(name) > 1}
        )
        raise ValueError(
            f"X must have columns of different names, got {', '.join(twice)} more than "
            "once. Rename them, or keep the first of each by "
            "X.loc[:, ~X.columns.duplicated()]."
        )


def read_columns(X):
    """The columns of a data frame, or of an array of two axes."""
    if not is_frame(X):
        return [_of_array(f"column {j}", X[:, j]) for j in range(X.shape[1])]
    by_place = X.iloc if hasattr(X, "iloc") else None
    series = [
        X.to_series(j) if by_place is None else by_place[:, j]
        for j in range(X.shape[1])
    ]
    names = [f"column {name!r}" for name in X.columns]
    return [_of_series(name, each) for name, each in zip(names, series)]


def _of_series(name, series):
    dtype = str(series.dtype).lower()
    if dtype.startswith("sparse["):
        dtype = dtype.removeprefix("sparse[")
    if dtype.startswith(_DATE):
        raise _no_dates(name, series.dtype)
    values = np.asarray(series.to_numpy())
    if dtype == "str" or dtype.startswith(_TEXT):
        return Column(name, _labels(values))
    if dtype.startswith(_NUMBER) or dtype == "object":
        return _of_array(name, values)
    raise TypeError(
        f"X must have columns of numbers, booleans, strings or categories, got {name} "
        f"of {series.dtype}. Drop it, or make it one of those."
    )


def _of_array(name, values):
    if values.dtype.kind in "mM":
        raise _no_dates(name, values.dtype)
    if values.dtype.kind not in "OUS":
        return Column(name, values.astype(np.float64))
    values = values.astype(object)
    present = ~_is_missing(values)
    are_text = [isinstance(value, str) for value in values[present]]
    if are_text and all(are_text):
        return Column(name, _labels(values))
    return Column(name, _numbers(name, values, present, any(are_text)))


def _numbers(name, values, present, has_text):
    if has_text:
        kinds = sorted({type(value).__name__ for value in values[present]})
        raise TypeError(
            f"X must have columns of one kind, got {name} of {' and '.join(kinds)}. "
            "Make all of it strings, for categories, or numbers."
        )
    numbers = np.full(len(values), np.nan)
    if any(_is_date(value) for value in values[present]):
        raise _no_dates(name, "dates")
    try:
        numbers[present] = values[present].astype(np.float64)
    except (TypeError, ValueError) as err:
        first = next(filterfalse(_is_number, values[present]))
        raise TypeError(
            "X must have columns of numbers, booleans, strings or categories, got "
            f"{name} with a {type(first).__name__} in it, {first!r}: {err}. Drop "
            "it, or make it one of those."
        ) from err
    return numbers


def _is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_date(value):
    return hasattr(value, "isoformat") or isinstance(
        value, np.datetime64 | np.timedelta64
    )


def _labels(values):
    """Objects as files keep them, and None for what is missing."""
    labels = np.empty(len(values), dtype=object)
    present = ~_is_missing(values)
    plain = [_label(value) for value in values[present].tolist()]
    labels[present] = np.fromiter(plain, dtype=object, count=len(plain))
    return labels


def _label(value):
    return value if type(value) in (str, int, float, bool) else str(value)


def _is_missing(values):
    """None, NaN, and pandas' NA and NaT: none of them equals itself for certain."""
    if values.dtype.kind != "O":
        return values != values
    return np.fromiter(map(_is_none, values), dtype=bool, count=len(values))


def _is_none(value):
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _no_dates(name, dtype):
    return TypeError(
        "X must have columns of numbers, booleans, strings or categories, got "
        f"{name} of {dtype}: what matters of a date is yours to say. Make it numbers, "
        "such as the days since some date, the month or the day of the week (in pandas "
        "X[name].dt.dayofweek, in polars pl.col(name).dt.weekday()), or drop it."
    )
