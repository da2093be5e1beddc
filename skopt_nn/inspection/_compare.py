"""Models side by side: how good, how large, how fast."""

import io
import time
import timeit
import tracemalloc
from pickle import PicklingError
from statistics import median

import joblib
import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import train_test_split
from sklearn.utils import check_consistent_length

from skopt_nn._compat import is_fitted, num_samples, safe_indexing, warn
from skopt_nn.inspection._measures import judged_probabilities, scored
from skopt_nn.inspection._models import (
    count_multiply_adds,
    count_parameters,
    named_estimators,
)
from skopt_nn.inspection._optional import optional

# Enough calls for a median, no more than a table can wait for.
_MIN_CALLS, _MAX_CALLS, _SECONDS = 5, 50, 0.1


def compare(
    estimators, X, y, X_test=None, y_test=None, *, test_size=0.25, random_state=0
):
    """Put classifiers, or regressors, into one table: a row a model.

    Fitted models are judged on all rows of X, which they should not have seen. As
    soon as one is not fitted, X is split: clones of the unfitted ones are trained on
    one part, and every model is judged on the other, or on ``X_test``.

    Parameters
    ----------
    estimators : dict of str to estimator, list of (str, estimator) or of estimators
        Classifiers or regressors, fitted or not, of which none is changed. A list of
        estimators is named by their classes.
    X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
        Held-out rows, or all rows if a model is to be fitted here.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their labels or values.
    X_test, y_test : array-like, default=None
        Rows to judge by, so that X is not split.
    test_size, random_state : object
        Of the split, as of ``train_test_split``; stratified for classifiers.

    Returns
    -------
    table : pandas.DataFrame
        A row a model, in the order given; :mod:`.inspection` explains the columns.

    See Also
    --------
    ModelComparisonDisplay : The same as a figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skopt_nn import CNNClassifier, compare
    >>> X, y = load_iris(return_X_y=True)
    >>> network = CNNClassifier((), dense_units=(16,), epochs=60, random_state=0)
    >>> table = compare([network, LogisticRegression(max_iter=1000)], X, y)
    >>> table["parameters"].to_dict()
    {'CNNClassifier': 131.0, 'LogisticRegression': nan}
    """
    pandas = optional("pandas", "compare")
    models, (y, y_test) = named_estimators(estimators), map(_as_row, (y, y_test))
    test = _check(models, X, y, X_test, y_test)
    models, seconds, X, y = _fitted(models, X, y, test, test_size, random_state)
    rows = [_row(name, model, X, y, seconds) for name, model in models.items()]
    index = pandas.Index(list(models), name="model")
    return pandas.DataFrame(rows, index=index)


def _as_row(y):
    """A column of labels or values as one row of them."""
    shape = np.shape(y)
    return np.asarray(y).ravel() if len(shape) == 2 and shape[1] == 1 else y


def _check(models, X, y, X_test, y_test):
    """Return the rows to judge by, if they are given; raise for what cannot be."""
    for name, model in models.items():
        if isinstance(model, type):
            raise TypeError(
                f"{name!r} must be an estimator instance, got the class "
                f"{model.__name__}. Did you mean {model.__name__}()?"
            )
        judged = is_classifier(model) or is_regressor(model)
        if not judged or not hasattr(model, "fit"):
            raise TypeError(
                f"{name!r} must be a classifier or regressor, got {model!r}."
            )
    classifiers = [name for name, model in models.items() if is_classifier(model)]
    if 0 < len(classifiers) < len(models):
        others = [name for name in models if name not in classifiers]
        raise ValueError(
            "estimators must be classifiers or regressors, never a mix: got the "
            f"classifiers {classifiers} and the regressors {others}."
        )
    check_consistent_length(X, y)
    if (X_test is None) != (y_test is None):
        alone = "X_test" if y_test is None else "y_test"
        raise ValueError(
            f"X_test and y_test must be given together, got {alone} alone."
        )
    judging = y if y_test is None else y_test
    if num_samples(judging) == 0:
        raise ValueError("X must have at least 1 row to judge the models by, got 0.")
    if X_test is None:
        return None
    check_consistent_length(X_test, y_test)
    return X_test, y_test


def _fitted(models, X, y, test, test_size, random_state):
    """All models fitted, what that took, and the rows that none was fitted on here."""
    missing = [name for name, model in models.items() if not is_fitted(model)]
    if not missing:
        return models, {}, *(test or (X, y))
    X_train, y_train = X, y
    if test is None:
        if len(missing) < len(models):
            warn(
                "compare judges by a part of X, as some models are to be fitted; those "
                f"that are fitted, {[n for n in models if n not in missing]}, may have "
                "been fitted to it. Pass X_test and y_test that no model has seen.",
                UserWarning,
            )
        model = models[missing[0]]
        X_train, X, y_train, y = split(model, X, y, test_size, random_state)
    else:
        X, y = test
    models, seconds = dict(models), {}
    for name in missing:
        models[name] = clone(models[name])
        start = time.perf_counter()
        models[name].fit(X_train, y_train)
        seconds[name] = time.perf_counter() - start
    return models, seconds, X, y


def split(model, X, y, test_size, random_state):
    stratify = y if is_classifier(model) and np.ndim(y) == 1 else None
    try:
        return train_test_split(
            X, y, test_size=test_size, random_state=random_state, stratify=stratify
        )
    except ValueError as err:
        raise ValueError(
            f"X of {num_samples(y)} rows cannot be split with test_size={test_size}: "
            f"{err} Give more rows, or fit the models first and give rows they have "
            "not seen."
        ) from err


def _row(name, model, X, y, seconds):
    return {
        **scored(model, X, y),
        **judged_probabilities(name, model, X, y),
        "parameters": count_parameters(model),
        "multiply_adds": count_multiply_adds(model),
        "bytes": _n_bytes(model),
        "fit_seconds": seconds.get(name, float("nan")),
        "predict_ms_1": _predict_ms(model, _first(X, 1)),
        "predict_ms_256": _predict_ms(model, _first(X, 256)),
        "predict_peak_bytes": _peak_bytes(model, _first(X, 256)),
    }


def _n_bytes(model):
    file = io.BytesIO()
    try:
        joblib.dump(model, file)
    except (AttributeError, TypeError, PicklingError):
        return float("nan")
    return file.tell()


def _first(X, n_rows):
    """So many rows, the first ones again where there are fewer."""
    return safe_indexing(X, np.resize(np.arange(num_samples(X)), n_rows))


def _peak_bytes(model, rows):
    """Most memory at once, after calls that may have filled a cache."""
    was_tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    try:
        model.predict(rows)
        return float(tracemalloc.get_traced_memory()[1] - before)
    finally:
        if not was_tracing:
            tracemalloc.stop()


def _predict_ms(model, rows):
    model.predict(rows)
    timer = timeit.Timer(lambda: model.predict(rows))
    n_calls = np.clip(_SECONDS / timer.timeit(1), _MIN_CALLS, _MAX_CALLS)
    return 1000 * median(timer.repeat(int(n_calls), 1))
