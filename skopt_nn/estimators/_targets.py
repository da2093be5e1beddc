"""How y of a regression is scaled for each loss, and what comes of an output."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import StandardScaler

from skopt_nn.estimators._quantiles import OF_NORMAL, weighted_quantiles
from skopt_nn.training import objectives


def mean_and_deviation(y, weights):
    scaler = StandardScaler().fit(y, sample_weight=weights)
    return scaler.mean_, scaler.scale_


def median_and_spread(y, weights):
    """Of what is not in the tails; half of the values may be one number."""
    low, median, high = weighted_quantiles(y, weights, [0.25, 0.5, 0.75])
    _, deviation = mean_and_deviation(y, weights)
    spread = (high - low) / OF_NORMAL
    return median, np.where(spread > 0, spread, deviation)


def zero_and_mean(y, weights):
    mean = np.average(y, axis=0, weights=weights)
    return np.zeros_like(mean), np.where(mean > 0, mean, 1.0)


@dataclass(frozen=True)
class Target:
    """What a loss makes of y.

    Attributes
    ----------
    loss : function
    statistics : function
        Centre and scale of each column of y.
    least : float or None
        Lower bound of y.
    least_is_allowed : bool
    """

    loss: Callable
    statistics: Callable = mean_and_deviation
    least: float | None = None
    least_is_allowed: bool = True

    @property
    def has_exponential(self):
        """Whether predictions are exponentials of the network's outputs."""
        return self.least is not None

    def check(self, name, y, *, is_whole):
        """Refuse values out of range; a part of them may be zeros alone."""
        if self.least is None:
            return
        smallest, some = y.min(), y.max() > 0 or not is_whole
        if smallest > 0 or (self.least_is_allowed and smallest == 0 and some):
            return
        rule = "at least 0, and some above it" if self.least_is_allowed else "above 0"
        raise ValueError(
            f"loss={name!r} needs values of y that are {rule}, got {smallest} to "
            f'{y.max()}. Choose another loss, such as "squared_error".'
        )


LOSSES: Mapping[str, Target] = {
    "squared_error": Target(objectives.squared_error),
    "absolute_error": Target(objectives.absolute_error, median_and_spread),
    "quantile": Target(objectives.quantile_error, median_and_spread),
    "huber": Target(objectives.huber_error, median_and_spread),
    "poisson": Target(objectives.poisson_deviance, zero_and_mean, 0),
    "gamma": Target(objectives.gamma_deviance, zero_and_mean, 0, False),
}
