"""Rows beyond the training rows, which only the teacher answers."""

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from sklearn.utils import check_random_state, gen_batches

from skopt_nn._compat import safe_indexing
from skopt_nn.fusion._members import predict_scores
from skopt_nn.fusion.distillation._given import as_rows_of, check_given, common_dtype

# Rows are made, and a teacher is asked about them, so many at once.
_ROWS = 2_000
# Rows of more bytes are kept in a file until the student is trained.
_BYTES_IN_MEMORY = 2**28
# Each row makes so many queries, and fewer where these are more than some.
_COPIES, _FEW_ROWS = 9, 20_000
# Those that are made weigh together at most so many times what the rows weigh. A value
# tells all that the teacher knows of a row; of classes queries tell how these compare.
_WEIGHT_OF_CLASSES, _WEIGHT_OF_VALUES = 3.0, 1 / 3


class Query(Protocol):
    """A way to make rows from others.

    Parameters
    ----------
    X : ndarray or DataFrame of shape (n_samples, ...)
        Training rows.
    shape : tuple of int
        Of one sample, with its channels; ``(n_features,)`` for columns.
    rng : numpy.random.Generator

    Returns
    -------
    make : callable
        ``make(rows)`` gives as many queries, each made from the row of that index. It
        is called for a batch at a time.
    """

    def __call__(self, X, shape, rng) -> Callable[[np.ndarray], Any]: ...


