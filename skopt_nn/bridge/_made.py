"""What a model was made with, held against what a training that goes on asks for."""

from numbers import Real

import numpy as np

from skopt_nn._backend import keras

_RATE = "optimizer__learning_rate"
_OF_COMPILE = ("optimizer", "loss", "metrics", "compile")


class Made:
    """What the model of an estimator was built and compiled with.

    Parameters
    ----------
    estimator : BaseWrapper
    is_compiled : bool
        Whether the build function has compiled the model.
    """

    def __init__(self, estimator, *, is_compiled):
        self.is_compiled = is_compiled
        self._parameters = _parameters(estimator)

    def take_over_changes(self, estimator):
        """Compile the model of the estimator anew, if it is to be compiled otherwise.

        Raises
        ------
        ValueError
            For another parameter of what the build function made.
        """
        now, before = _parameters(estimator), self._parameters
        names = sorted({*now, *before})
        changed = [n for n in names if not _are_same(now.get(n), before.get(n))]
        if not changed:
            return
        fixed = [n for n in changed if self.is_compiled or not _is_of_compile(n)]
        if fixed:
            had, got = (
                ", ".join(f"{name}={of.get(name)!r}" for name in fixed)
                for of in (before, now)
            )
            raise ValueError(
                "warm_start and partial_fit train the model on that there is, which "
                f"the build function made with {had}; got {got}. Set that back, or fit "
                "a clone."
            )
        model, rates = estimator.model_, (now.get(_RATE), before.get(_RATE, 0.0))
        if changed == [_RATE] and all(isinstance(rate, Real) for rate in rates):
            if model.compiled:
                model.optimizer.learning_rate = now[_RATE]
        else:
            model.compile(**estimator._get_compile_kwargs())
        # In place: a training that fails leaves the model compiled as it is then.
        self._parameters = now


def _parameters(estimator):
    """Those of the build function and of ``compile``; a model stands for itself."""
    bare = {name for name in estimator._user_params if "__" not in name}
    of_build = {"model", "build_fn", *bare}
    return {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if (name in of_build or name.startswith("model__") or _is_of_compile(name))
        and not isinstance(value, keras.Model)
    }


def _is_of_compile(name):
    others = ("loss_weights", "weighted_metrics", "run_eagerly")
    return name in others or name.partition("__")[0] in _OF_COMPILE


def _are_same(one, other):
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_are_same, one, other))
    if isinstance(one, dict):
        return [*one] == [*other] and _are_same([*one.values()], [*other.values()])
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    try:
        return bool(one == other)
    except (TypeError, ValueError):  # what a class of the user's says
        return False
