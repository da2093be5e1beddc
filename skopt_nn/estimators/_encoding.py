"""From columns of any kind to rows of float32, and back from a file."""

from collections import Counter
from dataclasses import dataclass, fields

import numpy as np

from skopt_nn._compat import warn
from skopt_nn.estimators._quantiles import OF_NORMAL, weighted_quantiles

# Standardised values beyond this are in the tails: twice as far counts less and less.
_TAIL = 3.0
_HUGE = 1e150
# A column of more categories keeps the most frequent ones.
_MOST_CATEGORIES = 1000
# A column of so many strings, of which more than this share occur only once, is named.
_MANY_STRINGS, _SHARE_ONCE = 100, 0.5
# Of the range of a column: narrower bins would be steps.
_LEAST_WIDTH = 1e-6
# Where bins lie that a column does not need: no encoded value comes near.
_NOWHERE = 1e6


@dataclass(frozen=True)
class TableEncoder:
    """What the training rows showed of each column.

    Encoded rows are numbers, marks of missing ones, and codes of categories. Code 0 is
    that of missing and of unknown ones.

    Attributes
    ----------
    numeric : ndarray of int
        Places of the columns of numbers.
    center, scale : ndarray of float64
        Median and spread of each of them; a spread that is infinite where all values
        were missing, so that none will count.
    marked : ndarray of int
        Those of them, counted among themselves, in which something was missing.
    categorical : ndarray of int
        Places of the columns of categories.
    categories : list of list
        The labels of each of them.
    """

    numeric: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    marked: np.ndarray
    categorical: np.ndarray
    categories: list

    @classmethod
    def fit(cls, columns, is_categorical, weights):
        """Look at rows; those of no weight are not seen."""
        _check_usable(columns)
        seen = weights > 0
        numeric = np.flatnonzero(~is_categorical)
        statistics = [
            _statistics(columns[j].values[seen], weights[seen]) for j in numeric
        ]
        center, scale, some_missing = np.array(statistics).reshape(-1, 3).T
        categorical = np.flatnonzero(is_categorical)
        labels = [columns[j].as_labels().values[seen] for j in categorical]
        _warn_of_texts([columns[j].name for j in categorical], labels)
        categories = [_categories(values, weights[seen]) for values in labels]
        marked = np.flatnonzero(some_missing)
        return cls(numeric, center, scale, marked, categorical, categories)

    @property
    def n_columns(self):
        return len(self.numeric) + len(self.categorical)

    @property
    def n_categories(self):
        """Codes of each column of categories."""
        return tuple(1 + len(labels) for labels in self.categories)

    @property
    def width(self):
        """Values of an encoded row."""
        return self.n_columns + len(self.marked)

    def encode(self, columns):
        """Rows of float32, computed in double precision."""
        n_rows = len(columns[0].values)
        rows = np.zeros((n_rows, self.width), dtype=np.float32)
        n_numeric = len(self.numeric)
        for i, j in enumerate(self.numeric):
            rows[:, i] = self._numbers(columns[j], i)
        for place, i in enumerate(self.marked, start=n_numeric):
            is_missing = columns[self.numeric[i]].is_missing
            rows[:, place] = is_missing | np.isinf(self.scale[i])
        start = n_numeric + len(self.marked)
        for place, (j, labels) in enumerate(
            zip(self.categorical, self.categories), start=start
        ):
            codes = {label: code for code, label in enumerate(labels, start=1)}
            values = columns[j].as_labels().values
            rows[:, place] = [codes.get(value, 0) for value in values]
            if not rows[:, place].any():
                _check_kind(columns[j], labels)
        return rows

    def _numbers(self, column, i):
        if np.isinf(self.scale[i]):
            return 0
        if column.has_labels:
            if not column.is_missing.all():
                raise TypeError(
                    f"{column.name} of X has strings or categories, but it had numbers "
                    "in fit. Give it as it was, or fit again."
                )
            return 0
        with np.errstate(over="ignore"):
            standardized = (column.values - self.center[i]) / self.scale[i]
        standardized = np.clip(standardized, -_HUGE, _HUGE)
        squashed = standardized / np.hypot(1, standardized / _TAIL)
        return np.nan_to_num(squashed, copy=False)

    def bins(self, rows, weights, n_bins):
        """Where the bins of each column of numbers begin, and how wide they are."""
        low = np.full((len(self.numeric), n_bins), _NOWHERE)
        width = np.ones_like(low)
        marks = dict(zip(self.marked, range(len(self.numeric), self.width)))
        for i in range(len(self.numeric)):
            is_there = np.ones(len(rows), dtype=bool)
            if i in marks:
                is_there = rows[:, marks[i]] == 0
            edges = _edges(rows[is_there, i], weights[is_there], n_bins)
            n = len(edges) - 1
            low[i, :n], width[i, :n] = edges[:-1], np.diff(edges)
        return low, width

    # -- files --------------------------------------------------------------------

    def to_dict(self):
        return {of.name: getattr(self, of.name) for of in fields(self)}

    @classmethod
    def from_dict(cls, state):
        """The encoder that `to_dict` described; a file may say anything."""
        encoder = cls(**{of.name: state[of.name] for of in fields(cls)})
        if not encoder._is_sound():
            raise ValueError("what is known of the columns of a table is damaged")
        return encoder

    def _is_sound(self):
        places = (self.numeric, self.marked, self.categorical)
        numbers = (self.center, self.scale)
        if not all(isinstance(array, np.ndarray) for array in (*places, *numbers)):
            return False
        shape = (len(self.numeric),)
        return (
            all(array.dtype.kind == "i" and array.ndim == 1 for array in places)
            and set(self.numeric) | set(self.categorical) == {*range(self.n_columns)}
            and set(self.marked) <= {*range(len(self.numeric))}
            and all(array.dtype == np.float64 for array in numbers)
            and all(array.shape == shape for array in numbers)
            and np.isfinite(self.center).all()
            and (self.scale > 0).all()
            and isinstance(self.categories, list)
            and len(self.categories) == len(self.categorical)
            and all(map(_are_labels, self.categories))
        )


