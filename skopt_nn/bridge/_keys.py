"""Which models share Keras' own steps as compiled programs.

Keras' JAX trainer passes variables, optimizer and metrics through its step functions
as arguments. Functions traced on a private twin of a model are therefore right for
every model of its architecture that is compiled as it is.
"""

import inspect
import json
from collections.abc import Hashable, Mapping
from typing import Any

from skopt_nn._backend import keras
from skopt_nn._compat import compile_arguments, excludes_from_decay
from skopt_nn.training._keys import (
    architecture_key,
    description,
    holds_code,
    is_of_keras,
)


def prediction_key(model: keras.Model) -> Hashable | None:
    """A key that two models share only if they predict by the same program.

    None where that cannot be known, or where Keras would compile no program.
    """
    if not is_compiled_by_jax(model) or not model.built or holds_code(model):
        return None
    key = architecture_key(model)
    return None if key is None else ("stock predict", key)


def training_key(model: keras.Model, batch: tuple) -> Hashable | None:
    """A key that two models share only if they train by the same program.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    batch : tuple
        Rows as the model is given them: the kinds of metrics follow from their shapes.
    """
    compiled = compiled_with(model)
    key = None if compiled is None else prediction_key(model)
    if key is None or model.steps_per_execution != 1:
        return None
    if not all(map(_is_stock, keras.tree.flatten(compiled))):
        return None
    described = json.dumps(_without_variables(model.get_compile_config()))
    # Logs of several outputs are named after them.
    names = tuple(model.output_names) if len(model.outputs) > 1 else ()
    shapes = keras.tree.map_structure(lambda a: (str(a.dtype), a.shape[1:]), batch)
    one_row = keras.tree.flatten(batch)[0].shape[0] == 1
    return "stock train", key, described, names, repr(shapes), one_row


def compiled_with(model: keras.Model) -> Mapping[str, Any] | None:
    """What a model was compiled with; None if that is not what trains it."""
    arguments = compile_arguments(model)
    if not arguments or arguments["optimizer"] is not model.optimizer:
        return None
    return None if excludes_from_decay(model.optimizer) else arguments


def is_compiled_by_jax(model):
    return (
        keras.backend.backend() == "jax"
        and keras.distribution.distribution() is None
        and not keras.config.is_nnx_enabled()
        and not model.run_eagerly
        and bool(model.jit_compile)
    )


def _is_stock(part):
    """Whether a part of a compilation is Keras' own, and says all about itself."""
    if part is None or isinstance(part, (bool, int, float)):
        return True
    if isinstance(part, str) or inspect.isfunction(part):
        name = part if isinstance(part, str) else part.__name__
        owners = keras.losses, keras.metrics
        known = [part] if name is part else [getattr(o, name, None) for o in owners]
        return part in known and keras.saving.get_registered_object(name) is None
    is_of_ours = is_of_keras(type(part)) and not holds_code(part)
    return is_of_ours and description(part) is not None


def _without_variables(config):
    """A compile configuration without what the optimizer keeps in variables."""
    optimizer = config["optimizer"]
    values = {k: v for k, v in optimizer["config"].items() if k != "name"}
    if isinstance(values.get("learning_rate"), float):
        del values["learning_rate"]
    return {**config, "optimizer": {**optimizer, "config": values}}
