"""What a teacher hands over, checked before training."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from sklearn.utils import check_array, check_scalar


@dataclass(frozen=True)
class SoftTargets:
    """Outputs of a teacher and the weight that each row gives them.

    Attributes
    ----------
    values : ndarray of shape (n_samples, ...)
    alpha : ndarray of shape (n_samples,)
    temperature : float or None
        None for values, which have none.
    """

    values: np.ndarray
    alpha: np.ndarray
    temperature: float | None = None

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        return replace(self, values=self.values[rows], alpha=self.alpha[rows])


def check_soft_targets(values, alpha, temperature=None):
    """Finite numbers, each row's alpha in [0, 1]."""
    if temperature is not None:
        check_scalar(
            temperature, "temperature", Real, min_val=0, include_boundaries="neither"
        )
    values = check_array(
        values,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        input_name="soft_targets",
    )
    return SoftTargets(values, _check_alpha(alpha, len(values)), temperature)


def _check_alpha(alpha, n_rows):
    if np.ndim(alpha) == 0:
        check_scalar(alpha, "alpha", Real, min_val=0, max_val=1)
        return np.full(n_rows, alpha, dtype=np.float32)
    alpha = check_array(alpha, dtype=np.float32, ensure_2d=False, input_name="alpha")
    if alpha.shape != (n_rows,):
        raise ValueError(
            f"alpha must be one number or one for each of the {n_rows} rows of "
            f"soft_targets, got the shape {alpha.shape}."
        )
    if alpha.min() < 0 or alpha.max() > 1:
        raise ValueError(
            "alpha must be between 0 and 1 in every row, got "
            f"{alpha.min()} to {alpha.max()}."
        )
    return alpha


def check_length(soft_targets, n_rows):
    if len(soft_targets) != n_rows:
        raise ValueError(
            f"soft_targets must have a row for each of the {n_rows} samples of X, got "
            f"{len(soft_targets)} rows."
        )
