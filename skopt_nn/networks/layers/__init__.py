"""Layers, one a file; what is to be said of their weights stands in them as roles."""

from skopt_nn.networks.layers._convolution import Convolution
from skopt_nn.networks.layers._dense import Dense
from skopt_nn.networks.layers._dropout import Dropout
from skopt_nn.networks.layers._initial import KERNEL, ONES, ZEROS, Role, draw_weights
from skopt_nn.networks.layers._normalization import (
    NORMALIZATIONS,
    BatchNormalization,
    normalization,
)
from skopt_nn.networks.layers._pooling import MaxPooling
from skopt_nn.networks.layers._standardize import Standardize

__all__ = [
    "KERNEL",
    "NORMALIZATIONS",
    "ONES",
    "ZEROS",
    "BatchNormalization",
    "Convolution",
    "Dense",
    "Dropout",
    "MaxPooling",
    "Role",
    "Standardize",
    "draw_weights",
    "normalization",
]
