"""How far probabilities are from frequencies, and what makes none impossible."""

import numpy as np

N_BINS = 15
# The share of the uniform distribution that is mixed in: zeros, which forests have,
# would dominate all other logarithms, and never be mended.
UNIFORM = 1e-3


def floored(probabilities, n_outcomes):
    """Probabilities of so many outcomes, none of which is impossible."""
    return (1 - UNIFORM) * probabilities + UNIFORM / n_outcomes


def reliability(right, confidence, sample_weight=None):
    """Bins of confidence: its mean, the share of rows that were right, their weight.

    Parameters
    ----------
    right : ndarray of bool of shape (n_samples,)
        Whether the prediction of a row was right.
    confidence : ndarray of shape (n_samples,)
        Its probability, in [0, 1].
    sample_weight : ndarray of shape (n_samples,), default=None

    Returns
    -------
    confidence, accuracy, weight : ndarray of shape (n_bins,)
        Of the bins of equal width that have rows, of 15; the weights sum to 1.
    """
    weight = np.ones(len(right)) if sample_weight is None else sample_weight
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    total, sure, hit = (
        np.bincount(bins, weights=weight * of, minlength=N_BINS)
        for of in (1.0, confidence, right)
    )
    kept = total > 0
    total, sure, hit = total[kept], sure[kept], hit[kept]
    return sure / total, hit / total, total / total.sum()


def expected_calibration_error(right, confidence, sample_weight=None):
    """Mean over the rows of their bin's distance of confidence and accuracy, in [0, 1].

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On Calibration of Modern Neural
    Networks". ICML 2017. arXiv:1706.04599.
    """
    sure, hit, weight = reliability(right, confidence, sample_weight)
    return float(weight @ np.abs(sure - hit))
