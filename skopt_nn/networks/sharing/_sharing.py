"""What a kind of weight sharing says."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from skopt_nn._backend import keras


class SharingRun(Protocol):
    """A training of a network whose layers may come to share, as its kind sees it.

    Attributes
    ----------
    recipe : SharedRecipe
    model : keras.Model
    """

    recipe: Any
    model: keras.Model

    @property
    def is_in_time(self) -> bool:
        """Whether there is time to train on."""
        ...

    def score(self) -> float:
        """Score of the model on the held-out rows."""
        ...

    def train(self, epochs: int) -> None:
        """Train on, and keep the epoch that is best on the held-out rows."""

    def replace(self, recipe: Any, model: keras.Model) -> None:
        """Go on with another model, and a new state of the optimizer."""


@dataclass(frozen=True)
class Sharing:
    """A kind of sharing; its dataclass fields are parameters of the estimators.

    Attributes
    ----------
    needs_held_out : bool
        Whether ``after_training`` asks for a score.
    trains_on : bool
        Whether ``after_training`` trains for epochs whose number nobody knows before.
    between_epochs : bool
        Whether ``project`` is called between epochs and behind the last one.
    n_values : int or None
        The most values that a kernel has behind ``project``; None for any number.
    """

    needs_held_out = False
    trains_on = False
    between_epochs = False
    n_values: ClassVar[int | None] = None

    def check(self, recipe: Any) -> None:
        """Raise if a network of this recipe cannot share so."""

    def project(self, model: keras.Model, part: float) -> None:
        """Move weights a part of the way, in (0, 1], to where they are shared."""

    def applied_to(self, recipe: Any) -> Any:
        """The recipe of a network that shares so."""
        groups = self.groups(recipe.slots())
        return replace(recipe.without_sources(), groups=groups)

    def groups(self, slots: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
        """The layer of each slot, from the kernel shapes of all slots."""
        return {slot: slot for slot in slots}

    def accepts(self, recipe: Any) -> str | None:
        """Why a network of this recipe cannot be trained on; None if it can."""
        slots = recipe.slots()
        groups = {slot: recipe.groups.get(slot, slot) for slot in slots}
        if self.groups(slots) == groups:
            return None
        shared = ", ".join(shared_layers(groups))
        if not shared:
            return "in which no layers share weights"
        return f"in which layers share weights (as {shared})"

    def after_training(self, run: SharingRun) -> None:
        """What happens behind the last epoch."""


def shared_layers(groups: Mapping[str, str], least: int = 2) -> dict[str, list[str]]:
    """The slots of each layer that fills so many of them or more."""
    members = defaultdict(list)
    for slot, layer in groups.items():
        members[layer].append(slot)
    return {layer: slots for layer, slots in members.items() if len(slots) >= least}
