"""Layers of one shape are one layer from the start."""

from collections import defaultdict
from dataclasses import dataclass

from skopt_nn.networks.sharing._sharing import Sharing


@dataclass(frozen=True)
class Tied(Sharing):
    """One layer for all slots of one kernel shape.

    References
    ----------
    D. Eigen, J. Rolfe, R. Fergus, Y. LeCun. "Understanding Deep Architectures using a
    Recursive Convolutional Network". ICLR Workshop 2014. arXiv:1312.1847.
    """

    def groups(self, slots):
        members = defaultdict(list)
        for slot, shape in slots.items():
            members[shape].append(slot)
        groups = {slot: slot for slot in slots}
        shared = [group for group in members.values() if len(group) > 1]
        for i, group in enumerate(shared, start=1):
            groups |= dict.fromkeys(group, f"shared_{i}")
        return groups

    def accepts(self, recipe):
        shapes = recipe.slots()
        stored = {recipe.groups.get(slot, slot) for slot in shapes}
        if len(stored) > len(set(shapes.values())):
            return "in which layers of one shape have weights of their own"
        return None
