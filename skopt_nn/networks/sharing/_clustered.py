"""The weights of each kernel take a few values, which are stored once."""

import math
from dataclasses import dataclass, replace

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks.layers import QuantizedKernel
from skopt_nn.networks.sharing._sharing import Sharing

_MOST_ROUNDS = 100
# So few values are too far apart for weights to move between them by projection alone.
_FEW = 4


@dataclass(frozen=True)
class Clustered(Sharing):
    """A codebook for each kernel, whose values its weights take.

    Weights are projected on the means of k-means between epochs. Where there are few
    clusters they are not: kernels take their values in each step, which trains these.

    Parameters
    ----------
    n_clusters : int
        Values of a codebook.

    References
    ----------
    S. Han, H. Mao, W. J. Dally. "Deep Compression: Compressing Deep Neural Networks
    with Pruning, Trained Quantization and Huffman Coding". ICLR 2016.
    arXiv:1510.00149.
    """

    n_clusters: int

    between_epochs = True

    @property
    def n_values(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return int(self.n_clusters)

    def check(self, recipe):
        kernels = recipe.stored_kernels()
        name = min(kernels, key=lambda name: math.prod(kernels[name]))
        least = math.prod(kernels[name])
        if least <= self.n_clusters:
            raise ValueError(
                f"n_clusters={self.n_clusters} must be less than the number of weights "
                f"of each kernel, and that of {name!r} has {least}. Use fewer clusters "
                "or a wider layer."
            )

    def applied_to(self, recipe):
        n_values = self.n_values if self.n_values <= _FEW else 0
        return replace(super().applied_to(recipe), n_values=n_values)

    def project(self, model, part):
        for layer in model.layers:
            if hasattr(layer, "codebook"):
                if part == 1:
                    QuantizedKernel.settle(layer)
                continue
            kernel = getattr(layer, "kernel", None)
            if kernel is not None:
                values = keras.ops.convert_to_numpy(kernel.value)
                shared = projected(values, self.n_clusters)
                if part < 1:
                    shared = np.float32(1 - part) * values + np.float32(part) * shared
                kernel.assign(on_device(shared))


def projected(values: np.ndarray, n_clusters: int) -> np.ndarray:
    """Each value replaced by the nearest of a codebook of them."""
    means = codebook(values, n_clusters)
    nearest = np.searchsorted((means[1:] + means[:-1]) / 2, values)
    return means[nearest]


def codebook(values: np.ndarray, n_clusters: int) -> np.ndarray:
    """The means of k-means in one dimension, sorted, from evenly spaced ones.

    On sorted values a cluster is an interval, whose sum two cumulated sums tell.
    """
    ordered = np.sort(values, axis=None)
    sums = np.concatenate([[0.0], np.cumsum(ordered, dtype=np.float64)])
    means = np.linspace(ordered[0], ordered[-1], n_clusters, dtype=np.float64)
    for _ in range(_MOST_ROUNDS):
        inner = np.searchsorted(ordered, (means[1:] + means[:-1]) / 2)
        cuts = np.concatenate([[0], inner, [len(ordered)]])
        sizes, totals = np.diff(cuts), np.diff(sums[cuts])
        moved = np.where(sizes > 0, totals / np.maximum(sizes, 1), means)
        if np.array_equal(moved, means):
            break
        means = moved
    return means.astype(values.dtype)
