"""The learning rate over a training, as a function of the fraction that is done."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Schedule = Callable[[np.ndarray], np.ndarray]
_RISE = 0.25


def constant(done: np.ndarray) -> np.ndarray:
    """One all the time."""
    return np.ones_like(done)


def one_cycle(done: np.ndarray) -> np.ndarray:
    """Linearly up in the first quarter, then linearly down to zero.

    References
    ----------
    L. N. Smith, N. Topin. "Super-Convergence: Very Fast Training of Neural Networks
    Using Large Learning Rates". 2018. arXiv:1708.07120.
    """
    return np.interp(done, [0, _RISE, 1], [0, 1, 0])


def cosine(done: np.ndarray) -> np.ndarray:
    """Half a period of the cosine, from one to zero.

    References
    ----------
    I. Loshchilov, F. Hutter. "SGDR: Stochastic Gradient Descent with Warm Restarts".
    ICLR 2017. arXiv:1608.03983.
    """
    return (1 + np.cos(np.pi * done)) / 2


SCHEDULES: Mapping[str, Schedule] = {
    schedule.__name__: schedule for schedule in (constant, one_cycle, cosine)
}


def factors(schedule: str | Callable[[Any], Any], done: np.ndarray) -> np.ndarray:
    """Factor of the learning rate at each fraction of a training that is done.

    Raises
    ------
    ValueError
        If a function of the user's gives anything but one finite number, of at least
        zero, for each fraction.
    """
    if isinstance(schedule, str):
        return SCHEDULES[schedule](done)
    values = np.asarray([schedule(float(fraction)) for fraction in done], dtype=float)
    if values.shape != done.shape or not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(
            "learning_rate_schedule must give a finite number of at least 0 for each "
            f"fraction of the training done in [0, 1], got {values} for {done}."
        )
    return values
