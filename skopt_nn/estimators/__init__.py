"""Neural networks as scikit-learn estimators."""

from skopt_nn.estimators._cnn import CNNClassifier, CNNRegressor
from skopt_nn.estimators._shared import SharedWeightClassifier, SharedWeightRegressor

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "SharedWeightClassifier",
    "SharedWeightRegressor",
]
