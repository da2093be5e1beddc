"""Seeds of build functions leave the process as they found it."""

import random

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.bridge._seeds import seeded

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def test_seeded_repeats_unseeded_draws_and_restores_every_global_state():
    def draw():
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
        kernel = keras.ops.convert_to_numpy(layer.kernel.value)
        noise = keras.ops.convert_to_numpy(keras.random.normal((3,)))
        return [*kernel.ravel(), *noise, random.random(), np.random.random()]  # noqa: NPY002

    keras.random.normal((1,))
    keras.utils.set_random_seed(3)
    keras.random.normal((1,))
    undisturbed = keras.random.normal((3,))
    keras.utils.set_random_seed(3)
    keras.random.normal((1,))
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    draws = []
    for _ in range(2):
        with seeded(7):
            draws.append(draw())
        random_state = np.random.get_state()[1].tolist()  # noqa: NPY002
        assert (random.getstate(), random_state) == before
    assert draws[0] == draws[1]
    np.testing.assert_array_equal(keras.random.normal((3,)), undisturbed)


def test_seeded_restores_the_states_after_an_error():
    before = random.getstate()
    with pytest.raises(ZeroDivisionError), seeded(1):
        1 / 0  # noqa: B018
    assert random.getstate() == before
