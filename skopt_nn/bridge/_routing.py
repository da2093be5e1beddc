"""Names of routed parameters, checked before anything is trained."""

import difflib
import functools
import inspect

from skopt_nn._backend import keras
from skopt_nn.training._keys import is_of_keras

_METHODS = ("fit", "predict", "compile")
_BY_CLASS = {
    "optimizer": keras.optimizers,
    "loss": keras.losses,
    "metrics": keras.metrics,
    "callbacks": keras.callbacks,
}
_GIVEN_BY_US = {"meta", "compile_kwargs", "params"}
# Keras chooses which accuracy it is; `keras.metrics.Accuracy` is another one.
_CHOSEN_BY_KERAS = "accuracy"
PREFIXES = ("model", *_METHODS, "score", *_BY_CLASS)


@functools.cache
def declared_parameters(cls):
    """The parameters of ``__init__`` and of those that its ``**kwargs`` reach."""
    found = {}
    for _, parameters in _reached(cls, "__init__"):
        found = _named(parameters) | found
    return found


def accepted_names(target, method="__init__"):
    """Names that a function, or a method of a class, takes; None if it may take any.

    A ``**kwargs`` of Keras' own hands on to its base classes, which refuse what they do
    not know; one of somebody else may do as it likes.
    """
    if not callable(target):
        return None
    if not inspect.isclass(target):
        parameters = inspect.signature(target).parameters.values()
        return None if _takes_any(parameters) else set(_named(parameters))
    names = set()
    for owner, parameters in _reached(target, method):
        if _takes_any(parameters) and not is_of_keras(owner):
            return None
        names |= _named(parameters).keys()
    return names


def _reached(cls, method):
    """Parameters of a method by the class that has it, as far as ``**kwargs`` lead."""
    for owner in cls.__mro__[:-1]:
        if method in vars(owner):
            parameters = inspect.signature(vars(owner)[method]).parameters.values()
            yield owner, parameters
            if not _takes_any(parameters):
                return


def _named(parameters):
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p for p in parameters if p.kind in kinds and p.name != "self"}


def _takes_any(parameters):
    return any(p.kind == p.VAR_KEYWORD for p in parameters)


def nearest(name, valid):
    """The name that was meant: by its initials (``lr``), else the closest spelling."""
    initials = [v for v in valid if "".join(w[:1] for w in v.split("_")) == name]
    if len(name) > 1 and initials:
        return initials[0]
    ratios = {v: difflib.SequenceMatcher(None, name, v).ratio() for v in valid}
    return max(sorted(ratios), key=ratios.get, default=None)


def unknown_parameter(owner, name, valid, reason, prefix=""):
    """The error for a parameter that nothing takes, naming the one that was meant."""
    hint = nearest(name.removeprefix(prefix), valid)
    hint = f" Did you mean {prefix + hint!r}?" if hint else ""
    listed = f" Valid are {sorted(prefix + v for v in valid)}." if valid else ""
    return ValueError(
        f"Invalid parameter {name!r} for estimator {owner}: {reason}.{hint}{listed}"
    )


def check_routed(estimator, names, build):
    """Raise for a parameter whose destination is known not to take it.

    What methods of the model take is known, and checked, when there is a model.

    Parameters
    ----------
    estimator : BaseWrapper
    names : collection of str
        Of its parameters: ``prefix__name``, or arguments of ``build``.
    build : callable
    """
    owner, params = estimator.__name__, estimator.get_params(deep=False)
    for name in names:
        prefix, separator, rest = name.partition("__")
        if not separator:
            declared = declared_parameters(type(estimator))
            _check_build_argument(owner, name, build, declared)
        elif prefix == "model":
            _check_build_argument(owner, rest, build, (), prefix="model__")
        elif prefix in _BY_CLASS:
            _check_items(owner, prefix + "__", rest, params.get(prefix), prefix)
        elif prefix not in estimator._routing_prefixes:
            valid = {f"{known}__{rest}" for known in estimator._routing_prefixes}
            raise unknown_parameter(owner, name, valid, "unknown prefix")


def check_methods(owner, routed, model):
    """Raise for a parameter that a method of the built model does not take."""
    for name in routed:
        method, separator, rest = name.partition("__")
        if separator and method in _METHODS:
            _check_argument(owner, model, method, rest, f"{method}__")


def check_fit_arguments(owner, names, model):
    for name in names:
        _check_argument(owner, model, "fit", name)


def _check_argument(owner, model, method, rest, prefix=""):
    valid = accepted_names(type(model), method)
    name, _, deeper = rest.partition("__")
    if valid is None or (name in valid and (not deeper or name in _BY_CLASS)):
        return
    cls = type(model)
    known = "keras.Model" if is_of_keras(getattr(cls, method)) else cls.__name__
    reason = f"{known}.{method} has no argument {rest!r}"
    raise unknown_parameter(owner, prefix + rest, valid, reason, prefix)


def _check_build_argument(owner, name, build, declared, prefix=""):
    accepted = accepted_names(build)
    if accepted is None or name in accepted:
        return
    build_name = getattr(build, "__qualname__", type(build).__name__)
    reason = f"the build function {build_name} has no argument {name!r}"
    if not prefix and name in accepted_names(keras.optimizers.Adam):
        reason += f"; that of the optimizer is 'optimizer__{name}'"
    valid = {*accepted, *declared} - _GIVEN_BY_US
    raise unknown_parameter(owner, prefix + name, valid, reason, prefix)


def _check_items(owner, path, rest, items, kind):
    """Follow ``path`` into a class, or a list or dict of classes."""
    if not isinstance(items, (list, tuple, dict)):
        _check_class(owner, path, rest, items, kind)
        return
    keyed = items.items() if isinstance(items, dict) else enumerate(items)
    keyed = {str(key): item for key, item in keyed}
    name, _, deeper = rest.partition("__")
    if not deeper:
        for item in keyed.values():
            _check_items(owner, path, rest, item, kind)
    elif name in keyed:
        _check_items(owner, f"{path}{name}__", deeper, keyed[name], kind)
    else:
        reason = f"{kind} has no {name!r}"
        raise unknown_parameter(owner, path + rest, set(keyed), reason, path)


def _check_class(owner, path, rest, item, kind):
    target = item if inspect.isclass(item) else class_of_name(kind, item)
    accepted = accepted_names(target)
    name = rest.partition("__")[0]
    if accepted is None or name in accepted or name.isdigit():
        return
    reason = f"{target.__name__} has no parameter {name!r}"
    raise unknown_parameter(owner, path + rest, accepted, reason, path)


def class_of_name(kind, name):
    """The Keras class that a name such as ``"binary_crossentropy"`` stands for."""
    if not isinstance(name, str) or name == _CHOSEN_BY_KERAS:
        return None
    wanted = name.replace("_", "").lower()
    for found, value in vars(_BY_CLASS[kind]).items():
        if inspect.isclass(value) and found.lower() == wanted:
            return value
    return None


def names_as_classes(kind, items):
    """Names replaced by classes, which unlike Keras' functions take parameters."""
    if isinstance(items, (list, tuple)):
        return type(items)(names_as_classes(kind, item) for item in items)
    if isinstance(items, dict):
        return {key: names_as_classes(kind, item) for key, item in items.items()}
    return class_of_name(kind, items) or items
