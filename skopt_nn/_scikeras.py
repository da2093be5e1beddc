"""The one door to scikeras and to private members of other packages.

scikeras is no longer maintained and reaches into the process when it is imported: it
loads TensorFlow wherever it is installed and replaces how Keras objects are pickled.
This file lets neither happen. Each name taken from it is pinned by a test.
"""

import contextlib
import random
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from skopt_nn._backend import keras

_REPLACED_BY_SCIKERAS = (
    keras.Model,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.optimizers.Optimizer,
)
_PICKLE_METHODS = ("__reduce__", "__deepcopy__")


@contextlib.contextmanager
def _tensorflow_unseen() -> Iterator[None]:
    """Make ``import tensorflow`` fail, where another backend has no use for it."""
    unseen = keras.backend.backend() != "tensorflow" and "tensorflow" not in sys.modules
    if unseen:
        sys.modules["tensorflow"] = None
    try:
        yield
    finally:
        if unseen:
            del sys.modules["tensorflow"]


@contextlib.contextmanager
def _pickling_of_keras_kept() -> Iterator[None]:
    """Undo what happens to ``__reduce__`` and ``__deepcopy__`` of Keras' classes."""
    before = [
        (cls, name, vars(cls).get(name))
        for cls in _REPLACED_BY_SCIKERAS
        for name in _PICKLE_METHODS
    ]
    try:
        yield
    finally:
        for cls, name, method in before:
            if method is not None:
                setattr(cls, name, method)
            elif name in vars(cls):
                delattr(cls, name)


with _tensorflow_unseen(), _pickling_of_keras_kept():
    from scikeras._utils import (
        get_loss_class_function_or_string,
        get_metric_class,
        get_optimizer_class,
        route_params,
        try_to_convert_strings_to_classes,
        unflatten_params,
    )
    from scikeras.utils import loss_name, metric_name
    from scikeras.utils.transformers import (
        ClassifierLabelEncoder,
        RegressorTargetEncoder,
    )
    from scikeras.wrappers import BaseWrapper

# scikit-learn gave up `_more_tags` and refuses classes that still have it: the tags of
# scikeras' classes are in `__sklearn_tags__` of ours.
if "_more_tags" in vars(BaseWrapper):
    del BaseWrapper._more_tags

from keras.src.backend.common import global_state  # noqa: E402
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR  # noqa: E402
from sklearn.utils import _safe_indexing as safe_indexing  # noqa: E402
from sklearn.utils.validation import (  # noqa: E402
    _check_sample_weight as check_sample_weight,
)

__all__ = [
    "BaseWrapper",
    "ClassifierLabelEncoder",
    "RegressorTargetEncoder",
    "build_for",
    "check_sample_weight",
    "compiled_with",
    "custom_objects",
    "dropout_seeded",
    "fresh_names",
    "get_loss_class_function_or_string",
    "get_metric_class",
    "get_optimizer_class",
    "is_importable",
    "loss_name",
    "metric_name",
    "route_params",
    "safe_indexing",
    "seed_states",
    "seeded",
    "set_seed_states",
    "try_to_convert_strings_to_classes",
    "unflatten_params",
]

_SEEDING = threading.RLock()
_UNDECAYED = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
_NAME_COUNTS = "object_name_uids"


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a build function as if the process had just been seeded with ``seed``.

    Layers without a seed of their own draw one from Python's ``random``, functions of
    ``keras.random`` from a global generator, and users' code may draw from numpy's. All
    three are left as they were found. One thread at a time: the states are global.
    """
    with _SEEDING:
        python_state = random.getstate()
        numpy_state = np.random.get_state()  # noqa: NPY002, put back below
        keras_generator = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002, what a build function may draw from
        # Keras makes another one from `random`, at its first use.
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, None)
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002
            global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, keras_generator)


@contextlib.contextmanager
def dropout_seeded(model: keras.Model, seed: int) -> Iterator[Callable[[int], None]]:
    """Give a function that seeds the layers' randomness for an epoch, where needed.

    Keras' layers have seeds of their own, but its dropout on torch draws from torch's
    global random state. It is put back afterwards, and used by one thread at a time.
    """
    if keras.backend.backend() != "torch" or not _seed_variables(model):
        yield lambda epoch: None
        return
    import torch

    def reseed(epoch):
        torch.manual_seed(
            int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
        )

    with _SEEDING, torch.random.fork_rng():
        yield reseed


@contextlib.contextmanager
def fresh_names() -> Iterator[None]:
    """Name metrics made in here ``auc`` again, not ``auc_7`` for the seventh fit."""
    counts = global_state.get_global_attribute(_NAME_COUNTS)
    global_state.set_global_attribute(_NAME_COUNTS, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(_NAME_COUNTS, counts)


def build_for(model: keras.Model, batch: tuple) -> None:
    """Build layers, metrics and optimizer as ``fit`` does for its first batch."""
    model._symbolic_build(data_batch=batch)


def compiled_with(model: keras.Model) -> dict[str, Any] | None:
    """What a model was compiled with; None if that is not what trains it."""
    config = getattr(model, "_compile_config", None)
    if config is None or config.config["optimizer"] is not model.optimizer:
        return None
    # No configuration says which variables an optimizer does not decay.
    if any(getattr(model.optimizer, name, None) for name in _UNDECAYED):
        return None
    return dict(config.config)


def seed_states(model: keras.Model) -> list[np.ndarray]:
    """States of the model's seed generators, which Keras' archive leaves out."""
    return [
        keras.ops.convert_to_numpy(variable.value)
        for variable in _seed_variables(model)
    ]


def set_seed_states(model: keras.Model, states: list[np.ndarray]) -> None:
    for variable, state in zip(_seed_variables(model), states):
        variable.assign(state)


def _seed_variables(model):
    return [
        variable
        for variable in model.variables
        if variable.path.endswith("seed_generator_state")
    ]


def custom_objects(model: keras.Model) -> dict[str, Any]:
    """Classes and functions from outside Keras that the model is made of, by name."""
    parts = list(model._flatten_layers())
    parts += [getattr(layer, "activation", None) for layer in parts]
    compiled = getattr(model, "_compile_config", None)
    if compiled is not None:
        parts += keras.tree.flatten(compiled.config)
    parts.append(getattr(model, "optimizer", None))
    found = {}
    for part in parts:
        named = part if hasattr(part, "__qualname__") else type(part)
        module = getattr(named, "__module__", None) or "builtins"
        if module.split(".")[0] not in ("keras", "builtins", "numpy"):
            found[named.__name__] = named
    return found


def is_importable(named: Any) -> bool:
    """Whether pickle can store a class or function as a reference."""
    module = sys.modules.get(named.__module__)
    return getattr(module, named.__qualname__, None) is named
