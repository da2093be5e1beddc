"""Training: numbers in, numbers out. Compiled programs, batches, epochs, losses."""

from skopt_nn.training._cache import (
    CacheInfo,
    cache_info,
    clear_cache,
    set_cache_size,
)
from skopt_nn.training._fit import Outcome, fit
from skopt_nn.training._length import auto_batch_size, auto_epochs
from skopt_nn.training._optimizers import OPTIMIZERS
from skopt_nn.training._parameters import Training, resolved
from skopt_nn.training._predict import Predictor
from skopt_nn.training._rows import ArrayRows, Examples, Rows, RowsView
from skopt_nn.training._schedules import SCHEDULES

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "ArrayRows",
    "CacheInfo",
    "Examples",
    "Outcome",
    "Predictor",
    "Rows",
    "RowsView",
    "Training",
    "auto_batch_size",
    "auto_epochs",
    "cache_info",
    "clear_cache",
    "fit",
    "resolved",
    "set_cache_size",
]
