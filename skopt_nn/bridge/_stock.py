"""Keras' own steps as programs that models of one key share."""

import threading
import warnings
from collections.abc import Callable

from skopt_nn._backend import keras
from skopt_nn.training._cache import PROGRAMS


class StockTraining:
    """Keras' train and test step of a private twin, compiled once for each shape."""

    def __init__(self, twin: keras.Model):
        self._lock = threading.RLock()
        self._train = self._compiled("train", twin.train_step)
        self._test = self._compiled("test", twin.test_step)

    def train(self, state, iterator):
        return self._train(state, next(iterator))

    def test(self, state, iterator):
        return self._test(state, next(iterator))

    def _compiled(self, kind, step):
        from skopt_nn.training._cpu import compiled  # other backends need no JAX

        def traced(state, data):
            # Keras keeps the losses of layers on the model while it traces.
            with self._lock:
                PROGRAMS.count_compilation(kind)
                return step(state, data)

        return compiled(traced, donate_argnums=0)


class StockPrediction:
    """Outputs of a private twin, and of its variables those that predicting changes."""

    def __init__(self, twin: keras.Model):
        # Other backends need no JAX.
        from skopt_nn.training._cpu import STOCK_LIBRARY_ROWS, Inference

        self._twin = twin
        self._lock = threading.RLock()
        self._call = Inference(self._traced, STOCK_LIBRARY_ROWS)

    def __call__(self, trainable, non_trainable, x):
        """Outputs for ``x``, and new values by their index in ``non_trainable``."""
        n_rows = len(keras.tree.flatten(x)[0])
        return self._call(n_rows, trainable, non_trainable, x)

    def _traced(self, trainable, non_trainable, x):
        with self._lock:
            PROGRAMS.count_compilation("predict")
            outputs, after = self._twin.stateless_call(
                trainable, non_trainable, x, training=False
            )
        pairs = enumerate(zip(non_trainable, after))
        return outputs, {i: new for i, (old, new) in pairs if new is not old}


def stock_training(model: keras.Model, build: Callable) -> StockTraining | None:
    """A training program for a model and its like; None if it has to train alone.

    ``build(twin)`` builds metrics, losses and optimizer as Keras would.
    """
    twin = _twin(model, compiled=True)
    if twin is None:
        return None
    build(twin)
    alike = all(
        _described(of(model)) == _described(of(twin))
        for of in (
            lambda m: m.variables,
            lambda m: m.trainable_variables,
            lambda m: m.optimizer.variables,
            lambda m: m.metrics_variables,
        )
    )
    return StockTraining(twin) if alike else None


def stock_prediction(model: keras.Model) -> StockPrediction | None:
    """A prediction program for a model and its like, or None."""
    twin = _twin(model, compiled=False)
    if twin is None or _described(model.variables) != _described(twin.variables):
        return None
    return StockPrediction(twin)


def _twin(model, compiled):
    """A model of the same configuration that draws no seed from a global state."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unsafe objects: there are none
            twin = type(model).from_config(_with_seeds(model.get_config()))
            if compiled:
                twin.compile_from_config(model.get_compile_config())
    except (
        Exception
    ) as err:  # Keras' errors for what it cannot rebuild are of all kinds
        warnings.warn(
            f"Keras cannot make {model.name!r} again from its configuration, so that "
            f"it shares no compiled program: {err!r}",
            stacklevel=2,
        )
        return None
    return twin


def _with_seeds(config):
    if isinstance(config, dict):
        return {
            key: 0 if key == "seed" and value is None else _with_seeds(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_with_seeds, config))
    return config


def _described(variables):
    return [(tuple(v.shape), v.dtype, v.trainable) for v in variables]
