"""What a compiled program depends on, as a hashable key."""

import json
import warnings
from collections.abc import Hashable, Iterator, Mapping
from types import FunctionType
from typing import Any

from skopt_nn._backend import keras

# Seeds and initial values are variables of the model, hence arguments of its program.
_ARGUMENTS = {"seed", "build_config", "compile_config"}
# Classes of these packages keep in variables what their configuration does not say.
_PACKAGES = ("builtins.", "keras.", "skopt_nn.")
_CODE = ("function", "__lambda__", "Lambda")


def architecture_key(model: keras.Model) -> Hashable | None:
    """A key that two models share only if they are one function of their variables.

    A model with an attribute ``architecture`` has the key of that. For others it is
    the model's configuration without names, seeds, initial values and what a layer
    class lists in ``variable_config`` because it keeps it in variables.

    Returns None for a model that no configuration describes: a subclassed model, a
    Python function in it, a layer that adapts to data, or one from elsewhere whose
    class does not declare ``variable_config`` and may hide what it computes.
    """
    if _has_architecture(model):
        return model.architecture.key
    cls = type(model)
    if cls.__name__ not in ("Functional", "Sequential") or not is_of_keras(cls):
        return None
    layers = list(_operations(model, {id(model)}))
    if not all(map(_is_described, layers)):
        return None
    names = {layer.name: f"layer {i}" for i, layer in enumerate(layers)}
    declared = {_class_of(layer): _variable_config(layer) for layer in layers}
    described = description(model, names, declared)
    variables = tuple((v.shape, v.dtype, v.trainable) for v in model.variables)
    key = described, tuple(map(type, layers)), variables, _global_settings()
    return None if described is None else key


def twin(model: keras.Model) -> keras.Model:
    """Another model of the architecture of a model that has a key."""
    if _has_architecture(model):
        return model.architecture.make()
    return type(model).from_config(model.get_config())


def description(part: Any, names: Mapping = {}, declared: Mapping = {}) -> str | None:
    """The configuration of something of Keras as text; None if it hides code.

    Parameters
    ----------
    part : keras.Model, Loss, Metric or Optimizer
    names : dict of str to str
        What stands for the names of layers.
    declared : dict of (str, str) to frozenset of str
        For classes of layers, by registered and own name, their ``variable_config``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a lambda is unsafe to reload
            config = keras.saving.serialize_keras_object(part)
        return json.dumps(_canonical(config, names, declared))
    except (KeyError, NotImplementedError, TypeError, ValueError):
        return None


def holds_code(owner: Any) -> bool:
    """Whether an instance has functions of others, or in the place of its methods."""
    return any(
        isinstance(value, FunctionType) or callable(getattr(type(owner), name, None))
        for name, value in vars(owner).items()
        if not (getattr(value, "__module__", None) or "").startswith(_PACKAGES)
    )


def is_of_keras(named: Any) -> bool:
    return named.__module__.startswith("keras.")


def _has_architecture(model):
    architecture = getattr(model, "architecture", None)
    return architecture is not None and architecture.describes(model)


def _operations(parent, seen: set[int]) -> Iterator[keras.Operation]:
    """Layers and operations at any depth, those that wrappers hold included."""
    for value in vars(parent).values():
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(item, keras.Operation) and id(item) not in seen:
                seen.add(id(item))
                yield item
                yield from _operations(item, seen)


def _is_described(layer):
    """Whether the configuration of a layer tells all that it computes."""
    if hasattr(layer, "adapt"):
        return False
    if not type(layer).__module__.startswith(_PACKAGES):
        return hasattr(type(layer), "variable_config")
    # A function called like one of Keras' activations is serialized as if it were it.
    return not holds_code(layer)


def _class_of(layer):
    """A layer's class as its serialized form names it."""
    cls = type(layer)
    registered = None if is_of_keras(cls) else keras.saving.get_registered_name(cls)
    return registered, cls.__name__


def _variable_config(layer):
    return frozenset(getattr(type(layer), "variable_config", ()))


def _global_settings():
    return (
        keras.config.floatx(),
        keras.config.epsilon(),
        keras.config.image_data_format(),
    )


def _canonical(value, names, declared, dropped=frozenset()):
    """The configuration without what is an argument; ValueError if it hides code."""
    if isinstance(value, (list, tuple)):
        return [_canonical(item, names, declared) for item in value]
    if not isinstance(value, dict):
        return value
    class_name, registered = value.get("class_name"), value.get("registered_name")
    if class_name == "DTypePolicy":
        return value
    _check_class(value, (registered, class_name) in declared)
    if "keras_history" in value:
        layer, *position = value["keras_history"]
        value = {**value, "keras_history": [names[layer], *position]}
    inner = declared.get((registered, class_name), frozenset())
    found = {
        key: _renamed(item, names)
        if key in ("name", "input_layers", "output_layers")
        else _canonical(
            item, names, declared, inner if key == "config" else frozenset()
        )
        for key, item in sorted(value.items())
        if key not in _ARGUMENTS | set(dropped)
    }
    return {key: v for key, v in found.items() if not key.endswith("_initializer")}


def _check_class(config, is_declared):
    """ValueError for a Python function, or a class of which too little is known."""
    name = config.get("class_name")
    if name in _CODE:
        raise ValueError("a Python function is not described by its configuration")
    if name is None or name.startswith("__") or is_declared:  # "__keras_tensor__"
        return
    source = config.get("module") or config.get("registered_name") or ""
    if not (source.replace(">", ".") + ".").startswith(_PACKAGES):
        raise ValueError("a class from elsewhere may hide what it computes")


def _renamed(item, names):
    """Names of layers, wherever they stand in a tree of lists and dicts."""
    return keras.tree.map_structure(
        lambda part: names.get(part, "model") if isinstance(part, str) else part, item
    )
