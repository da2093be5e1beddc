"""What a teacher hands over, checked before training."""

from numbers import Real

import numpy as np
from sklearn.utils import check_array, check_scalar


def check_soft_settings(alpha, temperature=1.0):
    check_scalar(alpha, "alpha", Real, min_val=0, max_val=1)
    check_scalar(
        temperature, "temperature", Real, min_val=0, include_boundaries="neither"
    )


def check_soft_targets(soft_targets, n_rows):
    """Finite numbers, a row for each sample."""
    soft_targets = check_array(
        soft_targets,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        input_name="soft_targets",
    )
    if len(soft_targets) != n_rows:
        raise ValueError(
            f"soft_targets must have a row for each of the {n_rows} samples of X, got "
            f"{len(soft_targets)} rows."
        )
    return soft_targets
