"""Arrays of few values, as their codebook and the bits of an index each."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_BITS_OF_A_PARAMETER = 32


def packed(values: Sequence[np.ndarray], n_values: int) -> list[Any]:
    """The arrays; kernels of so many values or fewer as dicts that `unpacked` reads."""
    return [_packed(array, n_values) for array in values]


def unpacked(values: Sequence[Any]) -> list[np.ndarray]:
    """The arrays again; ValueError for what was never packed."""
    return [_unpacked(of) if isinstance(of, Mapping) else of for of in values]


def n_stored(n_weights: int, n_values: int) -> int:
    """Parameters of 32 bits that a packed array takes: its codebook and its indices."""
    return n_values + math.ceil(n_weights * n_bits(n_values) / _BITS_OF_A_PARAMETER)


def n_bits(n_values: int) -> int:
    """Bits of an index."""
    return max((n_values - 1).bit_length(), 1)


def _packed(array, n_values):
    if array.ndim < 2:
        return array
    codebook, indices = np.unique(array, return_inverse=True)
    if len(codebook) > n_values:
        return array
    places = np.arange(n_bits(len(codebook)))
    bits = (indices.reshape(-1, 1) >> places) & 1
    return {
        "codebook": codebook,
        "indices": np.packbits(bits.astype(np.uint8)),
        "shape": array.shape,
    }


def _unpacked(part):
    codebook, indices, shape = part["codebook"], part["indices"], tuple(part["shape"])
    n_weights, width = math.prod(shape), n_bits(len(codebook))
    if min(shape, default=0) < 1 or len(indices) != math.ceil(n_weights * width / 8):
        raise ValueError(
            f"a packed array of the shape {shape} and {len(codebook)} values has "
            f"{len(indices)} bytes of indices"
        )
    bits = np.unpackbits(indices, count=n_weights * width).reshape(-1, width)
    found = bits @ (1 << np.arange(width))
    if found.max() >= len(codebook):
        raise ValueError("an index of a packed array is beyond its codebook")
    return codebook[found].reshape(shape)
