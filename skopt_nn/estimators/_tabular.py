"""Networks for tables as classifier and regressor."""

from dataclasses import fields, replace

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_X_y
from sklearn.utils.validation import check_is_fitted, validate_data

from skopt_nn import networks, training
from skopt_nn._compat import check_categorical_features, check_sample_weight
from skopt_nn._parameters import (
    parameters,
    redefault,
)
from skopt_nn.estimators._base import NeuralEstimator
from skopt_nn.estimators._classifier import NeuralClassifierMixin
from skopt_nn.estimators._columns import check_frame, is_frame, read_columns
from skopt_nn.estimators._docs import documented
from skopt_nn.estimators._encoding import TableEncoder
from skopt_nn.estimators._groups import Fitting
from skopt_nn.estimators._members import MembersMixin
from skopt_nn.estimators._regressor import NeuralRegressorMixin
from skopt_nn.estimators._table import Table, TableTraining
from skopt_nn.training import Training

# Small tables are known by heart soon, large ones teach for longer than images do.
_LEAST_STEPS, _LEAST_EPOCHS = 250, 30
_BINS, _FEW_BINS, _FEW_ROWS = 48, 8, 2000
_OF_NETWORK = sorted(
    {of.name for of in fields(Table)}
    & {of.name for of in fields(networks.TabularRecipe)}
)


@parameters
class TabularEstimator(Fitting, TableTraining, Table, NeuralEstimator):
    """Parameters and recipe of a network for tables."""

    _recipe_kind = networks.TabularRecipe

    def _check_data(self, X, y, sample_weight, reset):
        X, y = _checked_with_y(self, X, y, reset=reset)
        weights = check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        columns, shape = read_columns(X), None
        _check_finite(columns)
        if reset:
            is_categorical = self._find_categorical(X, columns)
            self._columns = TableEncoder.fit(columns, is_categorical, weights)
            shape = ((self._columns.width,), True)
            self._sample_shape = shape[0]
            self._n_bins = self._auto_bins(np.count_nonzero(weights))
            self._changes(self._make_recipe(*shape, n_outputs=1))
        else:
            self._check_network()
        return self._columns.encode(columns), y, weights, shape

    def _find_categorical(self, X, columns):
        have_labels = np.array([column.has_labels for column in columns])
        wanted = self.categorical_features
        if isinstance(wanted, str):
            return have_labels
        found = check_categorical_features(X, wanted)
        found = np.zeros(len(columns), dtype=bool) if found is None else found
        others = [columns[j].name for j in np.flatnonzero(have_labels & ~found)]
        if others:
            raise ValueError(
                "categorical_features must name the columns of strings and categories, "
                f"but {', '.join(others)} are not among them (got {wanted!r}). Name "
                'them, drop them, or set it to "from_dtype".'
            )
        return found

    def _auto_bins(self, n_rows):
        """Labels of few rows are known by heart where bins are narrow."""
        narrow = self.embedding == "piecewise_linear" and is_classifier(self)
        return _FEW_BINS if narrow and n_rows < _FEW_ROWS else _BINS

    def _make_recipe(self, sample_shape, per_column, *, n_outputs):
        kind, columns = self._recipe_kind, self._columns
        given = {name: getattr(self, name) for name in _OF_NETWORK}
        if self.n_bins == "auto":
            given["n_bins"] = self._n_bins
        return kind(
            input_shape=sample_shape,
            per_column=per_column,
            n_outputs=n_outputs,
            seed=0,
            **_columns_of_network(columns),
            **given,
        )

    def _set_constants(self, examples):
        if self._recipe.constants:
            rows = examples.rows.take(np.arange(len(examples)))
            bins = self._columns.bins(rows, examples.weights, self._recipe.n_bins)
            networks.set_bins(self.model_, *bins)

    def _run(self, examples, held_out, hooks=(), **changed):
        if self.epochs == "auto" and "epochs" not in changed:
            n_rows, size = len(examples), self.batch_size
            size = training.auto_batch_size(n_rows) if size == "auto" else size
            least = _LEAST_STEPS, _LEAST_EPOCHS
            changed["epochs"] = training.auto_epochs(n_rows, size, *least)
        super()._run(examples, held_out, hooks, **changed)

    def _check_predict(self, X):
        check_is_fitted(self, "model_")
        if self._columns is None:
            return X
        columns = read_columns(_checked(self, X))
        _check_finite(columns)
        return self._columns.encode(columns)

    def _of_rows(self):
        other = super()._of_rows()
        other._columns = None
        return other

    def __getstate__(self):
        state = super().__getstate__()
        if "model_" in state:
            state["_columns"] = state["_columns"].to_dict()
        return state

    def __setstate__(self, state):
        state = dict(state)
        if "model_" in state:
            columns = state["_columns"] = TableEncoder.from_dict(state["_columns"])
        super().__setstate__(state)
        if "model_" in state and self._recipe != replace(
            self._recipe, **_columns_of_network(columns)
        ):
            raise ValueError("the network is not one of the columns of its table")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = False
        return tags


def _columns_of_network(columns):
    """What a recipe says of the columns."""
    return {
        "n_numeric": len(columns.numeric),
        "n_indicators": len(columns.marked),
        "n_categories": columns.n_categories,
    }


def _checked(estimator, X):
    """X as a data frame or an array of two axes, seen by scikit-learn."""
    X = _table_of(X)
    known = {"skip_check_array": True} if is_frame(X) else _ANY_KIND
    return validate_data(estimator, X, reset=False, **known)


