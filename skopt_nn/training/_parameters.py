"""How a network is trained: the parameters that every family shares."""

from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any

from skopt_nn._parameters import COUNT, SHARE, OneOf, Range, parameter, parameters
from skopt_nn.training._length import auto_batch_size, auto_epochs
from skopt_nn.training._optimizers import OPTIMIZERS
from skopt_nn.training._schedules import SCHEDULES


@parameters
class Training:
    """Parameters of training.

    Parameters
    ----------
    %(parameters)s
    """

    optimizer: str = parameter("adam", OneOf(OPTIMIZERS.keys()), "str")
    """Name of a Keras optimizer, one of ``skopt_nn.training.OPTIMIZERS``."""
    learning_rate: float = parameter(5e-3, Range(Real, 0, closed="neither"))
    """Step size of the optimizer, in (0, inf): the largest of the schedule."""
    learning_rate_schedule: Any = parameter(
        "one_cycle", [OneOf(SCHEDULES.keys()), callable], "str or callable"
    )
    """Learning rate over the steps of a fit. ``"one_cycle"``: linearly up in the first
    quarter, then linearly down to zero [6]_; ``"cosine"``: half a period, from the top
    down to zero; ``"constant"``; or a function from the fraction of the fit that is
    done, in [0, 1], to a factor of ``learning_rate``. ``partial_fit``, which knows no
    end, takes the rate as it is.
    """
    weight_decay: float = parameter(0.01, Range(Real, 0))
    """Decoupled weight decay of the kernels, in [0, inf): each step multiplies
    them by ``1 - learning_rate * weight_decay`` [1]_.
    """
    global_clipnorm: float | None = parameter(
        None, [Range(Real, 0, closed="neither"), None], "float"
    )
    """Largest norm of the gradient of all weights together, in (0, inf): a longer one
    is shortened to it. None for no limit, which is a program of its own: the norm costs
    a small network up to a tenth of a step.
    """
    weight_averaging: float | None = parameter(None, [SHARE, None], "float")
    """Decay of an exponential moving average of weights and normalization statistics
    over the steps, in [0, 1), such as 0.99. The average predicts and is
    watched by ``early_stopping``. None for the weights of the last step.
    """
    epochs: int | str = parameter("auto", [COUNT, OneOf(("auto",))], 'int or "auto"')
    """Passes over the training rows; the most of them with ``early_stopping``.
    ``"auto"`` makes at least 2,000 steps and 10 passes of it, and no
    more than 20,000 steps where one pass has fewer.
    """
    batch_size: int | str | None = parameter(
        "auto", [COUNT, OneOf(("auto",)), None], 'int, None or "auto"'
    )
    """Rows of each gradient step; None for all rows at once. ``"auto"`` is 16 below
    500 rows, 32 below 2,500, 64 below 10,000 and 128 from there on.
    """
    max_time: float | None = parameter(
        None, [Range(Real, 0, closed="neither"), None], "float"
    )
    """Seconds, in (0, inf), after which a fit ends. The schedule is fitted into them:
    once an epoch's time is known, the fit has as many epochs as the seconds
    left allow, at least the one under way. None for no limit.
    """
    early_stopping: bool = parameter(False, "boolean")
    """Whether to hold out ``validation_fraction`` of the rows, or to take those
    given as ``X_val``, to stop once ``scoring`` has not improved on them for
    ``n_iter_no_change`` epochs, and to restore the best epoch. While a schedule
    anneals the learning rate, it is not stopped before its last quarter.
    """
    scoring: str | Callable = parameter("loss", [str, callable], "str or callable")
    """What is watched on the rows held out: ``"loss"``, or a scorer of scikit-learn by
    its name or as ``scorer(estimator, X, y)``, of which more is better. Ignored without
    such rows.
    """
    validation_fraction: float = parameter(0.1, Range(Real, 0, 1, closed="neither"))
    """Part of the rows held out, in (0, 1); of rows with a label of their own where a
    teacher labels others. Ignored unless ``early_stopping``, and if ``fit`` is given
    rows to validate on.
    """
    n_iter_no_change: int = parameter(10, COUNT)
    """Epochs without improvement before stopping. Ignored unless
    ``early_stopping``.
    """


def resolved(training: Training, n_rows: int) -> Training:
    """The same with numbers for what is ``"auto"``."""
    size, epochs = training.batch_size, training.epochs
    if isinstance(size, str):
        size = auto_batch_size(n_rows)
    if isinstance(epochs, str):
        epochs = auto_epochs(n_rows, size)
    return replace(training, batch_size=size, epochs=epochs)
