"""Quantiles of weighted values, and a spread that tails do not move."""

import numpy as np

# Interquartile range of a standard normal distribution.
OF_NORMAL = 1.349


def weighted_quantiles(values, weights, shares):
    """Those of each column, so that a weight counts as so many rows."""
    return np.quantile(values, shares, axis=0, weights=weights, method="inverted_cdf")
