"""Names of routed parameters, checked before anything is trained."""

import difflib
import functools
import inspect

from skopt_nn._backend import keras

_BY_SIGNATURE = {
    "fit": keras.Model.fit,
    "predict": keras.Model.predict,
    "compile": keras.Model.compile,
}
_BY_CLASS = ("optimizer", "loss", "metrics", "callbacks")
_CLASSES = {
    "optimizer": keras.optimizers,
    "loss": keras.losses,
    "metrics": keras.metrics,
}
_GIVEN_BY_US = {"meta", "compile_kwargs", "params"}
PREFIXES = ("model", "fit", "predict", "compile", "score", *_BY_CLASS)


@functools.cache
def declared_parameters(cls):
    """Names in the signature of ``__init__`` and of those its ``**kwargs`` reach."""
    names = {}
    for klass in cls.__mro__:
        init = vars(klass).get("__init__")
        if init is None:
            continue
        parameters = inspect.signature(init).parameters.values()
        names |= dict.fromkeys(p.name for p in parameters if _is_named(p))
        if not _takes_any(parameters):
            break
    names.pop("self", None)
    return tuple(names)


def accepted_names(target):
    """Names that a function or class takes; None where that cannot be known."""
    if target is None:
        return None
    if not inspect.isclass(target):
        parameters = inspect.signature(target).parameters.values()
        return None if _takes_any(parameters) else _named(target)
    last = None
    for klass in target.__mro__[:-1]:
        init = vars(klass).get("__init__")
        if init is not None:
            last = klass
            if not _takes_any(inspect.signature(init).parameters.values()):
                break
    else:
        # Keras' own base classes refuse what is left in their **kwargs.
        if last is None or not last.__module__.startswith("keras."):
            return None
    return set(declared_parameters(target))


def nearest(name, valid):
    """The name that was meant: by its initials (``lr``), else the closest spelling."""
    initials = [v for v in valid if "".join(w[:1] for w in v.split("_")) == name]
    if len(name) > 1 and initials:
        return initials[0]
    ratios = {v: difflib.SequenceMatcher(None, name, v).ratio() for v in valid}
    return max(sorted(ratios), key=ratios.get, default=None)


def unknown_parameter(owner, name, valid, reason, prefix=""):
    """The error for a parameter that nothing takes, naming the one that was meant."""
    last = name.removeprefix(prefix)
    hint = nearest(last, valid)
    hint = f" Did you mean {prefix + hint!r}?" if hint else ""
    listed = f" Valid are {sorted(prefix + v for v in valid)}." if valid else ""
    return ValueError(
        f"Invalid parameter {name!r} for estimator {owner}: {reason}.{hint}{listed}"
    )


def check_fit_arguments(owner, names):
    valid = _named(keras.Model.fit)
    for name in names:
        if name not in valid:
            raise unknown_parameter(owner, name, valid, "keras.Model.fit has no such")


def check_routed_parameters(owner, routed, build, destinations, prefixes, declared):
    """Raise for a parameter whose destination is known not to take it.

    Parameters
    ----------
    owner : str
        Name of the estimator's class.
    routed : mapping of str to object
        What came through ``**kwargs``: ``prefix__name``, or arguments of ``build``.
    build : callable
    destinations : mapping of str to object
        Values of ``optimizer``, ``loss``, ``metrics`` and ``callbacks``.
    prefixes, declared : collections of str
        Valid prefixes, and the parameters of the estimator itself.
    """
    for name in routed:
        prefix, separator, rest = name.partition("__")
        if not separator:
            _check_build_argument(owner, name, build, declared)
        elif prefix == "model":
            _check_build_argument(owner, rest, build, (), prefix="model__")
        elif prefix in _BY_SIGNATURE:
            _check_signature(owner, prefix, rest)
        elif prefix in _BY_CLASS:
            _check_items(owner, prefix + "__", rest, destinations.get(prefix), prefix)
        elif prefix not in prefixes:
            valid = [f"{p}__{rest}" for p in (*PREFIXES, *prefixes)]
            raise unknown_parameter(owner, name, set(valid), "unknown prefix")


def _check_build_argument(owner, name, build, declared, prefix=""):
    accepted = accepted_names(build)
    if accepted is None or name in accepted:
        return
    build_name = getattr(build, "__qualname__", type(build).__name__)
    reason = f"the build function {build_name} has no argument {name!r}"
    valid = {*accepted, *declared} - _GIVEN_BY_US
    raise unknown_parameter(owner, prefix + name, valid, reason, prefix)


def _check_signature(owner, prefix, rest):
    name, _, deeper = rest.partition("__")
    function = _BY_SIGNATURE[prefix]
    valid = _named(function)
    if name not in valid or (deeper and name not in _BY_CLASS):
        raise unknown_parameter(
            owner,
            f"{prefix}__{rest}",
            valid,
            f"keras.Model.{prefix} has no argument {rest!r}",
            f"{prefix}__",
        )


def _check_items(owner, path, rest, items, kind):
    """Follow ``path`` into a class, or a list or dict of classes."""
    if items is None:
        return
    name, _, deeper = rest.partition("__")
    if isinstance(items, (list, tuple, dict)):
        keyed = items if isinstance(items, dict) else dict(enumerate(items))
        keyed = {str(key): item for key, item in keyed.items()}
        if deeper:
            if name not in keyed:
                raise unknown_parameter(
                    owner, path + rest, set(keyed), f"{kind} has no {name!r}", path
                )
            _check_items(owner, f"{path}{name}__", deeper, keyed[name], kind)
        else:
            for item in keyed.values():
                _check_items(owner, path, rest, item, kind)
        return
    target = items if inspect.isclass(items) else class_of_name(kind, items)
    if target is None:
        return
    accepted = accepted_names(target)
    if accepted is not None and name not in accepted and not name.isdigit():
        reason = f"{target.__name__} has no parameter {name!r}"
        raise unknown_parameter(owner, path + rest, accepted, reason, path)


def class_of_name(kind, name):
    """The Keras class that a name such as ``"binary_crossentropy"`` stands for."""
    if kind not in _CLASSES or not isinstance(name, str):
        return None
    wanted = name.replace("_", "").lower()
    for found, value in vars(_CLASSES[kind]).items():
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


def _is_named(parameter):
    return parameter.kind in (
        parameter.POSITIONAL_OR_KEYWORD,
        parameter.KEYWORD_ONLY,
    )


def _takes_any(parameters):
    return any(p.kind == p.VAR_KEYWORD for p in parameters)


def _named(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name for p in parameters if _is_named(p)} - {"self"}
