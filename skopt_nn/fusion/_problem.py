"""What is to be learned, read and checked once, and passed as one thing."""

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import PredefinedSplit, check_cv
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skopt_nn._compat import check_sample_weight, safe_indexing, warn

UNLABELLED = -1


@dataclass(frozen=True, eq=False)
class Problem:
    """Samples and their target, and which rows of them count.

    Rows are indices throughout.

    Attributes
    ----------
    X : array-like of shape (n_samples, ...)
        As it was given: frames, images and sparse matrices stay what they are.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs), or None
        Class labels, a 0/1 indicator of several labels, or floats.
    sample_weight : ndarray of shape (n_samples,) or None
        Not negative, and not all zero.
    labelled : ndarray of bool of shape (n_samples,)
        Whether y says something about the row.
    classes : ndarray of shape (n_classes,) or None
        All classes in sorted order; None in a regression.
    multilabel : bool
        Whether ``classes`` are the columns of an indicator.
    offsets : ndarray of shape (n_samples, n_classes) or None
        Logits that what is learned comes on top of.
    """

    X: Any
    y: np.ndarray | None
    sample_weight: np.ndarray | None
    labelled: np.ndarray
    classes: np.ndarray | None = None
    multilabel: bool = False
    offsets: np.ndarray | None = None

    @classmethod
    def of_labels(cls, X, y, sample_weight=None, *, multilabel=False):
        """Read class labels or, where allowed, a 0/1 indicator of several labels.

        The classes are those of rows with a weight.
        """
        y = _given(y)
        _check_known(y)
        multilabel = multilabel and type_of_target(y) == "multilabel-indicator"
        if multilabel:
            y = y.toarray() if issparse(y) else np.asarray(y)
        else:
            y = column_or_1d(y, warn=True)
            _check_labels(y)
        problem = cls._all_labelled(X, y, sample_weight)
        classes = np.arange(y.shape[1]) if multilabel else np.unique(y[problem.counted])
        return replace(problem, classes=classes, multilabel=multilabel)

    @classmethod
    def of_values(cls, X, y, sample_weight=None, *, multi_output=True, missing=False):
        """Read the values of a regression; NaN where some may be ``missing``."""
        y = check_array(
            _given(y),
            ensure_2d=False,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if missing else True,
            input_name="y",
        )
        if y.ndim > 2:
            raise ValueError(f"y must be 1-D or 2-D, got the shape {y.shape}.")
        y = y if multi_output else column_or_1d(y, warn=True)
        return replace(cls._all_labelled(X, y, sample_weight), labelled=_valued(y))

    @classmethod
    def _all_labelled(cls, X, y, sample_weight):
        check_consistent_length(X, y)
        weight = check_weights(sample_weight, y)
        return cls(X, y, weight, np.ones(len(y), dtype=bool))

    def with_unlabelled(self, known=None):
        """Return this problem with -1 read as "no label", wherever it cannot be one.

        As in :mod:`sklearn.semi_supervised`; -1 is a label if it is among the ``known``
        classes or, where these are None, beside less than two others. An indicator
        has a label in each row. A warning says how many rows have none.
        """
        if self.multilabel or self.y.dtype.kind not in "if":
            return self
        labelled = self.y != UNLABELLED
        others = np.unique(self.y[labelled])
        is_label = len(others) < 2 if known is None else UNLABELLED in known
        if is_label or labelled.all():
            return self
        if len(others) > 1:
            warn(
                f"{np.count_nonzero(~labelled)} rows of y with the label -1 are read "
                "as unlabelled. Where -1 is a class, name it otherwise."
            )
        marked = replace(self, labelled=labelled)
        return replace(marked, classes=np.unique(self.y[marked.taught]))

    def __len__(self):
        return len(self.labelled)

    @property
    def counted(self):
        """The rows whose weight is not zero."""
        weight = self.sample_weight
        return np.arange(len(self)) if weight is None else np.flatnonzero(weight)

    @property
    def taught(self):
        """Of these, the rows with a label."""
        rows = self.counted
        return rows[self.labelled[rows]]

    @property
    def weights(self):
        """The sample weights, or ones."""
        return np.ones(len(self)) if self.sample_weight is None else self.sample_weight

    def take(self, rows):
        """Return the problem of these rows: X as its kind, or itself if it is all."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        weight, offsets = self.sample_weight, self.offsets
        return replace(
            self,
            X=safe_indexing(self.X, rows),
            y=self.y[rows],
            sample_weight=None if weight is None else weight[rows],
            labelled=self.labelled[rows],
            offsets=None if offsets is None else offsets[rows],
        )

    def answers(self, scores):
        """Return what scores say: values, the likeliest class, or labels above half."""
        if self.classes is None:
            return scores
        return scores > 0.5 if self.multilabel else self.classes[scores.argmax(axis=1)]

    def filled(self, answers):
        """Return y with ``answers`` in the rows without a label."""
        if self.labelled.all():
            return self.y
        mask = self.labelled.reshape(-1, *[1] * (self.y.ndim - 1))
        return np.where(mask, self.y, answers)

    def folds(self, cv, **params):
        """Return the folds of ``cv``, which test each row with label and weight once.

        The other rows are in no fold; None gives no folds. ``params`` are metadata of
        the splitter.
        """
        if cv is None:
            return []
        rows = self.taught
        known = self.take(rows)
        X, y = known.X, known.y
        params = {name: safe_indexing(part, rows) for name, part in params.items()}
        splitter = check_cv(cv, y, classifier=self.classes is not None)
        n_splits = splitter.get_n_splits(X, y, **params)
        if len(rows) < n_splits:
            raise ValueError(
                f"cv={n_splits} folds need at least {n_splits} rows, got "
                f"n_samples={len(rows)}. Pass fewer folds, or more rows."
            )
        draws = isinstance(cv, Integral) or hasattr(cv, "split")
        if draws and not isinstance(cv, PredefinedSplit):
            folds = splitter.split(X, y, **params)
            folds = [(rows[train], rows[test]) for train, test in folds]
        else:
            folds = [
                [self._known_of(part, rows) for part in fold]
                for fold in splitter.split()
            ]
            folds = [(train, test) for train, test in folds if len(test)]
        if not folds:
            raise ValueError(
                f"cv must give at least one fold, got none from {cv!r}. An iterator "
                "gives its folds once: pass a list of them."
            )
        tested = np.concatenate([test for _, test in folds])
        if not np.array_equal(np.sort(tested), rows):
            raise ValueError(
                "cv must test every row exactly once, so that every row gets an "
                f"out-of-fold score: got {cv!r}, whose test rows number {len(tested)} "
                f"for {len(rows)} rows. Use a partition such as KFold or "
                "StratifiedKFold."
            )
        return folds

    def _known_of(self, part, rows):
        """Those of some rows, given by indices or by a mask, that are among others."""
        part = np.arange(len(self))[np.asarray(part)]
        return part[np.isin(part, rows)]


def _check_known(y):
    if getattr(getattr(y, "dtype", None), "kind", None) not in ("i", "f"):
        return
    missing = np.asarray(y.isna()) if hasattr(y, "isna") else np.isnan(y)
    if missing.any():
        raise ValueError(
            f"Input y contains NaN in {np.count_nonzero(missing)} of {len(y)} rows, "
            "and each needs a label. Leave these out; a distilled model takes the "
            "label -1 among other integers for none."
        )


def _check_labels(y):
    try:
        check_classification_targets(y)
    except (TypeError, ValueError) as err:
        if y.dtype.kind != "O":
            raise
        raise ValueError(
            f"{err} y has {sorted({type(label).__name__ for label in y})} in it. Rows "
            "without a label are -1 among integer labels: encode y by LabelEncoder "
            "first, or give such rows as queries."
        ) from err


def check_weights(sample_weight, y):
    """Return ``sample_weight`` as floats, not negative and not all zero, or None."""
    if sample_weight is None:
        return None
    return check_sample_weight(
        sample_weight, y, dtype=np.float64, ensure_non_negative=True
    )


def _given(y):
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None.")
    return y


def _valued(y):
    """Return a mask of the rows of a regression that have values."""
    missing = np.isnan(y).reshape(len(y), -1)
    some = missing.any(axis=1)
    partly = np.flatnonzero(some & ~missing.all(axis=1))
    if len(partly):
        raise ValueError(
            "y contains NaN beside values in one row: a row has all of its outputs, or "
            "none and learns from the teacher alone; got "
            f"{y[partly[0]].tolist()} in row {partly[0]}."
        )
    return ~some
