"""How a network is trained: the parameters that every family shares."""

from numbers import Real

from skopt_nn._parameters import COUNT, OneOf, Range, parameter, parameters
from skopt_nn.training._optimizers import OPTIMIZERS


@parameters
class Training:
    """Parameters of training.

    Parameters
    ----------
    %(parameters)s
    """

    optimizer: str = parameter("adam", OneOf(OPTIMIZERS.keys()), "str")
    """Name of a Keras optimizer, one of ``skopt_nn.training.OPTIMIZERS``."""
    learning_rate: float = parameter(1e-3, Range(Real, 0, closed="neither"))
    """Step size of the optimizer, in (0, inf)."""
    weight_decay: float = parameter(0.0, Range(Real, 0))
    """Decoupled weight decay of the kernels, in [0, inf): each step multiplies
    them by ``1 - learning_rate * weight_decay`` [1]_.
    """
    epochs: int = parameter(20, COUNT)
    """Passes over the training rows; the most of them with ``early_stopping``."""
    batch_size: int | None = parameter(32, [COUNT, None], "int or None")
    """Rows of each gradient step; None for all rows at once."""
    early_stopping: bool = parameter(False, "boolean")
    """Whether to hold out ``validation_fraction`` of the rows, stop once their
    loss has not improved for ``n_iter_no_change`` epochs, and restore the best
    epoch.
    """
    validation_fraction: float = parameter(0.1, Range(Real, 0, 1, closed="neither"))
    """Part of the rows held out, in (0, 1). Ignored unless ``early_stopping``."""
    n_iter_no_change: int = parameter(10, COUNT)
    """Epochs without improvement before stopping. Ignored unless
    ``early_stopping``.
    """
