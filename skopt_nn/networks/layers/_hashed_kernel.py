"""Kernels whose weights are drawn from a vector that is shorter than they are."""

import math
from functools import partial

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import ZEROS, Role, glorot_uniform_of

# Weights of a kernel for each one that is stored, at most: a file of few values cannot
# ask for gigabytes.
MOST_COMPRESSION = 1000
# So many neighbours come from neighbours, which memory gives at once.
_TILE = 8


class HashedKernel:
    """A source of kernels: each tile of a kernel is one of those stored, or minus it.

    Which one it is, and its sign, follow from the shape alone and are not stored.

    Parameters
    ----------
    n_stored : int
        Number of weights stored, as `hashed_size` gives it.

    References
    ----------
    W. Chen, J. T. Wilson, S. Tyree, K. Q. Weinberger, Y. Chen. "Compressing Neural
    Networks with the Hashing Trick". ICML 2015, PMLR 37, 2285-2294. arXiv:1504.04788.

    A. Desai, K. Zhou, A. Shrivastava. "Hardware-Aware Compression with Random
    Operation Access Specific Tile (ROAST) Hashing". ICML 2023, PMLR 202, 7732-7749.
    arXiv:2207.10702 (tiles).
    """

    def __init__(self, n_stored):
        self.n_stored = n_stored

    def prepare(self, layer: keras.Layer, shape: tuple[int, ...]) -> None:
        """Give a layer, whose kernel is of this shape, what it is drawn from."""
        layer.hashed = layer.add_weight(
            name="hashed", shape=(self.n_stored,), initializer=ZEROS
        )
        layer.hashed.role = Role(decays=True, draw=partial(glorot_uniform_of, shape))
        tile = _tile(shape, self.n_stored)
        n_tiles, n_kept = math.prod(shape) // tile, self.n_stored // tile
        rng = np.random.default_rng([*shape, self.n_stored])
        # Each tile that is stored serves as many places as any other, or one more.
        self._places = rng.permutation(n_tiles).astype(np.int32) % n_kept
        self._signs = rng.choice(np.array([-1, 1], np.float32), (n_tiles, 1))
        self._stored_shape, self._shape = (n_kept, tile), shape

    def kernel(self, layer: keras.Layer):
        """The kernel of a layer."""
        stored = keras.ops.reshape(layer.hashed, self._stored_shape)
        tiles = keras.ops.take(stored, self._places, axis=0)
        signed = keras.ops.multiply(tiles, self._signs)
        return keras.ops.reshape(signed, self._shape)


def hashed_size(shape: tuple[int, ...], compression: float) -> int:
    """Weights that a kernel of this shape stores: whole tiles, at least one weight.

    Parameters
    ----------
    shape : tuple of int
    compression : float
        At least 1.
    """
    n_stored = max(int(math.prod(shape) / compression), 1)
    return n_stored - n_stored % _tile(shape, n_stored)


def _tile(shape, n_stored):
    return _TILE if shape[-1] % _TILE == 0 and n_stored >= _TILE**2 else 1
