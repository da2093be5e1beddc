"""Training: numbers in, numbers out. Compiled programs, batches, epochs, losses."""

from skopt_nn.training._batches import Rows
from skopt_nn.training._cache import (
    CacheInfo,
    cache_info,
    clear_cache,
    set_cache_size,
)
from skopt_nn.training._callbacks import check_callbacks, copies
from skopt_nn.training._fit import Outcome, fit
from skopt_nn.training._losses import LOSSES
from skopt_nn.training._optimizers import OPTIMIZERS
from skopt_nn.training._predict import Predictor

__all__ = [
    "LOSSES",
    "OPTIMIZERS",
    "CacheInfo",
    "Outcome",
    "Predictor",
    "Rows",
    "cache_info",
    "check_callbacks",
    "clear_cache",
    "copies",
    "fit",
    "set_cache_size",
]
