"""Everything with an estimator in its ``__init__``: distillation and fusions."""

from skopt_nn.fusion._cascade import CascadeClassifier, make_cascade
from skopt_nn.fusion.distillation import DistilledClassifier, DistilledRegressor
from skopt_nn.fusion.parallel._classifier import WeightedVotingClassifier
from skopt_nn.fusion.parallel._make import make_parallel_fusion
from skopt_nn.fusion.parallel._regressor import WeightedVotingRegressor
from skopt_nn.fusion.serial._make import make_serial_fusion
from skopt_nn.fusion.serial._stage import SerialStage
from skopt_nn.fusion.serial._stage_output import StageOutput
from skopt_nn.fusion.serial._weighted_sum import (
    WeightedSumClassifier,
    WeightedSumRegressor,
)
from skopt_nn.fusion.stacked._features import (
    FeatureStackingClassifier,
    FeatureStackingRegressor,
)
from skopt_nn.fusion.stacked._make import make_stacked_fusion
from skopt_nn.fusion.stacked._pool import LogarithmicPool

__all__ = [
    "CascadeClassifier",
    "DistilledClassifier",
    "DistilledRegressor",
    "FeatureStackingClassifier",
    "FeatureStackingRegressor",
    "LogarithmicPool",
    "SerialStage",
    "StageOutput",
    "WeightedSumClassifier",
    "WeightedSumRegressor",
    "WeightedVotingClassifier",
    "WeightedVotingRegressor",
    "make_cascade",
    "make_parallel_fusion",
    "make_serial_fusion",
    "make_stacked_fusion",
]
