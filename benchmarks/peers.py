"""The contenders: one network, one optimizer, one way to ask each of them.

A peer is a class whose instances live in a worker. ``estimator`` gives what its users
would write; ``train`` and ``probabilities`` are the shortest way to one more epoch and
to outputs, on a model that ``start`` has built and warmed up.
"""

import importlib.util
from dataclasses import asdict, dataclass

SEED_CNN = {"filters": (32, 64), "dense_units": (128,), "kernel_size": 3}
# What the peers do, too, where our defaults are others.
PLAIN = {
    "pool_size": 2,
    "head": "flatten",
    "normalization": None,
    "augmentation": None,
    "learning_rate_schedule": "constant",
    "weight_decay": 0.0,
}


@dataclass(frozen=True)
class Task:
    """What is trained and how; the same for every contender."""

    input_shape: tuple
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    dropout: float = 0.0
    seed: int = 0

    def replace(self, **changes):
        return Task(**{**asdict(self), **changes})


class Peer:
    """What all contenders can be asked."""

    packages = ()
    # Names of the estimator's parameters for the learning rate and for dropout.
    grid_names = ("learning_rate", "dropout")

    def grid(self, rates, dropouts):
        """The grid of these rates for a search over ``estimator``."""
        return dict(zip(self.grid_names, (list(rates), list(dropouts))))

    def fit_arguments(self, task):
        """What ``fit`` needs to be told besides the data."""
        return {}

    def start(self, task, X, y):
        """Build and warm up what ``train`` and ``probabilities`` use."""
        self.model = self.estimator(task.replace(epochs=1))
        self.model.fit(X, y, **self.fit_arguments(task.replace(epochs=1)))

    def train(self, X, y):
        """Train the same model for one more epoch."""
        self.model.partial_fit(X, y)

    def probabilities(self, X):
        return self.model.predict_proba(X)


class Ours(Peer):
    packages = ("jax",)

    def estimator(self, task):
        from skopt_nn import CNNClassifier

        settings = asdict(task)
        return CNNClassifier(
            **SEED_CNN,
            **PLAIN,
            random_state=settings.pop("seed"),
            verbose=0,
            **settings,
        )


class OursBuilt(Peer):
    """Our drop-in for scikeras' class, with the build function of the Keras peers."""

    packages = ("jax", "scikeras")
    grid_names = ("optimizer__learning_rate", "model__dropout")

    def estimator(self, task):
        from skopt_nn import KerasClassifier

        return KerasClassifier(keras_network, **_scikeras_arguments(task))


class SciKeras(Peer):
    packages = ("scikeras",)
    grid_names = ("optimizer__learning_rate", "model__dropout")

    def estimator(self, task):
        from scikeras.wrappers import KerasClassifier

        return KerasClassifier(keras_network, **_scikeras_arguments(task))


class KerasWrapper(Peer):
    """``keras.wrappers.SKLearnClassifier``; its clones forget ``fit_kwargs``."""

    packages = ("keras",)

    def grid(self, rates, dropouts):
        combinations = [(rate, dropout) for rate in rates for dropout in dropouts]
        return {"model_kwargs": [_wrapper_arguments(*pair) for pair in combinations]}

    def fit_arguments(self, task):
        return {"epochs": task.epochs, "batch_size": task.batch_size, "verbose": 0}

    def estimator(self, task):
        import keras

        keras.utils.set_random_seed(task.seed)
        keras.config.disable_interactive_logging()
        arguments = _wrapper_arguments(task.learning_rate, task.dropout)
        return keras.wrappers.SKLearnClassifier(
            compiled_keras_network, model_kwargs=arguments
        )

    def train(self, X, y):
        raise NotImplementedError("keras.wrappers cannot continue a training")

    def probabilities(self, X):
        return self.model.decision_function(X)


class Keras(Peer):
    """``keras.Model.fit`` and ``predict``, without any estimator around them."""

    packages = ("keras",)

    def start(self, task, X, y):
        import keras

        keras.utils.set_random_seed(task.seed)
        self.model = keras_network(task.input_shape, task.dropout)
        self.model.compile(
            keras.optimizers.Adam(task.learning_rate), "sparse_categorical_crossentropy"
        )
        self.batch_size = task.batch_size
        self.train(X, y)

    def train(self, X, y):
        self.model.fit(X, y, batch_size=self.batch_size, epochs=1, verbose=0)

    def probabilities(self, X):
        if len(X) <= 32:
            return self.model.predict_on_batch(X)
        return self.model.predict(X, batch_size=256, verbose=0)


