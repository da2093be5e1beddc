"""Which places share which weights, one kind of sharing a file."""

from skopt_nn.networks.sharing._clustered import Clustered
from skopt_nn.networks.sharing._hashed import Hashed
from skopt_nn.networks.sharing._sharing import Sharing, SharingRun, shared_layers
from skopt_nn.networks.sharing._templates import Templates
from skopt_nn.networks.sharing._tied import Tied

# The names that the parameter ``sharing`` takes.
SHARINGS: dict[str, type[Sharing]] = {
    "tied": Tied,
    "templates": Templates,
    # Its successor, under the name that it had before.
    "similar": Templates,
    "clustered": Clustered,
    "hashed": Hashed,
}

__all__ = [
    "SHARINGS",
    "Clustered",
    "Hashed",
    "Sharing",
    "SharingRun",
    "Templates",
    "Tied",
    "shared_layers",
]
