"""What a teacher hands over, checked before training."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real

import numpy as np
from sklearn.utils import check_array, check_scalar

from skopt_nn._probabilities import floored
from skopt_nn.training.objectives import SOFT_LOSSES, distilled


@dataclass(frozen=True)
class SoftTargets:
    """Outputs of a teacher and the weight that each row gives them.

    Attributes
    ----------
    values : ndarray of shape (n_samples, ...)
    alpha : ndarray of shape (n_samples,)
    method : str
        One of `SOFT_LOSSES`.
    settings : mapping of str to float
        ``temperature`` and ``beta`` of classes; empty for values.
    """

    values: np.ndarray
    alpha: np.ndarray
    method: str = "soft"
    settings: Mapping[str, float] = field(default_factory=dict)
    name = "soft_targets"

    def __len__(self):
        return len(self.values)

    def of_none(self, n_rows):
        """Of so many rows that nothing is said about."""
        values = np.ones((n_rows, *self.values.shape[1:]), dtype=self.values.dtype)
        alpha = np.zeros(n_rows, dtype=np.float32)
        return replace(self, values=values, alpha=alpha)

    def take(self, rows):
        return replace(self, values=self.values[rows], alpha=self.alpha[rows])

    def teach(self, objective, network):
        """The objective with these beside what it knows, in its units."""
        values = network._encode_soft(self)
        return distilled(objective, values, self.alpha, self.method, self.settings)


def check_soft_targets(values, alpha, method="soft", **settings):
    """Finite numbers, each row's alpha in [0, 1], settings above 0."""
    if method not in SOFT_LOSSES:
        raise ValueError(f"method must be one of {list(SOFT_LOSSES)}, got {method!r}.")
    for name, value in settings.items():
        check_scalar(value, name, Real, min_val=0, include_boundaries="neither")
    values = check_array(
        values,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        input_name="soft_targets",
    )
    return SoftTargets(values, _check_alpha(alpha, len(values)), method, settings)


def check_method(method, n_classes, multilabel):
    """Refuse a comparison of the other classes where there are no others."""
    if method == "decoupled" and (multilabel or n_classes < 3):
        raise ValueError(
            "method='decoupled' tells the classes beside the label's apart and needs 3 "
            f"classes or more, of one label a row; got {n_classes}"
            f"{' labels' if multilabel else ''}. Use method='soft'."
        )


def as_probabilities(taught, n_classes, multilabel):
    """What a teacher says of classes, none of which is impossible, in float32."""
    check_method(taught.method, n_classes, multilabel)
    soft_targets, expected = taught.values, (len(taught), n_classes)
    if soft_targets.shape != expected:
        raise ValueError(
            f"soft_targets must be probabilities of shape {expected}, a column for "
            f"each of the classes of y, got shape {soft_targets.shape}."
        )
    if soft_targets.min() < 0:
        raise ValueError(
            "soft_targets must be probabilities, got negative values (the least is "
            f"{soft_targets.min()}). Those of a teacher are its predict_proba(X)."
        )
    if multilabel and soft_targets.max() > 1:
        raise ValueError(
            "soft_targets of labels must be probabilities, got values above 1 (the "
            f"largest is {soft_targets.max()})."
        )
    n_outcomes = 2 if multilabel else n_classes
    return floored(soft_targets, n_outcomes).astype(np.float32)


def as_values(taught, n_outputs):
    """What a teacher says of values, a column for each output."""
    soft_targets = taught.values.reshape(len(taught), -1)
    if soft_targets.shape[1] != n_outputs:
        raise ValueError(
            f"soft_targets must have the shape of y, {(len(taught), n_outputs)}, "
            f"got {soft_targets.shape}."
        )
    return soft_targets


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


def check_length(taught, n_rows):
    if len(taught) != n_rows:
        raise ValueError(
            f"{taught.name} must have a row for each of the {n_rows} samples of X, got "
            f"{len(taught)} rows."
        )
