"""Token ids that are forgotten."""

import numpy as np

from skopt_nn.training.augmentation._change import Change

_UNKNOWN = 1


class TokenDropout(Change):
    """Each token becomes unknown, id 1, with this probability; padding stays.

    References
    ----------
    M. Iyyer, V. Manjunatha, J. Boyd-Graber, H. Daumé III. "Deep Unordered Composition
    Rivals Syntactic Methods for Text Classification". ACL 2015.
    doi:10.3115/v1/P15-1162.
    """

    default = 0.3
    most = 1.0
    of_ids = True

    def __call__(self, x, rng, fill, scale):
        forgotten = (rng.random(x.shape, np.float32) < self.strength) & (x > _UNKNOWN)
        return np.where(forgotten, np.asarray(_UNKNOWN, x.dtype), x)
