"""Optimizer, loss and metrics of a model, and whether they fit it and its targets."""

from types import FunctionType

from skopt_nn._backend import keras
from skopt_nn._compat import fresh_names, warn
from skopt_nn.bridge import _routing, _scikeras

_OF_PROBABILITIES = {
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
}
_UNBOUNDED = ("linear", "relu")
_CLASS_GETTERS = {
    "optimizer": _scikeras.routing.get_optimizer_class,
    "loss": _scikeras.routing.get_loss_class_function_or_string,
    "metrics": _scikeras.routing.get_metric_class,
}


def made_parts(params, given):
    """Optimizer, loss and metrics with what is routed to them.

    Parameters
    ----------
    params : dict
        All parameters of an estimator.
    given : dict
        Those for ``keras.Model.compile``.
    """
    parts = {
        kind: _made(kind, given.get(kind), get_class, params)
        for kind, get_class in _CLASS_GETTERS.items()
    }
    optimizer = parts["optimizer"]
    if optimizer is params["optimizer"]:
        # An optimizer belongs to the model it has trained: the next one is new.
        parts["optimizer"] = type(optimizer).from_config(optimizer.get_config())
    if not isinstance(parts["metrics"], (dict, list, type(None))):
        parts["metrics"] = [parts["metrics"]]
    return parts


def _made(kind, items, get_class, params):
    routed = _scikeras.routing.route_params(
        params, kind, pass_filter=set(), strict=kind == "optimizer"
    )
    if routed:
        items = _routing.names_as_classes(kind, items)
    items = _scikeras.routing.try_to_convert_strings_to_classes(items, get_class)
    with fresh_names():
        return _scikeras.routing.unflatten_params(items, routed)


def check_outputs(model, expected, encoder):
    """Raise if a model has not the outputs that the targets need.

    Parameters
    ----------
    model : keras.Model
    expected : int or None
        Number of outputs.
    encoder : transformer
        Of the targets; its ``units_`` says how many units an output may have.
    """
    outputs = _outputs(model)
    if not outputs:
        return
    if expected and expected != len(outputs):
        raise ValueError(
            f"y needs a model with {expected} outputs (n_outputs_expected_ of the "
            f"target encoder), but {model.name!r} has {len(outputs)} outputs."
        )
    shape, units = outputs[0].shape, getattr(encoder, "units_", None)
    if units is None:
        return
    fitting, target = units
    if len(shape) > 2 or (shape[1] if len(shape) == 2 else 1) not in fitting:
        wanted = " or ".join(map(str, sorted(fitting)))
        raise ValueError(
            f"The model's outputs do not fit y: y has {target}, which needs an "
            f"output of {wanted} units, but the build function returned a model "
            f"with output shape {tuple(shape)}. Build functions can read "
            "meta['n_classes_'], meta['n_outputs_'] and meta['target_type_']."
        )


def n_units(model, encoder):
    """Outputs of a model; where it does not say so yet, one, or one for each class."""
    outputs = _outputs(model)
    if outputs:
        shape = outputs[0].shape
        return shape[-1] if len(shape) > 1 else 1
    if isinstance(model, keras.Sequential) and hasattr(model.layers[-1], "units"):
        return model.layers[-1].units
    n_classes = encoder.n_classes_ or 1
    return n_classes if n_classes > 2 else 1


def _outputs(model):
    return getattr(model, "outputs", None) if model.built else None


def warn_of_logits(model):
    """Say that a cross-entropy of probabilities is given what are none."""
    layers = getattr(model, "layers", None) if model.built else None
    losses = (str, keras.losses.Loss, type, FunctionType)
    if not layers or not isinstance(model.loss, losses):
        return
    activation = getattr(layers[-1], "activation", None)
    name = getattr(activation, "__name__", None)
    is_entropy = _scikeras.names.loss_name(model.loss) in _OF_PROBABILITIES
    of_logits = getattr(model.loss, "from_logits", False)
    if is_entropy and not of_logits and name in _UNBOUNDED:
        warn(
            f"{model.name!r} ends with activation={name!r}, whose outputs are no "
            "probabilities, and its loss takes them for some. End it with 'softmax', "
            "or with 'sigmoid' where there are two classes or several labels."
        )


def check_loss(given, default, compiled):
    """Raise if the build function has compiled another loss than the parameter is."""
    kinds = (str, keras.losses.Loss, type)
    if given == default or not isinstance(given, kinds):
        return
    if not isinstance(compiled, kinds):
        return
    if _scikeras.names.loss_name(given) != _scikeras.names.loss_name(compiled):
        raise ValueError(
            f"loss={given!r} but the build function compiled the model with "
            f"{compiled!r}: y may not match the loss. Give the same loss in both "
            "places, or leave compiling to the estimator."
        )
