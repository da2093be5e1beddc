"""Networks: shapes and hyperparameters in, an uncompiled Keras model of logits out."""

from collections.abc import Mapping

from skopt_nn.networks._cnn import (
    BLOCKS,
    HEADS,
    MOST_TOKENS,
    CNNRecipe,
    ConvolutionalRecipe,
)
from skopt_nn.networks._entrance import get_statistics, set_statistics
from skopt_nn.networks._folding import folded
from skopt_nn.networks._models import (
    copy,
    get_values,
    hidden_features,
    n_parameters,
    set_dropout,
    set_values,
    zero_logits,
)
from skopt_nn.networks._packing import n_stored, packed, unpacked
from skopt_nn.networks._recipe import Recipe, recipe_from
from skopt_nn.networks._shared import SHARED_BLOCKS, SharedRecipe
from skopt_nn.networks._stages import ACTIVATIONS
from skopt_nn.networks._summary import Summary, summary
from skopt_nn.networks._tabular import (
    ADAPTERS,
    EMBEDDINGS,
    TabularRecipe,
    set_bins,
    with_members,
)
from skopt_nn.networks.layers import MOST_COMPRESSION, NORMALIZATIONS

# Those that a file may name.
RECIPES: Mapping[str, type[Recipe]] = {
    recipe.name: recipe for recipe in (CNNRecipe, SharedRecipe, TabularRecipe)
}

__all__ = [
    "ACTIVATIONS",
    "ADAPTERS",
    "BLOCKS",
    "EMBEDDINGS",
    "HEADS",
    "MOST_COMPRESSION",
    "MOST_TOKENS",
    "NORMALIZATIONS",
    "RECIPES",
    "SHARED_BLOCKS",
    "CNNRecipe",
    "ConvolutionalRecipe",
    "Recipe",
    "SharedRecipe",
    "Summary",
    "TabularRecipe",
    "copy",
    "folded",
    "get_statistics",
    "get_values",
    "hidden_features",
    "n_parameters",
    "n_stored",
    "packed",
    "recipe_from",
    "set_bins",
    "set_dropout",
    "set_statistics",
    "set_values",
    "summary",
    "unpacked",
    "with_members",
    "zero_logits",
]
