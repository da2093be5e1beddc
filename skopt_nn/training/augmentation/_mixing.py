"""Two rows made one, and a loss that learns of both."""

from dataclasses import dataclass

import numpy as np

from skopt_nn.training.augmentation._change import Change, inside_windows
from skopt_nn.training.objectives import Loss


@dataclass(frozen=True)
class MixedLoss:
    """The loss of a row and that of its partner, by their parts in the mixture.

    Its targets are those of the row, those of its partner and the part of the row.
    """

    loss: Loss

    def __call__(self, logits, targets, settings):
        *pairs, share = targets
        half = len(pairs) // 2
        own = self.loss(logits, tuple(pairs[:half]), settings)
        others = self.loss(logits, tuple(pairs[half:]), settings)
        return share * own + (1 - share) * others


class Mixing(Change):
    """Mixes each row with the next one; the part of the row is of a Beta distribution.

    Its strength is the parameter of the distribution, the same on both sides.
    """

    def mixed(self, x, rng):
        """The mixtures, and how much of each is of the row itself."""
        if self.strength == 0:
            return x, np.ones(len(x), np.float32)
        share = rng.beta(self.strength, self.strength, len(x)).astype(np.float32)
        return self.mix(x, np.roll(x, -1, axis=0), share, rng)

    def mix(self, x, others, share, rng):
        """The same, of drawn shares."""
        raise NotImplementedError


class Mixup(Mixing):
    """Weighted means of two rows.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz. "mixup: Beyond Empirical Risk
    Minimization". ICLR 2018. arXiv:1710.09412.
    """

    default = 0.2

    def mix(self, x, others, share, rng):
        part = share.reshape(-1, *[1] * (x.ndim - 1))
        return part * x + (1 - part) * others, share


class Cutmix(Mixing):
    """A window of a row comes from another one.

    References
    ----------
    S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe, Y. Yoo. "CutMix: Regularization Strategy
    to Train Strong Classifiers with Localizable Features". ICCV 2019. arXiv:1905.04899.
    """

    def mix(self, x, others, share, rng):
        rank, spans = x.ndim - 2, {}
        covered = np.ones(len(x))
        for axis in range(1, rank + 1):
            size = x.shape[axis]
            half = size * (1 - share) ** (1 / rank) / 2
            centre = rng.random(len(x)) * size
            start = np.clip(np.rint(centre - half), 0, size).astype(int)
            stop = np.clip(np.rint(centre + half), 0, size).astype(int)
            covered *= (stop - start) / size
            spans[axis] = start, stop
        inside = inside_windows(x, spans)
        return np.where(inside, others, x), (1 - covered).astype(np.float32)
