"""Any Keras build function as a scikit-learn estimator, by scikeras' contract."""

from skopt_nn.bridge._base import BaseWrapper
from skopt_nn.bridge._classifier import KerasClassifier
from skopt_nn.bridge._regressor import KerasRegressor

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]
