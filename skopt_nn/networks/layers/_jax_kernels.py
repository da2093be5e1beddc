"""Convolution, max pooling and random numbers for JAX that are fast on a CPU.

Samples are channels-last, of shape ``(rows, *spatial, channels)``, with any number of
spatial axes.
"""

import itertools
import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

MOST_COLUMNS_OF_PATCHES = 64
MOST_POSITIONS_COMPARED = 16


def library_rows(kernel_shape):
    """Number of rows from which XLA's library convolves faster than this module.

    It fuses a convolution of images with the pooling behind it, and is faster by a
    quarter if no gradient is asked for (jaxlib 0.10, two Zen 4 cores); not so for other
    ranks, larger kernels or fewer rows. None where it never is.
    """
    return 64 if len(kernel_shape) == 4 and kernel_shape[0] <= 3 else None


def convolution(inputs, kernel):
    """Cross-correlation with stride 1 and zero padding that keeps the size.

    With few values under the kernel, patches and one matrix product are three to four
    times faster than XLA's convolution, which blocks over channels; for a single row
    they are faster by a fifth.
    """
    if len(inputs) == 1 or math.prod(kernel.shape[:-1]) <= MOST_COLUMNS_OF_PATCHES:
        return _patch_convolution(inputs, kernel, 1)[..., 0, :]
    return _eigen_convolution(inputs, kernel)


@jax.custom_vjp
def _eigen_convolution(inputs, kernel):
    return _correlation(inputs, kernel, _same_padding(kernel))


def _eigen_convolution_forward(inputs, kernel):
    return _eigen_convolution(inputs, kernel), (inputs, kernel)


def _eigen_convolution_backward(residuals, gradient):
    # As convolutions in the one layout that Eigen takes. JAX leaves them in others,
    # which XLA brings into this one only outside of loops: inside, they would be
    # scalar loops.
    inputs, kernel = residuals
    padding = _same_padding(kernel)
    turned = jnp.flip(kernel, range(kernel.ndim - 2)).swapaxes(-1, -2)
    of_inputs = _correlation(gradient, turned, [pair[::-1] for pair in padding])
    channels_first = jnp.moveaxis(inputs, (-1, 0), (0, -1))
    of_kernel = _correlation(channels_first, jnp.moveaxis(gradient, 0, -2), padding)
    return of_inputs, jnp.moveaxis(of_kernel, 0, -2)


_eigen_convolution.defvjp(_eigen_convolution_forward, _eigen_convolution_backward)


