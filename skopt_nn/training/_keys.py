"""What a compiled program depends on, as a hashable key."""

import json
import warnings
from collections.abc import Hashable, Iterator
from types import FunctionType

from skopt_nn._backend import keras

# Seeds and initial values are variables of the model, hence arguments of its program.
_ARGUMENTS = {"seed", "build_config", "compile_config"}
# Classes of these packages keep in variables what their configuration does not say.
_OUR_PACKAGES = ("keras.", "skopt_nn.")


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
    if type(model) is not keras.Sequential and not _is_functional(model):
        return None
    layers = list(_operations(model, {id(model)}))
    if not all(map(_is_described, layers)):
        return None
    names = {layer.name: f"layer {i}" for i, layer in enumerate(layers)}
    declared = {_class_of(layer): _variable_config(layer) for layer in layers}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a lambda is unsafe to reload
            config = keras.saving.serialize_keras_object(model)
        described = json.dumps(_canonical(config, names, declared))
    except (KeyError, NotImplementedError, TypeError, ValueError):
        return None
    variables = tuple((v.shape, v.dtype, v.trainable) for v in model.variables)
    return described, tuple(map(type, layers)), variables, _global_settings()


def twin(model: keras.Model) -> keras.Model:
    """Another model of the architecture of a model that has a key."""
    if _has_architecture(model):
        return model.architecture.make()
    return type(model).from_config(model.get_config())


def _has_architecture(model):
    architecture = getattr(model, "architecture", None)
    return architecture is not None and architecture.describes(model)


def _is_functional(model):
    return type(model).__name__ == "Functional" and type(model).__module__.startswith(
        "keras."
    )


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
    cls = type(layer)
    if hasattr(layer, "adapt"):
        return False
    if not cls.__module__.startswith(_OUR_PACKAGES):
        return hasattr(cls, "variable_config")
    # A function called like one of Keras' activations is serialized as if it were it.
    functions = [v for v in vars(layer).values() if isinstance(v, FunctionType)]
    return all(f.__module__.startswith(_OUR_PACKAGES) for f in functions)


def _class_of(layer):
    """A layer's class as its serialized form names it."""
    cls = type(layer)
    stock = cls.__module__.startswith("keras.")
    return None if stock else keras.saving.get_registered_name(cls), cls.__name__


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
    class_name = value.get("class_name")
    if class_name == "DTypePolicy":
        return value
    if class_name in ("function", "__lambda__", "Lambda"):
        raise ValueError("a Python function is not described by its configuration")
    if "keras_history" in value:
        layer, *position = value["keras_history"]
        value = {**value, "keras_history": [names[layer], *position]}
    inner = declared.get((value.get("registered_name"), class_name), frozenset())
    return {
        key: _renamed(item, names)
        if key in ("name", "input_layers", "output_layers")
        else _canonical(
            item, names, declared, inner if key == "config" else frozenset()
        )
        for key, item in sorted(value.items())
        if key not in _ARGUMENTS | set(dropped) and not key.endswith("_initializer")
    }


def _renamed(item, names):
    """Names of layers, wherever they stand in a tree of lists and dicts."""
    if isinstance(item, str):
        return names.get(item, "model")
    if isinstance(item, dict):
        return {key: _renamed(part, names) for key, part in item.items()}
    if isinstance(item, (list, tuple)):
        return [_renamed(part, names) for part in item]
    return item
