"""Parameters of networks for tables."""

from typing import Any

from skopt_nn import networks
from skopt_nn._parameters import (
    COUNT,
    SHARE,
    OneOf,
    parameter,
    parameters,
    redefault,
)
from skopt_nn.training import Training


@parameters
class Table:
    """Parameters of a network for tables.

    Parameters
    ----------
    %(parameters)s
    """

    n_members: int = parameter(16, COUNT)
    """Members that share all layers but for a few vectors each, and predict together.
    """
    adapters: str = parameter("mini", OneOf(networks.ADAPTERS), '{"mini", "full"}')
    """Where members differ beside their outputs. ``"mini"``: each multiplies the
    embedded columns by a vector of its own; ``"full"``: what goes into each shared
    layer and what comes out of it, and adds a bias of its own.
    """
    embedding: str | None = parameter(
        "piecewise_linear",
        [OneOf(networks.EMBEDDINGS), None],
        '{"piecewise_linear", "periodic"}',
    )
    """What each column of numbers becomes [4]_: a vector that is piecewise linear in
    it, with bins between its quantiles; or one of waves of it, whose frequencies are
    learned. None for the number itself.
    """
    n_bins: int | str = parameter("auto", [COUNT, OneOf(("auto",))], 'int or "auto"')
    """Bins of each column, at least a millionth of its range wide; with
    ``embedding="periodic"`` the number of frequencies. ``"auto"`` is 48, and 8 bins for
    labels of less than 2,000 rows.
    """
    embedding_dim: int = parameter(8, COUNT)
    """Length of the vector that each column becomes."""
    dense_units: tuple[int, ...] = parameter((128, 128), [tuple, list], "tuple of int")
    """Units of the layers that all members share."""
    activation: str = parameter("relu", OneOf(networks.ACTIVATIONS), "str")
    """Name of the activation function, one of ``skopt_nn.networks.ACTIVATIONS``."""
    dropout: float = parameter(0.0, SHARE)
    """Fraction of the values behind each layer set to zero in training, in [0, 1)."""
    categorical_features: Any = parameter(
        "from_dtype",
        ["array-like", OneOf(("from_dtype",)), None],
        'array-like of bool, int or str, or "from_dtype"',
    )
    """Which columns are categories. ``"from_dtype"``: those of strings and of pandas'
    and polars' categories; else a mask, places or names, of which columns of strings
    must be some. None for no column.
    """
    max_members: int | None = parameter(None, [COUNT, None], "int")
    """The most members that are kept for prediction: those that predict best together,
    chosen one by one on rows that are held out [5]_. None for all.
    """


@parameters
class TableTraining(Training):
    """Parameters of training, as tables want them: docs/defaults.md says why.

    Parameters
    ----------
    %(parameters)s
    """

    learning_rate: float = redefault(Training, "learning_rate", 2e-3)
    learning_rate_schedule: Any = redefault(
        Training, "learning_rate_schedule", "constant"
    )
    weight_averaging: float | None = redefault(Training, "weight_averaging", 0.99)
    epochs: int | str = redefault(Training, "epochs", "auto")
    """Passes over the training rows; the most of them with ``early_stopping``.
    ``"auto"`` makes at least 250 steps and 30 passes of it, and no more than
    20,000 steps where one pass has fewer.
    """
