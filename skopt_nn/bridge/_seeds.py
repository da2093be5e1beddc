"""Randomness of build functions and of layers, from an integer."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator

import numpy as np

from skopt_nn._backend import keras
from skopt_nn._compat import without_seed_generator

_SEEDING = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a build function as if the process had just been seeded with ``seed``.

    Layers without a seed of their own draw one from Python's ``random``, functions of
    ``keras.random`` from a global generator, and users' code may draw from numpy's. All
    three are left as they were found. One thread at a time: the states are global.
    """
    with _SEEDING, without_seed_generator():
        python_state = random.getstate()
        numpy_state = np.random.get_state()  # noqa: NPY002, put back below
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002, what a build function may draw from
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002


@contextlib.contextmanager
def dropout_seeded(model: keras.Model, seed: int) -> Iterator[Callable[[int], None]]:
    """Give a function that seeds the layers' randomness for an epoch, where needed.

    Keras' layers have seeds of their own, but its dropout on torch draws from torch's
    global random state. It is put back afterwards, and used by one thread at a time.
    """
    if keras.backend.backend() != "torch" or not seed_variables(model):
        yield lambda epoch: None
        return
    import torch

    def reseed(epoch):
        state = np.random.SeedSequence([seed, epoch]).generate_state(1)
        torch.manual_seed(int(state[0]))

    with _SEEDING, torch.random.fork_rng():
        yield reseed


def seed_variables(model: keras.Model) -> list:
    """States of the layers' generators, which neither weights nor archives hold."""
    return [v for v in model.variables if v.path.endswith("seed_generator_state")]
