"""How long a training is, by the number of its rows: its unit is the step."""

import math

# Rows below which a batch has so many; larger data sets take the last one.
_BATCH_SIZES = {500: 16, 2_500: 32, 10_000: 64, math.inf: 128}
_LEAST_STEPS, _LEAST_EPOCHS = 2_000, 10
_MOST_STEPS = 20_000


def auto_batch_size(n_rows: int) -> int:
    """Small batches for small data sets, whose steps are many passes anyway."""
    return next(size for limit, size in _BATCH_SIZES.items() if n_rows < limit)


def auto_epochs(
    n_rows: int,
    batch_size: int | None,
    least_steps: int = _LEAST_STEPS,
    least_epochs: int = _LEAST_EPOCHS,
) -> int:
    """Enough passes for the least number of steps, and for no more than the most.

    A small data set is seen more often than a large one, but no network is trained by
    a handful of steps.
    """
    steps = math.ceil(n_rows / (batch_size or n_rows))
    epochs = max(math.ceil(least_steps / steps), least_epochs)
    return max(min(epochs, _MOST_STEPS // steps), 1)
