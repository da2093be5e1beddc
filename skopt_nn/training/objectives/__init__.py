"""What is learned, one kind of objective a file; each is run by every backend."""

from skopt_nn.training.objectives._labels import binary_cross_entropy, cross_entropy
from skopt_nn.training.objectives._members import (
    MembersLoss,
    of_members,
)
from skopt_nn.training.objectives._objective import Loss, Objective, of_prediction
from skopt_nn.training.objectives._offset import offsets_of, on_top
from skopt_nn.training.objectives._soft import SOFT_LOSSES, distilled
from skopt_nn.training.objectives._values import (
    absolute_error,
    gamma_deviance,
    huber_error,
    poisson_deviance,
    quantile_error,
    squared_error,
)

__all__ = [
    "SOFT_LOSSES",
    "Loss",
    "MembersLoss",
    "Objective",
    "absolute_error",
    "binary_cross_entropy",
    "cross_entropy",
    "distilled",
    "gamma_deviance",
    "huber_error",
    "of_members",
    "of_prediction",
    "offsets_of",
    "on_top",
    "poisson_deviance",
    "quantile_error",
    "squared_error",
]
