import numpy as np
import pytest

from skopt_nn import networks, training

RECIPE = {
    "network": "cnn",
    "input_shape": (8, 8, 1),
    "n_outputs": 10,
    "filters": (4,),
    "kernel_size": 3,
    "pool_size": 2,
    "dense_units": (8,),
    "activation": "relu",
    "normalization": None,
    "dropout": 0.0,
    "table": False,
    "seed": 0,
}


@pytest.fixture(scope="session")
def build():
    """Builds the small network of these tests with some things changed."""

    def build(**changes):
        model = networks.build({**RECIPE, **changes})
        networks.set_statistics(model, [4.9], [6.0])
        return model

    return build


@pytest.fixture(scope="session")
def rows(digits):
    X, y = digits
    X, y = X[:100], y[:100].astype(np.int32)
    return training.Rows(X, (y,), np.ones(100, np.float32))


@pytest.fixture(scope="session")
def train():
    """Trains a model on rows with defaults for all that is not given."""

    def train(model, rows, *, label_smoothing=0.0, weight_decay=0.0, **kwargs):
        defaults = {
            "loss": "cross_entropy",
            "optimizer": "adam",
            "learning_rate": 1e-2,
            "epochs": 1,
            "batch_size": 32,
            "seed": 3,
        }
        scalars = {"label_smoothing": label_smoothing, "weight_decay": weight_decay}
        settings = {**scalars, **kwargs.pop("settings", {})}
        return training.fit(model, rows, settings=settings, **(defaults | kwargs))

    return train
