"""X, y and weights, as scikit-learn validates them."""

import numpy as np
from sklearn.utils.validation import check_consistent_length, validate_data

from skopt_nn._compat import check_sample_weight, check_y, num_samples, safe_indexing
from skopt_nn._soft_targets import check_length


class CheckedData:
    """Validation in the place of scikeras', which takes fewer kinds of data."""

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        of_y = {"multi_output": True, "y_numeric": y_numeric}
        if X is None:
            y = check_y(y, estimator=self, **of_y)
            return None, self._check_target(y, reset, y_numeric)
        checks = {"accept_sparse": "csr", "allow_nd": True, "reset": reset}
        if y is not None:
            X, y = validate_data(self, X, y, **checks, **of_y)
        elif reset:  # an error, where y is required
            X = validate_data(self, X, None, **checks)
        else:
            X = validate_data(self, X, **checks)
        return self._check_features(X, reset), self._check_target(y, reset, y_numeric)

    def _check_features(self, X, reset):
        if reset:
            self.X_dtype_ = X.dtype
            self.X_shape_ = X.shape
        elif X.shape[1:] != self.X_shape_[1:]:
            raise ValueError(
                f"X has samples of shape {X.shape[1:]}, but this {self.__name__} is "
                f"expecting samples of shape {self.X_shape_[1:]} as in fit."
            )
        if self.X_dtype_.kind == "f" and X.dtype.kind != "f":
            return X.astype(self.X_dtype_)
        return X

    def _check_target(self, y, reset, y_numeric):
        if y is None:
            return None
        if hasattr(y, "toarray"):
            y = y.toarray()
        if y_numeric and y.dtype.kind in "US":
            y = y.astype(np.float64)
        if reset:
            self.target_type_ = self._type_of_target(y)
            self.y_dtype_ = y.dtype
            self.y_ndim_ = y.ndim
        elif y.ndim != self.y_ndim_ and y.size != len(y):
            raise ValueError(
                f"y has {y.ndim} dimensions, but this {self.__name__} is expecting "
                f"{self.y_ndim_} dimensions in y as in the first fit."
            )
        return y


def with_weight(X, y, sample_weight, taught=None):
    """The rows whose weight is not zero: nothing shall look at the others."""
    if taught is not None:
        check_length(taught, num_samples(X))
    if sample_weight is None:
        return X, y, None, taught
    check_consistent_length(X, y)
    sample_weight = check_sample_weight(sample_weight, X)
    if sample_weight.all():
        return X, y, sample_weight, taught
    rows, parts = np.flatnonzero(sample_weight), (X, y, sample_weight)
    taken = (safe_indexing(part, rows) for part in parts)
    return *taken, None if taught is None else taught.take(rows)


def relative(weights, rows=None):
    """Those of the rows, None for all, that have a weight, and weights by their mean.

    Weights of None are equal.
    """
    if weights is None:
        return rows, None
    if not weights.all():
        rows = np.flatnonzero(weights) if rows is None else rows[weights[rows] > 0]
    mean = (weights if rows is None else weights[rows]).mean()
    return rows, weights / mean if mean > 0 else weights
