"""Optimizers by name."""

import numpy as np

from skopt_nn._backend import keras, on_device


def _zeros(shape, dtype=None):
    return on_device(np.zeros(shape, dtype=np.float32))


class _HostZeros(keras.optimizers.Optimizer):
    """State that numpy makes: JAX compiles a program for each shape that it fills."""

    def add_variable_from_reference(
        self, reference_variable, name=None, initializer="zeros"
    ):
        if initializer == "zeros":
            initializer = _zeros
        return super().add_variable_from_reference(
            reference_variable, name=name, initializer=initializer
        )


# Those of Keras that a name and a learning rate describe, and that start from a state
# of zeros wherever the weights are. Ftrl forgets the initial weights in its first
# step, ScheduleFreeAdamW keeps a copy of them, Muon and MultiOptimizer ask for a list
# of layers, and LossScaleOptimizer wraps another one.
OPTIMIZERS = {
    # Under Keras' own name, by which a model that was saved by Keras finds it.
    cls.__name__.lower(): type(
        cls.__name__, (_HostZeros, cls), {"__module__": cls.__module__}
    )
    for cls in (
        keras.optimizers.Adadelta,
        keras.optimizers.Adafactor,
        keras.optimizers.Adagrad,
        keras.optimizers.Adam,
        keras.optimizers.Adamax,
        keras.optimizers.AdamW,
        keras.optimizers.Lamb,
        keras.optimizers.Lion,
        keras.optimizers.Nadam,
        keras.optimizers.RMSprop,
        keras.optimizers.SGD,
    )
}


def make_optimizer(name: str, learning_rate: float, weight_decay: float = 0.0):
    """A Keras optimizer whose weight decay is decoupled and spares biases."""
    optimizer = OPTIMIZERS[name.lower()](learning_rate=learning_rate)
    optimizer.weight_decay = weight_decay or None
    return optimizer


def decays(variable: keras.Variable) -> bool:
    """Whether weight decay is meant for a weight: its layer says so by a role."""
    role = getattr(variable, "role", None)
    return role is not None and role.decays
