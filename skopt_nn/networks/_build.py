"""Networks from recipes: plain dictionaries that say all there is to say of one."""

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks._cnn import build_cnn
from skopt_nn.networks._layers import Dropout
from skopt_nn.networks._shared import build_shared, shared_layers, shared_slots

BUILDERS = {"cnn": build_cnn, "shared": build_shared}
# Both live in variables of the network.
_VALUES = ("dropout", "seed")


@dataclass(frozen=True)
class Architecture:
    """What a network computes, apart from the values of its variables.

    It is the attribute ``architecture`` of a network, by which programs are shared:
    the configuration that Keras writes says the same, but takes ten times as long, and
    Keras imports TensorFlow to write it.

    Attributes
    ----------
    key : hashable
        Equal for networks that are one function of their variables.
    make : callable
        Builds another network of this architecture.
    state : tuple
        Its variables and Keras' settings when it was built.
    """

    key: Hashable
    make: Callable[[], keras.Model]
    state: tuple

    def describes(self, model: keras.Model) -> bool:
        """Whether nobody froze a layer, or changed Keras' settings, since."""
        return self.state == _state(model)


def _state(model):
    settings = keras.config
    return (
        settings.floatx(),
        settings.epsilon(),
        settings.image_data_format(),
        settings.dtype_policy().name,
        *((v.shape, v.dtype, v.trainable) for v in model.variables),
    )


def _with_architecture(model, key, make):
    state = _state(model)
    model.architecture = Architecture((key, state), make, state)
    return model


def build(recipe: Mapping) -> keras.Model:
    """The network of a recipe: ``{"network": name, **arguments of its builder}``.

    A recipe holds numbers, strings, tuples and dicts only; with the values of the
    variables it is all that a file needs to keep of a network.
    """
    arguments = dict(recipe)
    model = BUILDERS[arguments.pop("network")](**arguments)
    return _with_architecture(model, _computed(recipe), lambda: build(recipe))


def _computed(recipe):
    """A recipe without values of variables, and without names of shared layers."""
    groups = shared_layers(recipe.get("groups") or {})
    computed = {k: v for k, v in recipe.items() if k not in _VALUES}
    computed["groups"] = tuple(sorted(tuple(sorted(g)) for g in groups.values()))
    return tuple(sorted(computed.items()))


@lru_cache(maxsize=256)
def _unshared(items):
    model = build({**dict(items), "seed": 0, "groups": None})
    return shared_slots(model), n_parameters(model)


def _unshared_of(recipe):
    ignored = ("seed", "groups", "dropout")
    items = tuple((k, v) for k, v in recipe.items() if k not in ignored)
    return _unshared((*items, ("dropout", 0.0)))


def slots(recipe: Mapping) -> dict[str, tuple]:
    """Kernel shape of each layer of a recipe that may share its weights."""
    return dict(_unshared_of(recipe)[0])


def n_unshared_parameters(recipe: Mapping) -> int:
    """Number of parameters of the same network if nothing were shared."""
    return _unshared_of(recipe)[1]


def hidden_features(model: keras.Model) -> keras.Model:
    """The same network, ending where its last layer begins."""
    features = keras.Model(model.input, model.get_layer("logits").input)
    whole = model.architecture
    return _with_architecture(
        features, ("features", whole.key), lambda: hidden_features(whole.make())
    )


def n_parameters(model: keras.Model) -> int:
    """Number of values that training changes; a shared layer counts once."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def get_values(model: keras.Model) -> list[np.ndarray]:
    """The values of all variables, seeds of dropout masks included."""
    return [np.array(keras.ops.convert_to_numpy(v.value)) for v in _variables(model)]


def set_values(model: keras.Model, values: list[np.ndarray]) -> keras.Model:
    for variable, value in zip(_variables(model), values, strict=True):
        variable.assign(on_device(value))
    return model


def copy(recipe: Mapping, model: keras.Model) -> keras.Model:
    """Another model of the same values, but with the dropout of the recipe."""
    other = set_values(build(recipe), get_values(model))
    for layer in other.layers:
        if isinstance(layer, Dropout):
            layer.rate_value.assign(layer.rate)
    return other


def _variables(model):
    return [*model.trainable_variables, *model.non_trainable_variables]
