"""Models side by side: how good, how large, how fast."""

import io
import time
from pickle import PicklingError
from statistics import median

import joblib
import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import check_consistent_length

from skopt_nn._compat import is_fitted, num_samples, safe_indexing
from skopt_nn.inspection._models import count_parameters, named_estimators

# Enough calls for a median, no more than a table can wait for.
_MIN_CALLS, _MAX_CALLS, _SECONDS = 5, 50, 0.1


def compare(estimators, X, y, *, test_size=0.25, random_state=0):
    """Put classifiers, or regressors, into one table: a row a model.

    Fitted models are judged on all rows of X, which they should not have seen. As
    soon as one is not fitted, X is split: the unfitted ones are cloned and trained on
    one part, and every model is judged on the other.

    Parameters
    ----------
    estimators : dict of str to estimator, list of (str, estimator) or of estimators
        Classifiers or regressors, never a mix, fitted or not. A list of estimators is
        named by their classes. None of them is changed.
    X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
        Held-out rows, or all rows if a model is to be fitted here.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their labels or values.
    test_size : float or int, default=0.25
        Part of X, in (0, 1), or number of rows that judge. Ignored if all are fitted.
    random_state : int, RandomState instance or None, default=0
        Seed of the split, stratified for classifiers. Ignored if all are fitted.

    Returns
    -------
    table : pandas.DataFrame
        A row a model, in the order given, and the columns that :mod:`.inspection`
        explains: ``score`` (accuracy or R²), ``log_loss``, ``parameters``, ``bytes``,
        ``fit_seconds``, ``predict_ms_1`` and ``predict_ms_256``.

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
    pandas = _import_pandas()
    models = named_estimators(estimators)
    _check(models, X, y)
    models, seconds, X, y = _fitted(models, X, y, test_size, random_state)
    rows = [_row(name, model, X, y, seconds) for name, model in models.items()]
    index = pandas.Index(list(models), name="model")
    return pandas.DataFrame(rows, index=index)


def _import_pandas():
    try:
        import pandas
    except ImportError as err:
        raise ImportError(
            "compare returns a pandas DataFrame, and pandas is not installed. Get it "
            "with: pip install 'skopt-nn[plot]'"
        ) from err
    return pandas


def _check(models, X, y):
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
    if num_samples(y) == 0:
        raise ValueError("X must have at least 1 row to judge the models by, got 0.")


def _fitted(models, X, y, test_size, random_state):
    """All models fitted, what that took, and the rows that none was fitted on here."""
    missing = [name for name, model in models.items() if not is_fitted(model)]
    if not missing:
        return models, {}, X, y
    X_train, X, y_train, y = _split(models[missing[0]], X, y, test_size, random_state)
    models, seconds = dict(models), {}
    for name in missing:
        models[name] = clone(models[name])
        start = time.perf_counter()
        models[name].fit(X_train, y_train)
        seconds[name] = time.perf_counter() - start
    return models, seconds, X, y


def _split(model, X, y, test_size, random_state):
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
    predicted = model.predict(X)
    score = r2_score if is_regressor(model) else accuracy_score
    return {
        "score": float(score(y, predicted)),
        "log_loss": _log_loss(name, model, X, y),
        "parameters": count_parameters(model),
        "bytes": _n_bytes(model),
        "fit_seconds": seconds.get(name, float("nan")),
        "predict_ms_1": _predict_ms(model, X, 1),
        "predict_ms_256": _predict_ms(model, X, 256),
    }


def _log_loss(name, model, X, y):
    if not hasattr(model, "predict_proba") or np.ndim(y) > 1:
        return float("nan")
    unknown = np.setdiff1d(y, model.classes_)
    if len(unknown):
        raise ValueError(
            f"y has the labels {unknown.tolist()}, which {name!r} does not know: it "
            f"was fitted to {np.asarray(model.classes_).tolist()}."
        )
    return float(log_loss(y, model.predict_proba(X), labels=model.classes_))


def _n_bytes(model):
    file = io.BytesIO()
    try:
        joblib.dump(model, file)
    except (AttributeError, TypeError, PicklingError):
        return float("nan")
    return file.tell()


def _predict_ms(model, X, n_rows):
    rows = safe_indexing(X, np.resize(np.arange(num_samples(X)), n_rows))
    model.predict(rows)
    times = []
    while len(times) < _MIN_CALLS or (
        len(times) < _MAX_CALLS and sum(times) < _SECONDS
    ):
        start = time.perf_counter()
        model.predict(rows)
        times.append(time.perf_counter() - start)
    return 1000 * median(times)