def _checked_with_y(estimator, X, y, *, reset):
    X, of_y = _table_of(X), {"multi_output": True, **estimator._y_checks}
    if is_frame(X):
        X = validate_data(estimator, X, reset=reset, skip_check_array=True)
        _, y = check_X_y(np.zeros((X.shape[0], 1)), y, **of_y)
    else:
        X, y = validate_data(estimator, X, y, reset=reset, **_ANY_KIND, **of_y)
    return X, y.toarray() if hasattr(y, "toarray") else y


# Columns of an array are looked at one by one.
_ANY_KIND = {"ensure_all_finite": "allow-nan", "dtype": None}


def _table_of(X):
    if isinstance(X, (list, tuple)):
        X = _array_of(X)
    check_frame(X)
    if is_frame(X):
        _check_size(X)
    elif getattr(X, "ndim", 0) > 2:
        raise ValueError(
            f"Found array with dim {X.ndim}, while a table has 2. Images, series and "
            "volumes are for CNNClassifier and CNNRegressor."
        )
    return X


def _array_of(rows):
    """Numbers, or objects: numpy would make strings of all that is in a row of some."""
    array = np.asarray(rows)
    return np.asarray(rows, dtype=object) if array.dtype.kind in "US" else array


def _check_size(X):
    if len(X.shape) != 2 or 0 in X.shape:
        raise ValueError(
            "X must have at least one row and one column, got a data frame of shape "
            f"{X.shape}."
        )


def _check_finite(columns):
    for column in columns:
        if not column.has_labels and np.isinf(column.values).any():
            raise ValueError(
                f"Input X contains infinity in {column.name}. Make it missing (NaN) or "
                "a number."
            )


@documented
@parameters
class TabularClassifier(MembersMixin, NeuralClassifierMixin, TabularEstimator):
    """Classifier of tables: one perceptron that predicts as many do.

    X is an array, or a data frame of pandas or polars as it is: numbers of any scale,
    booleans, strings and categories, any of them missing. Each column becomes a vector;
    ``n_members`` networks, which are one but for a few vectors [3]_, make something of
    these, and the mean of their probabilities is what is predicted.

    Parameters
    ----------
    %(parameters)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    members_ : sequence of TabularClassifier
        Each member as a classifier of its own, made when it is asked for;
        ``predict_members`` gives the probabilities of all at once.
    shared_weights_ : dict of str to list of str
        For each layer that is shared the members that apply it.
    compression_ratio_ : float
        Parameters of as many networks that share nothing / parameters stored.
    %(attributes)s

    See Also
    --------
    TabularRegressor : The same network for values.
    SharedWeightClassifier : Layers of one network that share weights.

    Notes
    -----
    A number x is standardised in double precision by median m and spread s (the
    interquartile range in units of a normal distribution), ``z = (x - m) / s``, and its
    tails are drawn in, ``z / sqrt(1 + (z / 3)^2)``. A missing one is zero, beside a
    column of its own that says so if some were missing in training. Missing categories,
    and those that training did not see, are one category.

    References
    ----------
    %(references)s
    %(smoothing_reference)s
    %(table_references)s

    Examples
    --------
    >>> import pandas as pd
    >>> from skopt_nn import TabularClassifier
    >>> X = pd.DataFrame({"colour": ["red", "blue", None, "red"] * 25,
    ...                   "weight": [1.0, 2.5, 2.0, None] * 25})
    >>> y = ["apple", "plum", "plum", "apple"] * 25
    >>> net = TabularClassifier(epochs=10, random_state=0).fit(X, y)
    >>> net.score(X, y)
    1.0
    >>> net.predict_members(X).shape
    (100, 16, 2)
    """

    dropout: float = redefault(Table, "dropout", 0.1)
    weight_decay: float = redefault(Training, "weight_decay", 1.0)

    def _risk(self, probabilities, held_out):
        """Log-loss, the mean over labels where there are several."""
        target, *_ = held_out.objective.targets
        if self._target_state["multilabel"]:
            right = np.where(target > 0, probabilities, 1 - probabilities)
        else:
            right = np.take_along_axis(probabilities, target[:, None], axis=1)
        losses = -np.log(np.maximum(right, np.finfo(float).tiny)).mean(axis=1)
        return np.average(losses, weights=held_out.weights)


@documented
@parameters
class TabularRegressor(MembersMixin, NeuralRegressorMixin, TabularEstimator):
    """Regressor of tables: one perceptron that predicts as many do.

    The network of :class:`TabularClassifier`, where it says what becomes of columns;
    the mean of the members' values is what is predicted.

    Parameters
    ----------
    %(parameters)s

    Attributes
    ----------
    members_ : sequence of TabularRegressor
        Each member as a regressor of its own, made when it is asked for;
        ``predict_members`` gives the values of all at once.
    shared_weights_ : dict of str to list of str
        For each layer that is shared the members that apply it.
    compression_ratio_ : float
        Parameters of as many networks that share nothing / parameters stored.
    %(attributes)s

    See Also
    --------
    TabularClassifier : The same network for labels.

    References
    ----------
    %(references)s
    %(table_references)s

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skopt_nn import TabularRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> net = TabularRegressor(random_state=0).fit(X[:300], y[:300])
    >>> net.score(X[300:], y[300:]) > 0.4
    True
    """

    weight_decay: float = redefault(Training, "weight_decay", 0.03)
    early_stopping: bool = redefault(Training, "early_stopping", True)
    """Whether to hold out ``validation_fraction`` of the rows, or to take those
    given as ``X_val``, to stop once ``scoring`` has not improved on them for
    ``n_iter_no_change`` epochs, and to restore the best epoch. Of less than 20 rows
    none are held out.
    """

    def _risk(self, values, held_out):
        """Squared error, the mean over columns where there are several."""
        actual = self._decode_y(held_out.objective.targets[0])
        errors = ((values - actual) ** 2).reshape(len(actual), -1).mean(axis=1)
        return np.average(errors, weights=held_out.weights)
