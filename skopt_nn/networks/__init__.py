"""Networks: shapes and hyperparameters in, an uncompiled Keras model of logits out."""

from skopt_nn.networks._blocks import (
    ACTIVATIONS,
    NORMALIZATIONS,
    pooled_shape,
    set_statistics,
)
from skopt_nn.networks._build import (
    build,
    copy,
    get_values,
    hidden_features,
    n_parameters,
    n_unshared_parameters,
    set_values,
    slots,
)
from skopt_nn.networks._shared import (
    copy_weights,
    merged_groups,
    most_similar,
    shared_layers,
    tied_groups,
)

__all__ = [
    "ACTIVATIONS",
    "NORMALIZATIONS",
    "build",
    "copy",
    "copy_weights",
    "get_values",
    "hidden_features",
    "merged_groups",
    "most_similar",
    "n_parameters",
    "n_unshared_parameters",
    "pooled_shape",
    "set_statistics",
    "set_values",
    "shared_layers",
    "slots",
    "tied_groups",
]
