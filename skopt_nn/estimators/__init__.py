"""Neural networks as scikit-learn estimators."""

from skopt_nn.estimators._cnn import CNNClassifier, CNNRegressor
from skopt_nn.estimators._shared import SharedWeightClassifier, SharedWeightRegressor

__all__ = [
    "BaseWrapper",
    "CNNClassifier",
    "CNNRegressor",
    "KerasClassifier",
    "KerasRegressor",
    "SharedWeightClassifier",
    "SharedWeightRegressor",
]


def __getattr__(name):
    # The bridge alone needs scikeras: those who do not use it need not load it.
    if name in ("BaseWrapper", "KerasClassifier", "KerasRegressor"):
        from skopt_nn.estimators import _keras

        return getattr(_keras, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