class Skorch(Peer):
    packages = ("skorch", "torch")
    grid_names = ("lr", "module__dropout")

    def estimator(self, task):
        import torch
        from skorch import NeuralNetClassifier

        torch.manual_seed(task.seed)
        return NeuralNetClassifier(
            torch_network,
            module__input_shape=task.input_shape,
            module__dropout=task.dropout,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=task.learning_rate,
            max_epochs=task.epochs,
            batch_size=task.batch_size,
            iterator_train__shuffle=True,
            iterator_valid__batch_size=256,
            train_split=None,
            verbose=0,
        )


class Torch(Peer):
    """The shortest loop that torch allows, its images in channels-last order."""

    packages = ("torch",)

    def start(self, task, X, y):
        import torch

        torch.manual_seed(task.seed)
        self.batch_size = task.batch_size
        network = torch_network(task.input_shape, task.dropout)
        self.network = network.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(network.parameters(), task.learning_rate)
        self.train(X, y)

    def train(self, X, y):
        import torch

        X, y = torch.from_numpy(X), torch.from_numpy(y)
        self.network.train()
        for rows in torch.randperm(len(X)).split(self.batch_size):
            self.optimizer.zero_grad()
            logits = self.network(X[rows])
            torch.nn.functional.cross_entropy(logits, y[rows]).backward()
            self.optimizer.step()

    def probabilities(self, X):
        import torch

        self.network.eval()
        with torch.inference_mode():
            parts = [self.network(x).softmax(1) for x in torch.from_numpy(X).split(256)]
            return torch.cat(parts).numpy()


# -- one network, three libraries ------------------------------------------------


def keras_network(input_shape=(8, 8, 1), dropout=0.0):
    """The seed CNN, not compiled."""
    import keras

    layers = [keras.Input((_size(input_shape),)), keras.layers.Reshape(input_shape)]
    for filters in SEED_CNN["filters"]:
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
        ]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return keras.Sequential(layers)


def compiled_keras_network(X, y, learning_rate, dropout):
    """The seed CNN for one-hot labels; square images of one channel."""
    import keras

    side = round(X.shape[1] ** 0.5)
    model = keras_network((side, side, 1), dropout)
    model.compile(keras.optimizers.Adam(learning_rate), "categorical_crossentropy")
    return model


def torch_network(input_shape=(8, 8, 1), dropout=0.0):
    """The seed CNN, from flat rows to logits."""
    from torch import nn

    height, width, channels = input_shape
    first, second = SEED_CNN["filters"]
    return nn.Sequential(
        nn.Unflatten(1, (channels, height, width)),
        nn.Conv2d(channels, first, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(second * (height // 4) * (width // 4), 128),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(128, 10),
    )


def training_flops(input_shape):
    """Operations that train one sample: three times those of the forward pass."""
    height, width, channels = input_shape
    first, second = SEED_CNN["filters"]
    forward = 2 * (
        height * width * 9 * channels * first
        + (height // 2) * (width // 2) * 9 * first * second
        + (height // 4) * (width // 4) * second * 128
        + 128 * 10
    )
    return 3 * forward


def _size(shape):
    size = 1
    for side in shape:
        size *= side
    return size


def _scikeras_arguments(task):
    return {
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "optimizer__learning_rate": task.learning_rate,
        "model__input_shape": task.input_shape,
        "model__dropout": task.dropout,
        "epochs": task.epochs,
        "batch_size": task.batch_size,
        "random_state": task.seed,
        "verbose": 0,
    }


def _wrapper_arguments(rate, dropout):
    return {"learning_rate": rate, "dropout": dropout}


# -- who there is -----------------------------------------------------------------

OURS = "skopt_nn"
BUILT = "skopt_nn KerasClassifier"
_KINDS = {
    OURS: (Ours, "jax"),
    BUILT: (OursBuilt, "jax"),
    "scikeras (jax)": (SciKeras, "jax"),
    "scikeras (tensorflow)": (SciKeras, "tensorflow"),
    "scikeras (torch)": (SciKeras, "torch"),
    "keras.wrappers (jax)": (KerasWrapper, "jax"),
    "keras (jax)": (Keras, "jax"),
    "keras (tensorflow)": (Keras, "tensorflow"),
    "skorch": (Skorch, None),
    "torch": (Torch, None),
}
NAMES = tuple(_KINDS)


def make(name):
    """The peer of a name, for use in a worker."""
    return _KINDS[name][0]()


def environment(name):
    """Variables of the process that a peer runs in."""
    backend = _KINDS[name][1]
    return {"KERAS_BACKEND": backend} if backend else {}


def is_installed(name):
    """Whether all that a peer imports is there."""
    kind, backend = _KINDS[name]
    packages = {*kind.packages, *([backend] if backend else [])}
    return all(importlib.util.find_spec(package) for package in packages)


def installed(*names):
    """Those of the names (or of all) whose packages are there, in order."""
    return [name for name in names or NAMES if is_installed(name)]
