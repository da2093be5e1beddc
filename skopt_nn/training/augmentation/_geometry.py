"""Where the values of a sample lie: shifts, mirrors, turns and sizes."""

import numpy as np
from scipy.ndimage import map_coordinates

from skopt_nn.training.augmentation._change import Change


class Shift(Change):
    """Along each axis by up to so many pixels or steps; the border is repeated."""

    default = 2.0
    is_whole = True

    def __call__(self, x, rng, fill, scale):
        most = int(self.strength)
        rows = _row_numbers(x)
        places = [rows]
        for axis in range(1, x.ndim - 1):
            size = x.shape[axis]
            offsets = rng.integers(-most, most + 1, len(x)).reshape(rows.shape)
            here = np.arange(size).reshape(_along(axis, x.ndim - 1))
            places.append(np.clip(here + offsets, 0, size - 1))
        return x[tuple(places)]


class Flip(Change):
    """Mirrored along the last spatial axis, with this probability."""

    default = 0.5
    most = 1.0

    def __call__(self, x, rng, fill, scale):
        flipped = rng.random(len(x)) < self.strength
        x[flipped] = x[flipped][..., ::-1, :]
        return x


class Roll(Change):
    """A closed outline that starts elsewhere: rolled by up to this part of its axes."""

    default = 0.5
    most = 0.5
    ranks = (1,)

    def __call__(self, x, rng, fill, scale):
        size = x.shape[1]
        offsets = rng.uniform(-self.strength, self.strength, (len(x), 1)) * size
        places = (np.arange(size) + offsets.astype(int)) % size
        return x[np.arange(len(x))[:, None], places]


class Rotation(Change):
    """Turned about the centre by up to so many degrees."""

    default = 15.0
    most = 180.0
    ranks = (2,)

    def __call__(self, x, rng, fill, scale):
        angle = np.deg2rad(_drawn(rng, x, self.strength))
        rows, columns = _centred(x)
        cos, sin = np.cos(angle), np.sin(angle)
        turned = (cos * rows + sin * columns, cos * columns - sin * rows)
        return _interpolated(x, turned)


class Scale(Change):
    """Larger or smaller about the centre, by a factor of up to 1 + the strength."""

    default = 0.1

    def __call__(self, x, rng, fill, scale):
        most = np.log1p(self.strength)
        factors = np.exp(_drawn(rng, x, most))
        return _interpolated(x, tuple(axis * factors for axis in _centred(x)))


def _drawn(rng, x, most):
    """A number of each row, up to ``most`` either way, beside its positions."""
    drawn = rng.uniform(-most, most, len(x)).astype(np.float32)
    return drawn.reshape(-1, *[1] * (x.ndim - 2))


def _row_numbers(x):
    return np.arange(len(x)).reshape(-1, *[1] * (x.ndim - 2))


def _along(axis, ndim):
    return [-1 if i == axis else 1 for i in range(ndim)]


def _centred(x):
    """Coordinates of each spatial axis, from its middle."""
    return [
        (np.arange(size, dtype=np.float32) - (size - 1) / 2).reshape(
            _along(axis, x.ndim - 1)
        )
        for axis, size in enumerate(x.shape[1:-1], start=1)
    ]


def _interpolated(x, places):
    """Values between pixels, linearly; the border is repeated."""
    shape = x.shape[:-1]
    places = [
        np.broadcast_to(place + (size - 1) / 2, shape)
        for place, size in zip(places, x.shape[1:-1])
    ]
    rows = np.broadcast_to(_row_numbers(x), shape)
    channels = [
        map_coordinates(x[..., i], [rows, *places], np.float32, order=1, mode="nearest")
        for i in range(x.shape[-1])
    ]
    return np.stack(channels, axis=-1)
