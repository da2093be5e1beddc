"""Private members of scikit-learn and Keras, and what differs between versions.

No other file names a private member of another package (scikeras' are in `bridge`). Each
of them is pinned by a test; what scikit-learn makes public is imported where it is used.
"""

from sklearn.base import _fit_context as fit_context
from sklearn.pipeline import _name_estimators as name_estimators
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _is_fitted as is_fitted
from sklearn.utils.validation import _num_samples as num_samples

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "fit_context",
    "is_fitted",
    "name_estimators",
    "num_samples",
    "safe_indexing",
]
