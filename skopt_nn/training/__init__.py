"""Training: numbers in, numbers out. Compiled programs, batches, epochs, losses."""

from skopt_nn.training._cache import (
    CacheInfo,
    cache_info,
    clear_cache,
    set_cache_size,
)
from skopt_nn.training._fit import Outcome, fit
from skopt_nn.training._optimizers import OPTIMIZERS
from skopt_nn.training._parameters import Training
from skopt_nn.training._predict import Predictor
from skopt_nn.training._rows import ArrayRows, Examples, Rows, RowsView

__all__ = [
    "OPTIMIZERS",
    "ArrayRows",
    "CacheInfo",
    "Examples",
    "Outcome",
    "Predictor",
    "Rows",
    "RowsView",
    "Training",
    "cache_info",
    "clear_cache",
    "fit",
    "set_cache_size",
]
