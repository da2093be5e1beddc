"""What makes XLA's programs fast on CPU; on an accelerator nothing of it applies."""

from collections.abc import Callable, Iterator
from functools import cache

import jax

from skopt_nn.training._rows import Batch

# XLA hands convolutions to a library that is slower at them than Eigen (100 against
# 170 GFLOP/s, jaxlib 0.10 on two Zen 4 cores); this leaves it the matrix products.
_OPTIONS = {
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
}
# Without them XLA compiles in half the time; training steps become slower by 5 %, but
# programs without gradients do not.
_NO_EMITTERS = {"xla_cpu_use_fusion_emitters": False}
# Beyond this many bytes of activations glibc maps and unmaps them in every step, and
# page faults cost a third of the time.
_CHUNK_BYTES = 2**23
_MOST_CHUNKS = 8
# Keras' convolutions without a gradient are faster by the library from here on.
STOCK_LIBRARY_ROWS = 64


def compiled(function: Callable, **settings) -> Callable:
    """``jax.jit`` of training steps."""
    return jax.jit(function, compiler_options=_known(**_OPTIONS), **settings)


class Inference:
    """A function of a batch and no gradient, compiled as suits the number of rows.

    Parameters
    ----------
    function : callable
    library_rows : float
        From so many rows on convolutions are left to XLA's library, which fuses them
        with the pooling behind them: without that fusion the seed CNN predicts 18 %
        slower (jaxlib 0.12).
    """

    def __init__(self, function: Callable, library_rows: float):
        self._library_rows = library_rows
        few, many = _known(**_OPTIONS, **_NO_EMITTERS), _known(**_NO_EMITTERS)
        self._few = jax.jit(function, compiler_options=few)
        self._many = jax.jit(function, compiler_options=many)

    def __call__(self, n_rows: int, *arguments):
        program = self._few if n_rows < self._library_rows else self._many
        return program(*arguments)


def _known(**options):
    """Those of the options that this version of XLA knows, on a CPU."""
    return {k: v for k, v in options.items() if _is_known(k, v)} or None


@cache
def _is_known(name, value):
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(_nothing, compiler_options={name: value}).lower(0.0).compile()
    except Exception:  # XLA raises its own kinds of error for an unknown option
        return False
    return True


def _nothing(x):
    return x


def chunks(template, batch: Batch) -> Iterator[Batch]:
    """Parts of a batch whose gradients are added up, small enough for the caches."""
    n_rows = len(batch.x)
    size = _chunk_rows(template, n_rows)
    for start in range(0, n_rows, size):
        part = slice(start, start + size)
        yield jax.tree.map(lambda array, part=part: array[part], batch)


def _chunk_rows(template, n_rows):
    if jax.default_backend() != "cpu" or template.weighted:
        # The statistics of batch normalization are those of the whole batch.
        return n_rows
    n_chunks = 1
    while (
        n_chunks < _MOST_CHUNKS
        and n_rows * template.bytes_of_row > n_chunks * _CHUNK_BYTES
        and n_rows % (2 * n_chunks) == 0
    ):
        n_chunks *= 2
    return n_rows // n_chunks


def sequenced_after(x, gradients):
    """``x``, but not before these gradients exist.

    Without a dependency XLA schedules the forward passes of all chunks first and keeps
    all their activations; it drops ``optimization_barrier`` on CPU. A gradient that is
    not finite makes the step worthless anyway.
    """
    return x + 0.0 * sum(gradient.ravel()[0] for gradient in gradients)
