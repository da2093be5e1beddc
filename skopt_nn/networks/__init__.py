"""Networks: shapes and hyperparameters in, an uncompiled Keras model of logits out."""

from skopt_nn.networks._blocks import ACTIVATIONS, NORMALIZATIONS, set_statistics
from skopt_nn.networks._cnn import build_cnn
from skopt_nn.networks._shared import (
    build_shared,
    copy_weights,
    merged_groups,
    most_similar,
    shared_layers,
    slots,
    tied_groups,
)

__all__ = [
    "ACTIVATIONS",
    "NORMALIZATIONS",
    "build_cnn",
    "build_shared",
    "copy_weights",
    "merged_groups",
    "most_similar",
    "set_statistics",
    "shared_layers",
    "slots",
    "tied_groups",
]
