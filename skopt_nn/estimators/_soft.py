"""What a teacher hands over, checked before training."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_array, check_scalar


class Lesson(NamedTuple):
    """Soft targets and the weight that each row gives them.

    Attributes
    ----------
    soft_targets : ndarray of shape (n_samples, ...)
    alpha : ndarray of shape (n_samples,)
    settings : dict
        The scalars of the loss.
    """

    soft_targets: np.ndarray
    alpha: np.ndarray
    settings: dict

    def take(self, rows):
        return self._replace(
            soft_targets=self.soft_targets[rows], alpha=self.alpha[rows]
        )


def check_lesson(soft_targets, alpha, temperature=None):
    """Finite numbers, each row's alpha in [0, 1]; a lesson."""
    if temperature is not None:
        check_scalar(
            temperature, "temperature", Real, min_val=0, include_boundaries="neither"
        )
    soft_targets = check_array(
        soft_targets,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        input_name="soft_targets",
    )
    alpha = _check_alpha(alpha, len(soft_targets))
    settings = {} if temperature is None else {"temperature": temperature}
    return Lesson(soft_targets, alpha, settings)


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


def check_rows(lesson, n_rows):
    if len(lesson.soft_targets) != n_rows:
        raise ValueError(
            f"soft_targets must have a row for each of the {n_rows} samples of X, got "
            f"{len(lesson.soft_targets)} rows."
        )
