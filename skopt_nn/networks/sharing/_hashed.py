"""Weights of dense kernels come from a vector that is shorter than they are."""

import math
from dataclasses import dataclass, replace

from skopt_nn.networks.sharing._sharing import Sharing


@dataclass(frozen=True)
class Hashed(Sharing):
    """Kernels of dense layers, and of convolutions of one pixel, are drawn from few.

    Parameters
    ----------
    compression : float
        Weights of such a kernel for each one that is stored.

    References
    ----------
    W. Chen, J. T. Wilson, S. Tyree, K. Q. Weinberger, Y. Chen. "Compressing Neural
    Networks with the Hashing Trick". ICML 2015, PMLR 37, 2285-2294. arXiv:1504.04788.
    """

    compression: float

    def check(self, recipe):
        for slot, shape in recipe.kernels().items():
            is_hashed = recipe.n_hashed(slot, shape) is not None
            if is_hashed and math.prod(shape) < self.compression:
                raise ValueError(
                    f"compression={self.compression} must leave a weight of each "
                    f"kernel, and that of {slot!r} has {math.prod(shape)}. Use a "
                    "smaller compression or a wider layer."
                )

    def applied_to(self, recipe):
        return replace(super().applied_to(recipe), compression=self.compression)
