"""Optimizers by name."""

import inspect

from skopt_nn._backend import keras

# LossScaleOptimizer wraps another optimizer; Muon wants to be told which layers to
# treat in which way: neither can be had by name alone.
_NOT_BY_NAME = {"optimizer", "lossscaleoptimizer", "muon"}

OPTIMIZERS = {
    name.lower(): cls
    for name, cls in inspect.getmembers(keras.optimizers, inspect.isclass)
    if issubclass(cls, keras.optimizers.Optimizer) and name.lower() not in _NOT_BY_NAME
}


def make_optimizer(name: str, learning_rate: float, weight_decay: float = 0.0):
    """A Keras optimizer whose weight decay is decoupled and spares biases."""
    optimizer = OPTIMIZERS[name.lower()](learning_rate=learning_rate)
    optimizer.weight_decay = weight_decay or None
    return optimizer
