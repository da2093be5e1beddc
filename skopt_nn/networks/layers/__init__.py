"""Layers, one a file; what is to be said of their weights stands in them as roles."""

from skopt_nn.networks.layers._category_embedding import CategoryEmbedding
from skopt_nn.networks.layers._convolution import Convolution
from skopt_nn.networks.layers._dense import Dense
from skopt_nn.networks.layers._depthwise import DepthwiseConvolution
from skopt_nn.networks.layers._dropout import Dropout
from skopt_nn.networks.layers._embedding import Embedding
from skopt_nn.networks.layers._global_pooling import POOLINGS, GlobalPooling
from skopt_nn.networks.layers._hashed_kernel import (
    MOST_COMPRESSION,
    HashedKernel,
    hashed_size,
)
from skopt_nn.networks.layers._initial import KERNEL, ONES, ZEROS, Role, draw_weights
from skopt_nn.networks.layers._member_dense import MemberDense
from skopt_nn.networks.layers._member_scale import MemberScale
from skopt_nn.networks.layers._normalization import (
    NORMALIZATIONS,
    BatchNormalization,
    normalization,
)
from skopt_nn.networks.layers._periodic import PeriodicEmbedding
from skopt_nn.networks.layers._piecewise_linear import PiecewiseLinearEmbedding
from skopt_nn.networks.layers._pooling import MaxPooling
from skopt_nn.networks.layers._quantized_kernel import QuantizedKernel
from skopt_nn.networks.layers._standardize import Standardize
from skopt_nn.networks.layers._template_bank import TemplateBank

__all__ = [
    "KERNEL",
    "MOST_COMPRESSION",
    "NORMALIZATIONS",
    "ONES",
    "POOLINGS",
    "ZEROS",
    "BatchNormalization",
    "CategoryEmbedding",
    "Convolution",
    "Dense",
    "DepthwiseConvolution",
    "Dropout",
    "Embedding",
    "GlobalPooling",
    "HashedKernel",
    "MaxPooling",
    "MemberDense",
    "MemberScale",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "QuantizedKernel",
    "Role",
    "Standardize",
    "TemplateBank",
    "draw_weights",
    "hashed_size",
    "normalization",
]
