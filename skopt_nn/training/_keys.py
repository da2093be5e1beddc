"""What a compiled program depends on, as a hashable key."""

import json
import warnings
from collections.abc import Hashable

from skopt_nn._backend import keras

# Seeds and initial values are variables of the model, hence arguments of its program.
_ARGUMENTS = {"seed", "build_config", "compile_config"}


def architecture_key(model: keras.Model) -> Hashable | None:
    """A key that two models share only if they are one function of their variables.

    It is the model's configuration without names, seeds, initial values and what a
    layer class lists in ``variable_config`` because it keeps it in variables.

    Returns None for a model that no configuration describes: a subclassed model, a
    Python function in it, or a layer outside Keras whose class does not declare
    ``variable_config`` and may hide what it computes.
    """
    if not isinstance(model, keras.Sequential) and not _is_functional(model):
        return None
    layers = list(_nested_layers(model))
    variable_config = {}
    for layer in layers:
        declared = getattr(type(layer), "variable_config", None)
        if declared is None and not type(layer).__module__.startswith("keras."):
            return None
        variable_config[type(layer).__name__] = set(declared or ())
    names = {layer.name: f"layer {i}" for i, layer in enumerate(layers)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a lambda is unsafe to reload
            config = keras.saving.serialize_keras_object(model)
        described = json.dumps(_canonical(config, names, variable_config))
    except (KeyError, NotImplementedError, TypeError, ValueError):
        return None
    return described, tuple(map(type, layers)), _global_settings()


def _is_functional(model):
    return type(model).__name__ == "Functional" and type(model).__module__.startswith(
        "keras."
    )


def _nested_layers(model):
    for layer in getattr(model, "operations", model.layers):
        yield layer
        if hasattr(layer, "layers"):
            yield from _nested_layers(layer)


def _global_settings():
    return (
        keras.config.floatx(),
        keras.config.epsilon(),
        keras.config.image_data_format(),
    )


def _canonical(value, names, variable_config, dropped=frozenset()):
    """The configuration without what is an argument; ValueError if it hides code."""
    if isinstance(value, (list, tuple)):
        return [_canonical(item, names, variable_config) for item in value]
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
    inner = variable_config.get(class_name, frozenset())
    return {
        key: _renamed(item, names)
        if key in ("name", "input_layers", "output_layers")
        else _canonical(item, names, variable_config, inner if key == "config" else ())
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
