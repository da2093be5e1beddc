"""Samples as training might show them."""

import numpy as np

from skopt_nn.training.augmentation import check_augmentation


def augmented(samples, augmentation, rng):
    """Return samples changed at random.

    Parameters
    ----------
    samples : ndarray of shape (n_samples, *spatial, channels)
    augmentation : dict of str to float
        As the parameter ``augmentation``.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32 of the shape of ``samples``
    """
    x = np.array(samples, np.float32)
    axes = tuple(range(x.ndim - 1))
    fill, scale = x.mean(axes), x.std(axes)
    for change in check_augmentation(augmentation, x.shape[1:]):
        x = change(x, rng, fill, scale)
    return x
