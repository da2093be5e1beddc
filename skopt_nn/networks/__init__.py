"""Networks: shapes and hyperparameters in, an uncompiled Keras model of logits out."""

from collections.abc import Mapping

from skopt_nn.networks._cnn import CNNRecipe, ConvolutionalRecipe
from skopt_nn.networks._entrance import set_statistics
from skopt_nn.networks._models import (
    copy,
    get_values,
    hidden_features,
    n_parameters,
    set_dropout,
    set_values,
)
from skopt_nn.networks._recipe import Recipe, recipe_from
from skopt_nn.networks._shared import SharedRecipe
from skopt_nn.networks._stages import ACTIVATIONS
from skopt_nn.networks.layers import NORMALIZATIONS

# Those that a file may name.
RECIPES: Mapping[str, type[Recipe]] = {
    recipe.name: recipe for recipe in (CNNRecipe, SharedRecipe)
}

__all__ = [
    "ACTIVATIONS",
    "NORMALIZATIONS",
    "RECIPES",
    "CNNRecipe",
    "ConvolutionalRecipe",
    "Recipe",
    "SharedRecipe",
    "copy",
    "get_values",
    "hidden_features",
    "n_parameters",
    "recipe_from",
    "set_dropout",
    "set_statistics",
    "set_values",
]
