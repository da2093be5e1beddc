from skopt_nn import estimators as estimators
from skopt_nn import fusion as fusion
from skopt_nn import inspection as inspection
from skopt_nn import networks as networks
from skopt_nn import persistence as persistence
from skopt_nn import training as training
from skopt_nn.estimators import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
)
from skopt_nn.estimators._keras import KerasClassifier, KerasRegressor
from skopt_nn.fusion import (
    DistilledClassifier,
    DistilledRegressor,
    SerialStage,
    WeightedSumClassifier,
    WeightedSumRegressor,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)
from skopt_nn.inspection import ModelComparisonDisplay, compare
from skopt_nn.persistence import load, save

__version__: str

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "DistilledClassifier",
    "DistilledRegressor",
    "KerasClassifier",
    "KerasRegressor",
    "ModelComparisonDisplay",
    "SerialStage",
    "SharedWeightClassifier",
    "SharedWeightRegressor",
    "WeightedSumClassifier",
    "WeightedSumRegressor",
    "compare",
    "load",
    "make_parallel_fusion",
    "make_serial_fusion",
    "make_stacked_fusion",
    "save",
]