def views(X, shape, rng):
    """The rows, shifted by up to a fourteenth of their sides.

    References
    ----------
    L. Beyer, X. Zhai, A. Royer, L. Markeeva, R. Anil, A. Kolesnikov. "Knowledge
    Distillation: A Good Teacher Is Patient and Consistent". CVPR 2022.
    arXiv:2106.05237.
    """
    from skopt_nn.estimators import augmented

    shift = {"shift": max(min(shape[:-1]) // 14, 1)}

    def make(rows):
        changed = augmented(X[rows].reshape(len(rows), *shape), shift, rng)
        return changed.reshape(len(rows), *X.shape[1:])

    return make


def mixtures(X, shape, rng):
    """Weighted means of the rows and others, by weights that are uniform in [0, 1].

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz. "mixup: Beyond Empirical Risk
    Minimization". ICLR 2018. arXiv:1710.09412.
    """

    def make(rows):
        others = X[rng.integers(len(X), size=len(rows))]
        part = rng.random((len(rows), *[1] * (X.ndim - 1)), dtype=np.float32)
        return part * X[rows] + (1 - part) * others

    return make


# The part of a row that is drawn anew, and the noise on what is no whole number, in
# standard deviations.
_RESAMPLED, _JITTER = 0.03, 0.1


def resampled(X, shape, rng):
    """The rows, a part of their columns drawn anew from all rows, each by itself.

    One column at least is drawn. Columns of floats that are no whole numbers get some
    noise, too.

    References
    ----------
    R. Fakoor, J. Mueller, N. Erickson, P. Chaudhari, A. J. Smola. "Fast, Accurate, and
    Simple Models for Tabular Data via Augmented Distillation". NeurIPS 2020.
    arXiv:2006.14284.
    """
    is_frame = hasattr(X, "iloc")
    columns = [X.iloc[:, i] if is_frame else X[:, i] for i in range(shape[0])]
    scales = list(map(_noise_scale, columns))

    def make(rows):
        queries = safe_indexing(X, rows).copy()
        drawn = rng.random((len(rows), shape[0])) < _RESAMPLED
        drawn[np.arange(len(rows)), rng.integers(shape[0], size=len(rows))] = True
        for i, (column, scale) in enumerate(zip(columns, scales)):
            own = np.where(drawn[:, i], rng.integers(len(X), size=len(rows)), rows)
            values = safe_indexing(column, own)
            if scale:
                noise = scale * rng.standard_normal(len(rows))
                values = values + _JITTER * drawn[:, i] * noise
            if is_frame:
                values = values.set_axis(queries.index)
                queries.isetitem(i, values.astype(column.dtype))
            else:
                queries[:, i] = values
        return queries

    return make


def _noise_scale(column):
    """Standard deviation of a column of floats; 0 if all are whole numbers."""
    if column.dtype.kind != "f":
        return 0.0
    known = column.dropna() if hasattr(column, "dropna") else column[~np.isnan(column)]
    known = np.asarray(known, dtype=np.float64)
    if not len(known) or (known == np.rint(known)).all():
        return 0.0
    return known.std()


QUERIES: Mapping[str, Query] = {
    "views": views,
    "mixtures": mixtures,
    "resampled": resampled,
}


def check_queries(asked: Any, X: Any, shape: tuple[int, ...] | None) -> None:
    """Raise what `with_queries` would raise, before the teacher is trained."""
    if isinstance(asked, bool):
        raise ValueError(
            f"queries must be a name, a number of rows, rows or None, got {asked}. Use "
            "'auto' for some, or None."
        )
    if isinstance(asked, str) and asked != "auto":
        _check_named(asked, X, shape)
    elif is_given(asked):
        check_given(asked, X)


def is_given(asked: Any) -> bool:
    """Whether queries are rows of the user's own."""
    return asked is not None and not isinstance(asked, (str, Integral))


def _check_named(name, X, shape):
    of_columns = name == "resampled"
    if shape is None or (len(shape) == 1) != of_columns:
        kinds = "columns" if of_columns else "images, series or volumes"
        raise ValueError(
            f"queries={name!r} are made of {kinds}, got X of type {type(X).__name__} "
            f"whose samples have the shape {shape}. Use 'auto', or give unlabelled "
            "rows of your own."
        )


def generator(random_state: Any) -> np.random.Generator:
    """A source of numbers that is never the global one; None asks the system."""
    if random_state is None:
        return np.random.default_rng()
    seed = check_random_state(random_state).randint(2**31, size=4)
    return np.random.default_rng(seed)


def sample_shape(X: Any, student: Any) -> tuple[int, ...] | None:
    """Shape of one sample with its channels, ``(n_features,)`` of columns.

    None where no rows can be made of others: of sparse rows, texts, token ids, and data
    frames other than those of pandas.
    """
    if getattr(student, "vocabulary_size", None) is not None:
        return None
    if hasattr(X, "iloc"):
        return (X.shape[1],)
    if hasattr(X, "tocsr") or hasattr(X, "columns"):
        return None
    X = np.asarray(X)
    if X.dtype.kind not in "fiub" or X.ndim < 2:
        return None
    given = getattr(student, "input_shape", None)
    return X.shape[1:] if given is None else tuple(given)


@contextmanager
def with_queries(asked, problem, teacher, outputs, shape, rng) -> Iterator[tuple]:
    """The problem with queries behind its rows, and the teacher's outputs of all.

    Parameters
    ----------
    asked : str, int, array-like or None
        As the parameter ``queries``.
    problem : Problem
        The student's rows.
    teacher : estimator
    outputs : ndarray of shape (n_samples, n_outputs)
        What it says about these rows.
    shape : tuple of int or None
        Of one sample; see `sample_shape`.
    rng : numpy.random.Generator
    """
    with with_rows(asked, problem, shape, rng) as whole:
        if whole is problem:
            yield problem, outputs
            return
        behind = np.arange(len(problem), len(whole))
        try:
            answers = [
                predict_scores(
                    teacher, safe_indexing(whole.X, behind[batch]), problem.classes
                )
                for batch in gen_batches(len(behind), _ROWS)
            ]
        except ValueError as err:
            raise ValueError(f"The teacher cannot answer queries: {err}") from err
        answers = np.concatenate(answers).reshape(len(behind), *outputs.shape[1:])
        y = np.concatenate([problem.y, problem.answers(answers)])
        yield replace(whole, y=y), np.concatenate([outputs, answers])


@contextmanager
def with_rows(asked, problem, shape, rng) -> Iterator[Any]:
    """The problem with queries behind its rows, which have no label yet."""
    if asked is None or (shape is None and not is_given(asked)):
        yield problem
        return
    if not hasattr(problem.X, "iloc"):
        problem = replace(problem, X=np.asarray(problem.X))
    if is_given(asked):
        asked = as_rows_of(problem.X, asked)
        dtype = common_dtype(problem.X, asked)
        rows, make = np.arange(len(asked)), partial(safe_indexing, asked)
        weights = problem.sample_weight
        weights = None if weights is None else np.full(len(rows), weights.mean())
    else:
        rows = np.resize(rng.permutation(len(problem)), _number(asked, len(problem)))
        make = _kind(asked, shape)(problem.X, shape, rng)
        problem, weights = _weighed(problem, rows)
        dtype = getattr(problem.X, "dtype", None)
    with tempfile.TemporaryDirectory(prefix="skopt_nn_queries_") as folder:
        X = _with_queries(problem.X, rows, make, dtype, Path(folder))
        yield _extended(problem, X, len(rows), weights)


def _kind(asked, shape):
    if isinstance(asked, str) and asked != "auto":
        return QUERIES[asked]
    return resampled if len(shape) == 1 else mixtures


def _number(asked, n_rows):
    if isinstance(asked, Integral):
        return asked
    return n_rows * min(_COPIES, max(_FEW_ROWS // n_rows, 1))


def _weighed(problem, rows):
    """The problem, and weights of queries made of these rows; None where all are 1."""
    weights = problem.sample_weight
    known = np.ones(len(problem)) if weights is None else weights
    most = _WEIGHT_OF_VALUES if problem.classes is None else _WEIGHT_OF_CLASSES
    share = min(most * known.sum() / known[rows].sum(), 1.0)
    if share == 1 and weights is None:
        return problem, None
    return replace(problem, sample_weight=known), share * known[rows]


def _with_queries(X, rows, make, dtype, folder):
    """X, and behind its rows the queries made from these, in batches."""
    batches = gen_batches(len(rows), _ROWS)
    if hasattr(X, "iloc"):
        import pandas as pd

        return pd.concat(
            [X, *(make(rows[batch]) for batch in batches)], ignore_index=True
        )
    whole = _array((len(X) + len(rows), *X.shape[1:]), dtype, folder)
    whole[: len(X)] = X
    for batch in batches:
        queries = np.asarray(make(rows[batch]))
        if dtype.kind in "iub":
            queries = np.rint(queries)
        whole[len(X) + batch.start : len(X) + batch.stop] = queries
    return whole


def _array(shape, dtype, folder):
    if dtype.itemsize * math.prod(shape) <= _BYTES_IN_MEMORY:
        return np.empty(shape, dtype)
    return np.memmap(folder / "rows", dtype, "w+", shape=shape)


def _extended(problem, X, n_queries, weights):
    """The problem of all rows, of which the last ones have no label, and any y."""
    if weights is not None:
        weights = np.concatenate([problem.sample_weight, weights])
    labelled = np.concatenate([problem.labelled, np.zeros(n_queries, bool)])
    any_y = np.resize(problem.y, (n_queries, *problem.y.shape[1:]))
    y = np.concatenate([problem.y, any_y])
    return replace(problem, X=X, y=y, sample_weight=weights, labelled=labelled)
