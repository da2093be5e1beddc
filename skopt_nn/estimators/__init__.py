"""Neural networks as scikit-learn estimators."""

from skopt_nn._soft_targets import check_method
from skopt_nn.estimators._augmented import augmented
from skopt_nn.estimators._cnn import CNNClassifier, CNNRegressor
from skopt_nn.estimators._shared import SharedWeightClassifier, SharedWeightRegressor
from skopt_nn.estimators._tabular import TabularClassifier, TabularRegressor

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "SharedWeightClassifier",
    "SharedWeightRegressor",
    "TabularClassifier",
    "TabularRegressor",
    "augmented",
    "check_method",
]
