from skopt_nn import bridge as bridge
from skopt_nn import estimators as estimators
from skopt_nn import fusion as fusion
from skopt_nn import inspection as inspection
from skopt_nn import networks as networks
from skopt_nn import persistence as persistence
from skopt_nn import preprocessing as preprocessing
from skopt_nn import training as training
from skopt_nn.bridge import KerasClassifier, KerasRegressor
from skopt_nn.estimators import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    TabularClassifier,
    TabularRegressor,
)
from skopt_nn.fusion import (
    CascadeClassifier,
    DistilledClassifier,
    DistilledRegressor,
    LogarithmicPool,
    SerialStage,
    WeightedSumClassifier,
    WeightedSumRegressor,
    WeightedVotingClassifier,
    WeightedVotingRegressor,
    make_cascade,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)
from skopt_nn.inspection import (
    FidelityDisplay,
    FusionDisplay,
    HistoryDisplay,
    ModelComparisonDisplay,
    SharingDisplay,
    StudentPathDisplay,
    compare,
    student_path,
)
from skopt_nn.persistence import load, save
from skopt_nn.preprocessing import LogMelSpectrogram, TokenSequencer

__version__: str

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "CascadeClassifier",
    "DistilledClassifier",
    "DistilledRegressor",
    "FidelityDisplay",
    "FusionDisplay",
    "HistoryDisplay",
    "KerasClassifier",
    "KerasRegressor",
    "LogMelSpectrogram",
    "LogarithmicPool",
    "ModelComparisonDisplay",
    "SerialStage",
    "SharedWeightClassifier",
    "SharedWeightRegressor",
    "SharingDisplay",
    "StudentPathDisplay",
    "TabularClassifier",
    "TabularRegressor",
    "TokenSequencer",
    "WeightedSumClassifier",
    "WeightedSumRegressor",
    "WeightedVotingClassifier",
    "WeightedVotingRegressor",
    "compare",
    "load",
    "make_cascade",
    "make_parallel_fusion",
    "make_serial_fusion",
    "make_stacked_fusion",
    "save",
    "student_path",
]
