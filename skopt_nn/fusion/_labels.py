"""Which rows have a label, and which classes a teacher knows."""

import numpy as np

UNLABELLED = -1


def labelled_rows(y, known=None):
    """Return a mask of the rows that have a label, or values.

    In a regression NaN stands for no value. Among classes -1 stands for no label, as
    in :mod:`sklearn.semi_supervised`, wherever it cannot be one: if it is not among
    the ``known`` classes or, where these are None, beside two other labels.
    """
    if y.ndim == 2:
        return np.ones(len(y), dtype=bool)
    marked = y == UNLABELLED if y.dtype.kind in "if" else np.zeros(len(y), dtype=bool)
    if known is None:
        means_none = len(np.unique(y[~marked])) > 1
    else:
        means_none = UNLABELLED not in known
    return ~marked if means_none else np.ones(len(y), dtype=bool)


def valued_rows(y):
    """Return a mask of the rows of a regression that have values."""
    missing = np.isnan(y).reshape(len(y), -1)
    some = missing.any(axis=1)
    if not np.array_equal(some, missing.all(axis=1)):
        row = np.flatnonzero(some & ~missing.all(axis=1))[0]
        raise ValueError(
            "y contains NaN beside values in one row: a row has all of its outputs, or "
            f"none and learns from the teacher alone; got {y[row].tolist()} in row "
            f"{row}."
        )
    return ~some


def known_classes(estimator):
    """Return the classes of a fitted classifier; of labels, one number each."""
    classes = estimator.classes_
    if isinstance(classes, list):
        return np.arange(len(classes))
    return np.asarray(classes)


def label_probabilities(proba, classes):
    """Return the probability of each label from scikit-learn's list of a pair each."""
    columns = [
        pair[:, np.flatnonzero(known == 1)].sum(axis=1)
        for pair, known in zip(proba, classes)
    ]
    return np.column_stack(columns)
