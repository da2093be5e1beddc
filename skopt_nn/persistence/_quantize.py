"""Weights of networks in fewer bits."""

from collections.abc import Mapping
from typing import Any

import numpy as np

DTYPES = ("float16", "int8")
_MOST_INT8 = 127


def quantized(array: np.ndarray, dtype: str) -> dict[str, np.ndarray]:
    """A kernel as whole numbers and the scale of each output, or in half precision.

    A vector that kernels are drawn from has one scale.

    Raises
    ------
    ValueError
        If it holds numbers that the dtype cannot.
    """
    largest = np.abs(array).max()
    most = np.finfo(np.float16).max if dtype == "float16" else np.finfo(np.float32).max
    if not largest <= most:
        raise ValueError(
            f"dtype={dtype!r} holds numbers of up to {most:g}, and a kernel has "
            f"{largest:g}. Save it without dtype."
        )
    if dtype == "float16":
        return {"half": array.astype(np.float16)}
    n_scales = _n_scales(array.shape)
    scale = np.abs(array).reshape(-1, n_scales).max(axis=0) / _MOST_INT8
    whole = np.rint(array / np.where(scale > 0, scale, 1)).astype(np.int8)
    return {"whole": whole, "scale": scale.astype(np.float32)}


def is_kernel(value: Any, role: Any) -> bool:
    """Whether a trained value of a network, of this role, is worth fewer bits.

    Vectors are so where weight decay is meant for them: kernels are drawn from them.
    """
    if not isinstance(value, np.ndarray) or value.dtype != np.float32:
        return False
    is_hashed = value.ndim == 1 and role is not None and role.decays
    return value.size > 0 and (value.ndim > 1 or is_hashed)


def restored(parts: Mapping[str, Any]) -> np.ndarray:
    """The kernel in float32 again: exactly the numbers that the parts stand for."""
    if "half" in parts:
        return np.asarray(parts["half"], dtype=np.float16).astype(np.float32)
    whole, scale = parts["whole"], parts["scale"]
    fits = whole.ndim > 0 and scale.shape == (_n_scales(whole.shape),)
    if whole.dtype != np.int8 or not fits:
        raise ValueError(
            f"whole numbers of {whole.dtype} and shape {whole.shape} have scales of "
            f"shape {scale.shape}"
        )
    return whole * scale.astype(np.float32)


def _n_scales(shape):
    return shape[-1] if len(shape) > 1 else 1