def _same_padding(kernel):
    return [((side - 1) // 2, side // 2) for side in kernel.shape[:-2]]


def _correlation(inputs, kernel, padding):
    spatial = "DHW"[5 - kernel.ndim :]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    strides = (1,) * len(padding)
    return lax.conv_general_dilated(
        inputs, kernel, strides, padding, dimension_numbers=layout
    )


def pooled_convolution(inputs, kernel, size):
    """Maximum of the convolution over windows that do not overlap.

    With few channels, one patch covers all that a window sees, and its product with
    copies of the kernel, one for each position, holds the window side by side.
    """
    columns = math.prod(side + size - 1 for side in kernel.shape[:-2])
    if columns * kernel.shape[-2] <= MOST_COLUMNS_OF_PATCHES:
        return _largest(_patch_convolution(inputs, kernel, size))
    return max_pool(convolution(inputs, kernel), size)


def _patch_convolution(inputs, kernel, size):
    """Outputs of shape ``(rows, *windows, positions in a window, filters)``."""
    copies = _copies(kernel, size)
    patches = _patches(inputs, kernel.shape[0], size)
    matrix = copies.reshape(patches.shape[-1], -1)
    outputs = patches.reshape(-1, patches.shape[-1]) @ matrix
    return outputs.reshape(*patches.shape[:-1], *copies.shape[-2:])


def _copies(kernel, size):
    """The kernel at each position of a window, on a new axis before the filters."""
    zero = jnp.zeros((), kernel.dtype)
    offsets = itertools.product(range(size), repeat=kernel.ndim - 2)
    channels = [(0, 0, 0), (0, 0, 0)]
    copies = [
        lax.pad(kernel, zero, [(k, size - 1 - k, 0) for k in offset] + channels)
        for offset in offsets
    ]
    return jnp.stack(copies, axis=-2)


def _patches(inputs, side, size):
    """What the kernel sees from each window, in the order of the kernel.

    One axis after the other: each slice is a kernel of its own to XLA, which takes more
    time to compile than to run, and the sides of a patch are fewer than its positions.
    """
    low = (side - 1) // 2
    zero = jnp.zeros((), inputs.dtype)
    for axis in reversed(range(1, inputs.ndim - 1)):
        length = inputs.shape[axis]
        count = length // size
        padding = [(0, 0, 0)] * inputs.ndim
        padding[axis] = (low, count * size + side - 1 - low - length, 0)
        padded = lax.pad(inputs, zero, padding)
        pieces = [
            lax.slice_in_dim(padded, k, k + (count - 1) * size + 1, size, axis)
            for k in range(side + size - 1)
        ]
        inputs = jnp.concatenate(pieces, axis=-1)
    return inputs


@jax.custom_vjp
def _largest(windows):
    """Maximum over the last axis but one."""
    return windows.max(-2)


def _largest_forward(windows):
    outputs = _largest(windows)
    return outputs, (windows, outputs)


def _largest_backward(residuals, gradient):
    windows, outputs = residuals
    seen, before = jnp.zeros(outputs.shape, bool), []
    for k in range(windows.shape[-2]):
        before.append(seen)
        seen = seen | (windows[..., k, :] == outputs)
    first = (windows == outputs[..., None, :]) & ~jnp.stack(before, axis=-2)
    return (jnp.where(first, gradient[..., None, :], 0),)


_largest.defvjp(_largest_forward, _largest_backward)


@jax.custom_vjp
def add_bias(inputs, bias):
    return inputs + bias


def _add_bias_forward(inputs, bias):
    return inputs + bias, None


def _add_bias_backward(_, gradient):
    # XLA sums over rows on one thread; a product with ones is a matrix product.
    rows = gradient.reshape(-1, gradient.shape[-1])
    return gradient, jnp.ones((1, len(rows)), rows.dtype).dot(rows)[0]


add_bias.defvjp(_add_bias_forward, _add_bias_backward)


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def normalized(inputs, weights, shift, epsilon):
    """Rows less their weighted mean, over their deviation, shifted; for each channel.

    Returns mean and variance, too; no gradient flows through these. Sums over rows are
    matrix products: XLA takes one thread for a reduction. Training steps of such a
    layer take half the time of a reduction's.
    """
    return _normalized_forward(inputs, weights, shift, epsilon)[0]


def _normalized_forward(inputs, weights, shift, epsilon):
    rows = inputs.reshape(-1, inputs.shape[-1])
    share = jnp.repeat(weights, len(rows) // len(weights))[None]
    share = share / share.sum()
    mean = share.dot(rows)[0]
    centred = rows - mean
    variance = share.dot(centred * centred)[0]
    scale = lax.rsqrt(variance + epsilon)
    standard = centred * scale
    outputs = (standard + shift).reshape(inputs.shape)
    return (outputs, mean, variance), (standard, scale, share, weights)


def _normalized_backward(epsilon, residuals, gradients):
    standard, scale, share, weights = residuals
    gradient = gradients[0]
    rows = gradient.reshape(standard.shape)
    ones = jnp.ones((1, len(rows)), rows.dtype)
    of_shift, along = ones.dot(rows)[0], ones.dot(rows * standard)[0]
    of_rows = scale * (rows - share.T * (of_shift + standard * along))
    return of_rows.reshape(gradient.shape), jnp.zeros_like(weights), of_shift


normalized.defvjp(_normalized_forward, _normalized_backward)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def max_pool(inputs, size):
    """Maximum of windows that do not overlap; what is left over is dropped."""
    return _windows(inputs, size).max(_window_axes(inputs))


def _max_pool_forward(inputs, size):
    # A reduction is where XLA's fusion ends: written with jnp.maximum, the maximum
    # would be computed again by each of its users.
    outputs = max_pool(inputs, size)
    return outputs, (inputs, outputs)


def _max_pool_backward(size, residuals, gradient):
    inputs, outputs = residuals
    windows, axes = _windows(inputs, size), _window_axes(inputs)
    largest = windows == jnp.expand_dims(outputs, axes)
    first = largest & ~_seen_before(largest, axes, size)
    spread = jnp.where(first, jnp.expand_dims(gradient, axes), 0)
    return (_restored(spread, inputs, size),)


max_pool.defvjp(_max_pool_forward, _max_pool_backward)


def _windows(inputs, size):
    """Split each spatial axis in two: the window and the position inside it."""
    rows, *spatial, channels = inputs.shape
    kept = [length // size * size for length in spatial]
    cropped = lax.slice(inputs, (0,) * inputs.ndim, (rows, *kept, channels))
    split = itertools.chain.from_iterable((length // size, size) for length in spatial)
    return cropped.reshape(rows, *split, channels)


def _window_axes(inputs):
    return tuple(range(2, 2 * (inputs.ndim - 2) + 1, 2))


def _seen_before(largest, axes, size):
    """Whether an earlier position of the window holds the maximum, too."""
    shape = [size if axis in axes else 1 for axis in range(largest.ndim)]
    order = jnp.arange(size ** len(axes)).reshape(shape)
    if order.size > MOST_POSITIONS_COMPARED:
        first = jnp.where(largest, order, order.size).min(axes, keepdims=True)
        return order > first
    seen = False
    for k, position in enumerate(itertools.product(range(size), repeat=len(axes))):
        here = largest
        for axis, index in zip(axes, position):
            here = lax.slice_in_dim(here, index, index + 1, axis=axis)
        seen = seen | (here & (order > k))
    return seen


def _restored(windows, inputs, size):
    rows, *spatial, channels = inputs.shape
    kept = [length // size * size for length in spatial]
    merged = windows.reshape(rows, *kept, channels)
    left = [(0, whole - part) for whole, part in zip(spatial, kept)]
    return jnp.pad(merged, [(0, 0), *left, (0, 0)])


_ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
_PARITY = 0x1BD11BDA


def uniform(key, shape):
    """Random float32 in [0, 1), from a key of two uint32.

    To the bit those of ``jax.random.uniform`` from partitionable Threefry, its default.
    JAX leaves the twenty rounds in a loop on a CPU; unrolled, they compile faster and
    draw 4096 numbers in 5 microseconds instead of 33 (AMD EPYC, two cores).

    References
    ----------
    J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw. "Parallel Random Numbers: As
    Easy as 1, 2, 3". SC 2011. doi:10.1145/2063384.2063405.
    """
    keys = key[0], key[1], key[0] ^ key[1] ^ np.uint32(_PARITY)
    count = lax.iota(np.uint32, math.prod(shape)).reshape(shape)
    first, second = jnp.zeros_like(count) + keys[0], count + keys[1]
    for i in range(1, 6):
        for rotation in _ROTATIONS[(i - 1) % 2]:
            first = first + second
            second = (second << rotation) | (second >> 32 - rotation)
            second = second ^ first
        first = first + keys[i % 3]
        second = second + keys[(i + 1) % 3] + np.uint32(i)
    # 23 random bits behind the exponent of 1.0 are a float in [1, 2).
    mantissa = (first ^ second) >> 9
    return lax.bitcast_convert_type(mantissa | 0x3F800000, np.float32) - 1
