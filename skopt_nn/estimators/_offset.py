"""Logits that a network starts from, checked before training."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_array

from skopt_nn.training.objectives import offsets_of, on_top


@dataclass(frozen=True)
class Offsets:
    """Logits of a model before, of shape (n_rows, n_classes)."""

    values: np.ndarray
    name = "scores"

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        return Offsets(self.values[rows])

    def teach(self, objective, network):
        """The objective of logits that come on top of these."""
        expected = len(self), network._n_outputs
        if self.values.shape != expected:
            raise ValueError(
                f"scores must be logits of shape {expected}, one a row and class of y, "
                f"got shape {self.values.shape}."
            )
        return on_top(objective, self.values)


def check_offsets(scores, estimator):
    """Finite numbers, and no setting that would look at logits without them."""
    if estimator.scoring != "loss":
        raise ValueError(
            "fit_offset needs scoring='loss': a scorer would not know of scores; got "
            f"{estimator.scoring!r}."
        )
    values = check_array(
        scores, dtype=np.float32, ensure_min_samples=0, input_name="scores"
    )
    return Offsets(values)


def on_offsets(logits, objective):
    """Logits with what they come on top of, if it is known to the objective."""
    offsets = offsets_of(objective)
    if offsets is None:
        return logits
    return logits + offsets.reshape(len(logits), *[1] * (logits.ndim - 2), -1)
