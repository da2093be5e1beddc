"""What is learned, one kind of objective a file; each is run by every backend."""

from skopt_nn.training.objectives._labels import binary_cross_entropy, cross_entropy
from skopt_nn.training.objectives._objective import Loss, Objective
from skopt_nn.training.objectives._soft import distilled
from skopt_nn.training.objectives._values import squared_error

__all__ = [
    "Loss",
    "Objective",
    "binary_cross_entropy",
    "cross_entropy",
    "distilled",
    "squared_error",
]
