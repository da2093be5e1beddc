"""Keras callbacks as parameters: checked, and copied for each training."""

import copy
from collections.abc import Iterable

from skopt_nn._backend import keras


def check_callbacks(callbacks: Iterable | None) -> None:
    for callback in callbacks or ():
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be a list of instances of keras.callbacks.Callback, "
                f"got {callback!r} in it. Callbacks of scikit-learn are set by "
                "set_callbacks(...)."
            )


def copies(callbacks: Iterable | None) -> list:
    """What a training may write to: the parameter stays as it was given."""
    return copy.deepcopy(list(callbacks or ()))
