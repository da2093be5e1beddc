"""The exponential moving average of weights over the steps of a training."""

from typing import Any

from skopt_nn._backend import keras

ops = keras.ops


def averaging_decay(decay: Any, n_steps: Any) -> Any:
    """The decay behind so many steps: first the average of few is to forget fast.

    References
    ----------
    B. T. Polyak, A. B. Juditsky. "Acceleration of Stochastic Approximation by
    Averaging". SIAM Journal on Control and Optimization 30(4), 1992, 838-855.
    doi:10.1137/0330046.
    """
    n_steps = ops.cast(n_steps, "float32")
    return ops.minimum(decay, n_steps / (n_steps + 10))


def averaged(average: Any, value: Any, decay: Any) -> Any:
    """The average with one more value; counters, which are integers, are the newest."""
    if "float" not in keras.backend.standardize_dtype(value.dtype):
        return value
    return ops.cast(average * decay + value * (1 - decay), value.dtype)
