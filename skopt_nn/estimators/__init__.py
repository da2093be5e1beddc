"""Neural networks as scikit-learn estimators."""

import importlib

from skopt_nn.estimators._cnn import CNNClassifier, CNNRegressor

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "KerasClassifier",
    "KerasRegressor",
    "SharedWeightClassifier",
    "SharedWeightRegressor",
]
