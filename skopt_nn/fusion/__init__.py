"""Everything with an estimator in its ``__init__``: distillation and fusions."""

from skopt_nn.fusion._parallel import make_parallel_fusion
from skopt_nn.fusion._stacked import make_stacked_fusion
from skopt_nn.fusion.distillation import DistilledClassifier, DistilledRegressor
from skopt_nn.fusion.serial._make import make_serial_fusion
from skopt_nn.fusion.serial._stage import SerialStage
from skopt_nn.fusion.serial._stage_output import StageOutput
from skopt_nn.fusion.serial._weighted_sum import (
    WeightedSumClassifier,
    WeightedSumRegressor,
)

__all__ = [
    "DistilledClassifier",
    "DistilledRegressor",
    "SerialStage",
    "StageOutput",
    "WeightedSumClassifier",
    "WeightedSumRegressor",
    "make_parallel_fusion",
    "make_serial_fusion",
    "make_stacked_fusion",
]
