"""What the values of a sample are: noise, and parts that are wiped out."""

import numpy as np

from skopt_nn.training.augmentation._change import Change, inside_windows


class Noise(Change):
    """Gaussian noise of this part of the standard deviation of the training rows."""

    default = 0.1

    def __call__(self, x, rng, fill, scale):
        noise = rng.standard_normal(x.shape, dtype=np.float32)
        return x + noise * np.float32(self.strength) * scale.astype(np.float32)


class Masked(Change):
    """A window of each row is filled with the mean of the training rows."""

    most = 1.0

    def axes(self, x: np.ndarray) -> range:
        """The axes that a window is cut from; it covers all of the others."""
        return range(1, x.ndim - 1)

    def sides(self, n_rows, rng):
        """The side of each row's window, as a fraction of the axis."""
        return np.full(n_rows, self.strength)

    def __call__(self, x, rng, fill, scale):
        sides, spans = self.sides(len(x), rng), {}
        for axis in self.axes(x):
            size = x.shape[axis]
            width = np.rint(sides * size).astype(int)
            # As often at the border as elsewhere: what lies outside is cut off.
            start = np.floor(rng.random(len(x)) * (size + 1) - width / 2).astype(int)
            spans[axis] = start, start + width
        return np.where(inside_windows(x, spans), fill.astype(x.dtype), x)


class Erasing(Masked):
    """A square, or a stretch of a series, of this part of each axis.

    References
    ----------
    T. DeVries, G. W. Taylor. "Improved Regularization of Convolutional Neural Networks
    with Cutout". 2017. arXiv:1708.04552.
    """

    default = 0.25


class TimeMask(Masked):
    """All values of a stretch of the first axis, of up to this part of it.

    References
    ----------
    D. S. Park, W. Chan, Y. Zhang, C.-C. Chiu, B. Zoph, E. D. Cubuk, Q. V. Le.
    "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition".
    Interspeech 2019. arXiv:1904.08779.
    """

    default = 0.2
    ranks = (1, 2)

    def axes(self, x):
        return range(1, 2)

    def sides(self, n_rows, rng):
        return rng.uniform(0, self.strength, n_rows)


class FrequencyMask(TimeMask):
    """The same of the second axis of an image whose rows are spectra."""

    ranks = (2,)

    def axes(self, x):
        return range(2, 3)
