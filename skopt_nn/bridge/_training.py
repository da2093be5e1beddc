"""The calls of ``keras.Model.fit`` and ``keras.Model.predict``."""

import copy

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.bridge import _batches
from skopt_nn.bridge._data import relative
from skopt_nn.bridge._programs import shared_outputs, shared_training
from skopt_nn.bridge._run import EpochNumber, KerasRun
from skopt_nn.bridge._seeds import dropout_seeded
from skopt_nn.training.hooks import KeepBest


def train(model, data, weights, arguments, *, seed, n_before, callbacks, hooks):
    """Train a compiled model; the run tells what happened.

    Parameters
    ----------
    model : keras.Model
    data : tuple of (X, y)
    weights : tuple of function and ndarray or None
        ``weigh(rows)`` gives what each row counts if these, or all, are trained on; and
        what rows count that are held out.
    arguments : dict
        For ``keras.Model.fit``.
    seed : int
    n_before : int
        Epochs that the model has been trained for.
    callbacks : list of keras.callbacks.Callback
    hooks : list of Hook

    Returns
    -------
    KerasRun
    """
    with dropout_seeded(model, seed) as reseed:
        numbers = EpochNumber(reseed)
        run = KerasRun(
            [numbers, KeepBest(), *hooks], n_before - arguments["initial_epoch"]
        )
        callbacks = [*callbacks, run]
        if not _batches.is_sliceable(data):
            X, y = data
            sample_weight = relative(weights[0](None))[1]
            arguments = arguments | {"y": y, "sample_weight": sample_weight}
            model.fit(X, callbacks=callbacks, **arguments)
            return run
        batches, arguments = _as_batches(data, weights, arguments, seed)
        numbers.functions.append(batches.begin)
        with shared_training(model, batches, callbacks) as callbacks:
            model.fit(batches, callbacks=callbacks, **arguments)
    return run


def _as_batches(data, weights, arguments, seed):
    """Rows in our own order for Keras, and the arguments that are left."""
    # Keras itself would shuffle by Python's global random state.
    left = arguments | {"shuffle": False}
    fraction = left.pop("validation_split", 0.0)
    size = left.pop("batch_size", None)
    validation_size = left.pop("validation_batch_size", None) or size
    rows = None
    if left.get("validation_data") is not None:
        if validation_size != -1:
            left["validation_batch_size"] = validation_size
    elif fraction:
        rows = np.arange(_batches.n_rows(data))
        rows, held_out = _batches.split_off_last(rows, fraction)
        held_out, judged = relative(weights[1], held_out)
        left["validation_data"] = _batches.Batches(
            _batches.joined(*data, judged), held_out, batch_size=validation_size
        )
    rows, counted = relative(weights[0](rows), rows)
    data = _batches.joined(*data, counted)
    seed = seed if arguments.get("shuffle", True) else None
    return _batches.Batches(data, rows, batch_size=size, seed=seed), left


def predict(model, X, arguments):
    """Outputs of a model for the rows of X."""
    if not _batches.is_sliceable(X):
        return model.predict(X, **arguments)
    left = dict(arguments)
    size = left.pop("batch_size", None)
    # A progress bar, callbacks or a number of steps are Keras' own.
    outputs = None if any(left.values()) else shared_outputs(model, X, size)
    if outputs is not None:
        return outputs
    batches = _batches.Batches((X,), batch_size=size, padded=True)
    outputs = model.predict(batches, **left)
    return keras.tree.map_structure(lambda part: part[: len(batches.rows)], outputs)


def copied(callback):
    """A copy of a callback, so that no fit sees what another left in it."""
    try:
        return copy.deepcopy(callback)
    except TypeError:  # it holds what cannot be copied, such as an open file
        return copy.copy(callback)
