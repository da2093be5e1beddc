"""Queries of the user's own: rows such as those of X, and put behind these."""

import numpy as np
from scipy.sparse import issparse


def check_given(queries, X):
    """Refuse rows that cannot go behind those of X."""
    if issparse(X) or (hasattr(X, "columns") and not hasattr(X, "iloc")):
        way_out = "X.toarray()" if issparse(X) else "X.to_pandas()"
        raise TypeError(
            "queries that are given go behind the rows of X, which must be an array or "
            f"a data frame of pandas; got {type(X).__module__}.{type(X).__name__}. "
            f"Pass {way_out}, or queries=None."
        )
    names = [getattr(part, "columns", None) for part in (queries, X)]
    if names[0] is not None and names[1] is not None:
        _check_names(*map(list, names))
    if np.shape(queries)[1:] != np.shape(X)[1:]:
        raise ValueError(
            "queries must be rows such as those of X, which has the shape "
            f"{np.shape(X)}, with the same columns; got the shape {np.shape(queries)}."
        )
    if not len(queries):
        raise ValueError(
            "queries must have at least one row, got 0. Use None for none."
        )
    _check_kinds(as_rows_of(X, queries), X)


def _check_names(names, of_X):
    if names == of_X:
        return
    if sorted(map(str, names)) == sorted(map(str, of_X)):
        raise ValueError(
            f"queries must have the columns of X in their order, got {names} where X "
            f"has {of_X}. Pass queries[X.columns]."
        )
    lacks = [name for name in of_X if name not in names]
    others = [name for name in names if name not in of_X]
    raise ValueError(
        f"queries must be rows with the same columns as X: they lack {lacks}, and have "
        f"{others}, which X has not."
    )


def _check_kinds(queries, X):
    """Refuse texts where X has numbers, and the reverse: all of X would turn to them.

    Columns of objects are left to the student.
    """
    if hasattr(X, "iloc"):
        columns = range(X.shape[1])
        parts = [(queries.iloc[:, i], X.iloc[:, i].infer_objects()) for i in columns]
    else:
        parts = [(queries, np.asarray(X))]
    for given, own in parts:
        is_missing = hasattr(given, "isna") and given.isna().all()
        is_alike = _is_number(given) == _is_number(own)
        if is_alike or is_missing or own.dtype.kind == "O":
            continue
        where = f" in the column {own.name!r}" if hasattr(own, "name") else ""
        raise TypeError(
            "queries must have numbers where X has numbers, and nowhere else: X has "
            f"the dtype {own.dtype}{where}, got {given.dtype}. Convert them by "
            f"astype({str(own.dtype)!r})."
        )


def _is_number(values):
    return values.dtype.kind in "fiub"


def as_rows_of(X, queries):
    """Rows of the user's own as X has them; a category that X has not is missing."""
    if not hasattr(X, "iloc"):
        return np.asarray(queries)
    import pandas as pd

    queries = pd.DataFrame(queries).set_axis(X.columns, axis=1).infer_objects()
    for name, kind in X.dtypes.items():
        if isinstance(kind, pd.CategoricalDtype):
            known = queries[name].isin(kind.categories)
            queries[name] = queries[name].where(known).astype(kind)
    return queries


def common_dtype(X, queries):
    """One that holds the rows of both; what is a number fits in that of floats."""
    if hasattr(X, "iloc"):
        return None
    fits = X.dtype.kind == "f" and _is_number(queries)
    return X.dtype if fits else np.result_type(X, queries)
