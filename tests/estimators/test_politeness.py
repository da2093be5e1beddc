"""Global random states are neither read nor changed."""

import pickle
import random

import numpy as np
import pytest
from keras.src.backend.common import global_state  # nothing public reads it

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    training,
)
from skopt_nn._backend import keras

FAMILIES = [CNNClassifier, CNNRegressor, SharedWeightClassifier, SharedWeightRegressor]
BUSY = {
    "dropout": 0.3,
    "normalization": "batch",
    "early_stopping": True,
    "validation_fraction": 0.2,
}


def global_states():
    """What Python, numpy and Keras would draw next, drawing nothing."""
    generator = global_state.get_global_attribute("global_seed_generator")
    drawn = None if generator is None else keras.ops.convert_to_numpy(generator.state)
    return (
        random.getstate(),
        pickle.dumps(np.random.get_state()),  # noqa: NPY002
        None if drawn is None else drawn.tolist(),
    )


@pytest.fixture
def restored_states():
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002


def seed_all(seed):
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


@pytest.mark.parametrize("cls", FAMILIES)
def test_no_global_random_state_changes(make, digits, cls):
    X, y = digits
    training.clear_cache()
    before = global_states()
    est = make(cls, **BUSY, random_state=None).fit(X, y)
    est.predict(X)
    est.transform(X)
    pickle.loads(pickle.dumps(est)).set_params(early_stopping=False).partial_fit(X, y)
    assert global_states() == before


@pytest.mark.parametrize("cls", FAMILIES)
def test_global_seeds_change_no_result(make, digits, same, restored_states, cls):
    X, y = digits
    fits = []
    for seed in (1, 2):
        training.clear_cache()
        seed_all(seed)
        fits.append(make(cls, **BUSY).fit(X, y))
    same(*fits, X)


def test_global_seeds_do_not_repeat_an_unseeded_fit(make, digits, restored_states):
    X, y = digits
    fits = []
    for _ in range(2):
        seed_all(0)
        fits.append(make(random_state=None).fit(X, y).predict_proba(X))
    assert (fits[0] != fits[1]).any()
