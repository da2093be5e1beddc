"""What a fit is apart from the numbers, the same for every estimator that trains."""

import math
import pickle
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_class_weight

from skopt_nn._compat import warn
from skopt_nn.training.hooks import Hook


@contextmanager
def all_or_nothing(estimator) -> Iterator[None]:
    """Give the estimator the attributes back that it had, if the block fails."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def bare_copy(estimator, attributes: Mapping[str, Any] | None = None):
    """An estimator of the same attributes, or of these; nothing in it is copied."""
    other = object.__new__(type(estimator))
    vars(other).update(vars(estimator) if attributes is None else attributes)
    return other


def draw_seeds(random_state, n_seeds: int) -> list[int]:
    """Seeds for what a fit draws, from nothing global; None asks the system."""
    if isinstance(random_state, np.random.RandomState):
        random_state = int(random_state.randint(np.iinfo(np.int32).max))
    elif random_state is not None:
        random_state = int(random_state)
    state = np.random.SeedSequence(random_state).generate_state(n_seeds)
    return [int(seed) // 2 for seed in state]


class EpochTasks(Hook):
    """Epochs as tasks of scikit-learn's callbacks, and as printed lines.

    Parameters
    ----------
    estimator : estimator
        The one that is fitted; it supports callbacks.
    max_epochs : int or None
        None where the number is not known in advance.
    X, y, sample_weight : array-like
        What ``fit`` was given.
    fitted : callable
        ``fitted(run)`` gives the attributes of an estimator fitted up to this epoch; it
        is called only if a callback wants to see one.
    verbose : bool
        Whether to print a line an epoch.
    """

    def __init__(
        self, estimator, max_epochs, X, y, sample_weight, fitted, *, verbose=False
    ):
        self._estimator = estimator
        self._max_epochs = max_epochs
        self._data = {"estimator": estimator, "X": X, "y": y}
        self._weights = {}
        if sample_weight is not None:
            self._weights = {"metadata": {"sample_weight": sample_weight}}
        self._fitted = fitted
        self._verbose = verbose

    def __enter__(self):
        self._started = time.perf_counter()
        self._root = self._estimator._init_callback_context(
            max_subtasks=self._max_epochs
        )
        self._root.call_on_fit_task_begin(**self._data)
        return self

    def __exit__(self, kind, error, traceback):
        if error is None:
            self._root.call_on_fit_task_end(
                reconstruction_attributes=dict, **self._data
            )

    def begin_epoch(self, run):
        self._task = self._root.subcontext(task_name=f"epoch {run.epoch}")
        self._task.call_on_fit_task_begin(**self._data, **self._weights)

    def end_epoch(self, run):
        if self._verbose:
            self._print(run)
        run.stopping |= bool(
            self._task.call_on_fit_task_end(
                reconstruction_attributes=lambda: self._fitted(run),
                **self._data,
                **self._weights,
            )
        )

    def break_off(self, run):
        self._task.call_on_fit_task_end(estimator=self._estimator)

    def _print(self, run):
        losses = ", ".join(f"{name} {value:.4f}" for name, value in run.logs.items())
        seconds = time.perf_counter() - self._started
        name = type(self._estimator).__name__
        print(f"[{name}] epoch {run.epoch + 1}: {losses} ({seconds:.1f} s)", flush=True)


def extended(
    history: Mapping[str, list], n_epochs: int, more: Mapping[str, list]
) -> dict[str, list]:
    """A history of ``n_epochs`` and what came after; NaN where nothing was logged."""
    n_more = max(map(len, more.values()), default=0)
    return {
        name: history.get(name, [math.nan] * n_epochs)
        + list(more.get(name, [math.nan] * n_more))
        for name in {**history, **more}
    }


def check_class_weight_of_parts(class_weight) -> None:
    if class_weight == "balanced":
        raise ValueError(
            "class_weight='balanced' is not supported for partial_fit, which sees a "
            "part of the labels. Pass the weights as a dict of class to weight."
        )


def weights_of_classes(class_weight, known, labels, sample_weight):
    """Sorted classes and the weight of each.

    A part of the data may lack a class that is known; ``"balanced"`` is about those
    that are there.
    """
    is_balanced = class_weight == "balanced"
    classes = np.unique(labels) if is_balanced or known is None else known
    how = {"classes": classes, "y": labels, "sample_weight": sample_weight}
    return classes, compute_class_weight(class_weight, **how)


def warn_of_divergence(estimator, epoch: int, hint: str) -> None:
    warn(
        f"The loss of {type(estimator).__name__} was not finite in epoch {epoch + 1}: "
        "training stopped and the weights before that epoch were kept. " + hint,
        ConvergenceWarning,
    )


def warn_of_no_best_epoch(estimator, watched: str) -> None:
    warn(
        f"{watched} of {type(estimator).__name__} was not finite in any epoch: early "
        "stopping had nothing to compare, and the weights of the last epoch were kept. "
        "Look at the rows that are validated on.",
        ConvergenceWarning,
    )


def without_unpicklable(
    parameters: Mapping[str, Any], names: tuple[str, ...], owner: str
) -> dict[str, Any]:
    """Parameters of a fitted estimator, whose callbacks have done their work."""
    kept = dict(parameters)
    for name in names:
        if kept.get(name) is not None and not _can_pickle(kept[name]):
            warnings.warn(
                f"{name} of this fitted {owner} cannot be pickled and is left out: the "
                "unpickled estimator has None there. Callbacks from a module, without "
                "lambdas or open files, are kept.",
                stacklevel=4,
            )
            kept[name] = None
    return kept


def _can_pickle(value):
    try:
        pickle.dumps(value)
    except Exception:  # whatever a class of the user's raises
        return False
    return True
