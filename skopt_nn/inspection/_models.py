"""What an inspection reads off a model: its name, its kind, its networks."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import count

import numpy as np
from sklearn.frozen import FrozenEstimator

# Where scikit-learn's meta-estimators and ours keep what they fitted.
_FITTED_PARTS = (
    "best_estimator_",
    "calibrated_classifiers_",
    "estimator_",
    "estimators_",
    "final_estimator_",
    "regressor_",
    "steps",
    "student_",
    "transformers_",
)


def named_estimators(estimators):
    """A dict of name to estimator from a dict, a list of pairs or of estimators."""
    if isinstance(estimators, Mapping):
        pairs = list(estimators.items())
    elif isinstance(estimators, (list, tuple)):
        pairs = _named_pairs(estimators)
    else:
        raise TypeError(
            "estimators must be a dict of name to estimator, a list of (name, "
            "estimator) pairs or a list of estimators, got "
            f"{type(estimators).__name__}. A single estimator goes into a list."
        )
    if not pairs:
        raise ValueError("estimators must hold at least one estimator, got none.")
    repeated = [name for name, n in Counter(name for name, _ in pairs).items() if n > 1]
    if repeated:
        raise ValueError(f"estimators must have distinct names, got {repeated} twice.")
    return dict(pairs)


def _named_pairs(estimators):
    is_pair = [isinstance(item, (list, tuple)) for item in estimators]
    if any(is_pair):
        if not all(is_pair) or any(len(item) != 2 for item in estimators):
            raise TypeError(
                "estimators must be a list of (name, estimator) pairs or a list of "
                "estimators, got something else or a mix of both."
            )
        return [tuple(item) for item in estimators]
    names = [type(unfrozen(estimator)).__name__ for estimator in estimators]
    totals, numbers = Counter(names), defaultdict(lambda: count(1))
    return [
        (f"{name}-{next(numbers[name])}" if totals[name] > 1 else name, estimator)
        for name, estimator in zip(names, estimators)
    ]


def unfrozen(estimator):
    """The estimator within a FrozenEstimator, or the estimator."""
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    return estimator


def count_parameters(estimator):
    """Trained weights of all networks within a fitted estimator; NaN without one."""
    counts = [network.n_parameters_ for network in _networks(estimator, set())]
    return float(sum(counts)) if counts else float("nan")


def count_multiply_adds(estimator):
    """Multiplications with kernels for one sample; NaN if a network cannot tell."""
    networks = list(_networks(estimator, set()))
    if not networks or not all(hasattr(network, "summary") for network in networks):
        return float("nan")
    return float(sum(network.summary().n_multiply_adds for network in networks))


def _networks(part, seen):
    part = unfrozen(part)
    if id(part) in seen:
        return
    seen.add(id(part))
    # A distilled model has the number of its student, but is no network itself.
    is_network = not hasattr(part, "student_")
    if is_network and getattr(part, "n_parameters_", None) is not None:
        yield part
        return
    if not isinstance(part, (list, tuple, np.ndarray)):
        # A calibrated classifier keeps its member without an underscore.
        names = _FITTED_PARTS if hasattr(part, "fit") else ("estimator",)
        part = [getattr(part, name, ()) for name in names]
    for item in part:
        yield from _networks(item, seen)


def named_parts(estimator):
    """Name and estimator of what a fitted meta-estimator fitted.

    Members without names are numbered from 1; what is the only one has no name.
    """
    if hasattr(estimator, "named_estimators_"):
        last = vars(estimator).get("final_estimator_")
        ending = [] if last is None else [("final_estimator", last)]
        return [*estimator.named_estimators_.items(), *ending]
    if hasattr(estimator, "steps"):
        return estimator.steps
    if hasattr(estimator, "estimators_"):
        return [(str(i), of) for i, of in enumerate(estimator.estimators_, start=1)]
    only = ("best_estimator_", "estimator_", "regressor_")
    return [("", getattr(estimator, of)) for of in only if hasattr(estimator, of)]


def kind_of(estimator):
    """One of the keys of the legend: what sort of model this is."""
    estimator = unfrozen(estimator)
    searched = getattr(estimator, "best_estimator_", None)
    if searched is not None or hasattr(estimator, "param_grid"):
        return kind_of(estimator.estimator if searched is None else searched)
    params = estimator.get_params(deep=False) if hasattr(estimator, "fit") else {}
    if "teacher" in params:
        return "distilled"
    if "sharing" in params:
        return "shared weights"
    if "estimators" in params or _is_serial(params):
        return "fusion"
    if "steps" in params:
        return kind_of(params["steps"][-1][1])
    return "network" if {"epochs", "model"} & set(params) else "other"


def _is_serial(params):
    steps = params.get("steps", ())
    return any(type(unfrozen(step)).__name__ == "SerialStage" for _, step in steps)
