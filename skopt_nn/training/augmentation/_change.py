"""What a kind of augmentation says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Change:
    """A kind of change, of a strength.

    Attributes
    ----------
    strength : float
    default : float
        Strength of a change that is only named.
    most : float
        Largest strength allowed; the least is 0, which changes nothing.
    ranks : tuple of int
        Numbers of spatial axes that it is for.
    of_ids : bool
        Whether it is for token ids, and not for numbers.
    is_whole : bool
        Whether its strength is a whole number.
    """

    strength: float

    default = 1.0
    most = float("inf")
    ranks = (1, 2, 3)
    of_ids = False
    is_whole = False

    def __call__(
        self, x: np.ndarray, rng: np.random.Generator, fill: np.ndarray, scale: Any
    ) -> np.ndarray:
        """Samples of the shape ``(n_rows, *spatial, channels)``, changed.

        Parameters
        ----------
        x : ndarray
            It may be written to.
        rng : numpy.random.Generator
        fill, scale : ndarray
            Mean and standard deviation of the training rows, for one sample or one for
            each channel.
        """
        raise NotImplementedError


def inside_windows(
    x: np.ndarray, spans: Mapping[int, tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Which values lie in the window of their row: from start to stop on each axis."""
    inside = np.ones([1] * x.ndim, bool)
    for axis, (start, stop) in spans.items():
        place = np.arange(x.shape[axis])
        window = (place >= start[:, None]) & (place < stop[:, None])
        shape = [len(x), *[1] * (x.ndim - 1)]
        shape[axis] = len(place)
        inside = inside & window.reshape(shape)
    return inside
