import numpy as np
import pytest

from skopt_nn import networks, training
from skopt_nn.training.objectives import Objective, cross_entropy
from tests import doubles


@pytest.fixture(scope="session")
def build():
    """Builds the small network of these tests with some things changed."""

    def build(**changes):
        model = doubles.build(**{"n_outputs": 10, **changes})
        networks.set_statistics(model, [4.9], [6.0])
        return model

    return build


@pytest.fixture(scope="session")
def examples(digits):
    X, y = digits
    objective = Objective(
        cross_entropy, (y[:100].astype(np.int32),), {"label_smoothing": 0.0}
    )
    weights = np.ones(100, np.float32)
    return training.Examples(training.ArrayRows(X[:100]), objective, weights)


# What a fit of these tests is told beside the parameters of training.
_OF_FIT = (
    "validation",
    "augmentation",
    "first_epoch",
    "optimizer_state",
    "callbacks",
    "measures",
    "hooks",
    "seed",
)
# Plain steps: what the defaults add to them has tests of its own.
_PLAIN = {
    "learning_rate": 1e-2,
    "learning_rate_schedule": "constant",
    "weight_decay": 0.0,
    "batch_size": 32,
    "epochs": 1,
}


@pytest.fixture(scope="session")
def train():
    """Trains a model on examples with defaults for all that is not given."""

    def train(model, examples, **given):
        of_fit = {name: given.pop(name) for name in _OF_FIT if name in given}
        parameters = training.Training(**{**_PLAIN, **given})
        return training.fit(model, examples, parameters, **{"seed": 3, **of_fit})

    return train
