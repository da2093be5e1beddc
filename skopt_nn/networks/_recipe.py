"""What a network is, as a frozen dataclass: checked, compared, built, kept in files."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from skopt_nn._backend import keras
from skopt_nn._parameters import COUNT, Constraint, Flag, Range, Sizes, checked
from skopt_nn.networks.layers import draw_weights


def restricted(constraint: Constraint, **kwargs: Any) -> Any:
    """A field of a recipe whose value is checked, and made plain Python."""
    return field(metadata={"constraint": constraint}, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All there is to say of a network but the values of its variables.

    Equal recipes are one function of their variables, so that they share programs: what
    lives in variables, as the seed's draws do, is left out of the comparison. Whoever
    makes a recipe, a constructor or a file, has its values checked here.

    Parameters
    ----------
    input_shape : tuple of int
        One sample with its channels.
    n_outputs : int
        Number of logits.
    per_column : bool
        Whether each value of a sample is standardised by itself, as columns of
        unrelated units are, and not with all others of its channel.
    seed : int
        Seed of initial weights and dropout masks, in [0, 2**32).

    Raises
    ------
    ValueError
        If a value is not what its field allows.
    """

    name: ClassVar[str]
    # What the fields were that files of that version do not name.
    of_version_0_1: ClassVar[Mapping[str, Any]] = {}

    input_shape: tuple[int, ...] = restricted(
        Sizes("the shape of one sample with its channels", 1)
    )
    n_outputs: int = restricted(COUNT)
    per_column: bool = restricted(Flag())
    seed: int = restricted(Range(Integral, 0, 2**32), compare=False)

    def __post_init__(self):
        for of in fields(self):
            if "constraint" in of.metadata:
                value = getattr(self, of.name)
                plain = checked(of.name, value, of.metadata["constraint"])
                object.__setattr__(self, of.name, plain)

    # -- what subclasses say ----------------------------------------------------

    def kernels(self) -> dict[str, tuple[int, ...]]:
        """Shape of the kernel in each place of the network, in order."""
        raise NotImplementedError

    def network(self) -> keras.Model:
        """The model, its kernels still zero."""
        raise NotImplementedError

    # -- the same for all -------------------------------------------------------

    @property
    def statistics_shape(self) -> tuple[int, ...]:
        """Shape of the mean and the scale that standardise the inputs."""
        return self.input_shape if self.per_column else self.input_shape[-1:]

    @property
    def standardizes(self) -> bool:
        """Whether inputs are numbers, and not ids; they have a mean and a scale."""
        return True

    @property
    def constants(self) -> list[tuple[int, ...]]:
        """Shapes of the arrays that are set from the training data."""
        return [self.statistics_shape] * 2 if self.standardizes else []

    def stored_kernels(self) -> dict[str, tuple[int, ...]]:
        """Shape of each kernel that is stored; what is shared counts once."""
        return self.kernels()

    def build(self) -> keras.Model:
        """A model with weights drawn by the seed."""
        return draw_weights(self.model(), self.seed)

    def model(self) -> keras.Model:
        """A model whose values are yet to be set."""
        return with_architecture(self.network(), self, self.model)

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, tuples and dicts, as files keep them."""
        values = {of.name: getattr(self, of.name) for of in fields(self) if of.init}
        return {"network": self.name, **values}

    def check_values(self, values: Sequence[np.ndarray]) -> None:
        """Raise unless a model of so many values can be of this recipe: none is built.

        A file may say anything: what it asks to be allocated is no more than it holds.
        """
        needed = Counter([*self.stored_kernels().values(), *self.constants])
        missing = needed - Counter(map(np.shape, values))
        if missing:
            raise ValueError(
                "the network of this recipe has at least these arrays that are not "
                f"among its values: {dict(missing)} (shapes and their numbers)"
            )


@dataclass(frozen=True)
class Architecture:
    """What a model computes, apart from the values of its variables.

    It is the attribute ``architecture`` of a model, by which programs are shared: the
    configuration that Keras writes says the same, but takes ten times as long, and
    Keras imports TensorFlow to write it.

    Attributes
    ----------
    key : hashable
        Equal for models that are one function of their variables.
    make : callable
        Builds another model of this architecture.
    state : tuple
        Its variables and Keras' settings when it was built.
    """

    key: tuple[Any, tuple]
    make: Callable[[], keras.Model]
    state: tuple

    @property
    def recipe(self) -> Any:
        """What the key says beside the state."""
        return self.key[0]

    def describes(self, model: keras.Model) -> bool:
        """Whether nobody froze a layer, or changed Keras' settings, since."""
        return self.state == _state(model)


def with_architecture(
    model: keras.Model, key: Hashable, make: Callable[[], keras.Model]
) -> keras.Model:
    state = _state(model)
    model.architecture = Architecture((key, state), make, state)
    return model


def _state(model):
    settings = keras.config
    return (
        settings.floatx(),
        settings.epsilon(),
        settings.image_data_format(),
        settings.dtype_policy().name,
        *((v.shape, v.dtype, v.trainable) for v in model.variables),
    )


def recipe_from(kinds: Mapping[str, type[Recipe]], state: Any) -> Recipe:
    """The recipe that `Recipe.to_dict` described, checked like any other."""
    state = dict(state)
    name = state.pop("network", None)
    if not isinstance(name, str) or name not in kinds:
        raise ValueError(f"network must be one of {sorted(kinds)}, got {name!r}.")
    if "table" in state:  # its name in files of version 0.1
        state["per_column"] = state.pop("table")
    state = {**kinds[name].of_version_0_1, **state}
    names = {of.name for of in fields(kinds[name]) if of.init}
    if names != state.keys():
        raise ValueError(
            f"a recipe of {name!r} has the fields {sorted(names)}; got "
            f"{sorted(map(str, state))}."
        )
    return kinds[name](**state)