def _are_labels(labels):
    kinds = (str, int, float, bool)
    return isinstance(labels, list) and all(type(label) in kinds for label in labels)


def _check_usable(columns):
    """Say which columns are empty; refuse a table in which all are."""
    empty = [column.name for column in columns if column.is_missing.all()]
    if len(empty) == len(columns):
        raise ValueError(
            "X must have a column with values, but all of them are missing: "
            f"{', '.join(empty)}."
        )
    if empty:
        warn(
            f"All values of X are missing in {', '.join(empty)}. What is there at "
            "prediction will not count."
        )


def _warn_of_texts(names, labels):
    """Say which columns of strings have another one in most rows."""
    texts = []
    for name, values in zip(names, labels):
        counts = Counter(value for value in values if isinstance(value, str))
        n_once, n_strings = sum(n == 1 for n in counts.values()), counts.total()
        if n_strings >= _MANY_STRINGS and n_once > _SHARE_ONCE * n_strings:
            texts.append(f"{name} ({n_once} of {n_strings})")
    if texts:
        warn(
            f"Most strings occur only once in {', '.join(texts)}. Read as categories, "
            "they teach nothing. Turn texts into numbers with "
            "sklearn.feature_extraction.text.TfidfVectorizer or with "
            "skrub.tabular_pipeline(estimator), which takes the other columns, too; "
            "drop columns of names or ids."
        )


def _statistics(values, weights):
    """Centre and scale of a column, and whether something is missing in it."""
    is_there = ~np.isnan(values)
    if not is_there.any():
        return 0.0, np.inf, 1.0
    values, weights = values[is_there], weights[is_there]
    low, center, high = weighted_quantiles(values, weights, [0.25, 0.5, 0.75])
    # Differences of the largest numbers that there are would overflow.
    scale = high / OF_NORMAL - low / OF_NORMAL
    if scale == 0:  # most values are one
        scale = values.max() / 2 - values.min() / 2
    return center, scale or 1.0, not is_there.all()


def _categories(labels, weights):
    """The labels, or the most frequent of many, in an order of their own."""
    totals = {}
    for label, weight in zip(labels, weights):
        if label is not None:
            totals[label] = totals.get(label, 0) + weight
    ordered = sorted(totals, key=lambda label: (str(type(label)), label))
    ordered.sort(key=totals.get, reverse=True)
    kept = ordered[:_MOST_CATEGORIES]
    return sorted(kept, key=lambda label: (str(type(label)), label))


def _check_kind(column, labels):
    """Raise if none of a column is known, as it is of another kind than the labels."""
    known = {isinstance(label, str) for label in labels}
    present = column.values[~column.is_missing]
    if len(known) == 1 and len(present):
        had_text = known.pop()
        if not any(isinstance(value, str) == had_text for value in present):
            had, has = ("strings", "numbers") if had_text else ("numbers", "strings")
            raise TypeError(
                f"{column.name} of X had {had} in fit, and has {has}. Give it as it "
                "was, or fit again."
            )


def _edges(values, weights, n_bins):
    """Quantiles of a column, or all of its values where they are few."""
    if not len(values):
        return np.zeros(1)
    edges = np.unique(values)
    if len(edges) > n_bins + 1:
        shares = np.linspace(0, 1, n_bins + 1)
        edges = np.unique(weighted_quantiles(values, weights, shares))
    least = _LEAST_WIDTH * (edges[-1] - edges[0])
    kept = [0]
    for i in range(1, len(edges)):
        if edges[i] - edges[kept[-1]] > least:
            kept.append(i)
    return edges[kept]
