"""Which metadata of a fit go to the teacher, the student and the folds."""

from sklearn import get_config
from sklearn.utils.metadata_routing import (
    MetadataRequest,
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)

from skopt_nn._validation_rows import VALIDATION


def router_of(model):
    """Return the routing of a distilled model; its default student requests nothing."""
    fit = MethodMapping().add(caller="fit", callee="fit")
    split = MethodMapping().add(caller="fit", callee="split")
    router = MetadataRouter(owner=model).add_self_request(model)
    router.add(teacher=model.teacher, method_mapping=fit)
    if model.student is not None:
        router.add(student=model.student, method_mapping=fit)
    return router.add(splitter=model.cv, method_mapping=split)


_WEIGHT = "sample_weight"


def routed(model, given, params):
    """Return what teacher and student are fitted with, and the metadata of the split.

    Parameters
    ----------
    model : Distilled
    given : dict
        ``sample_weight`` and rows to validate on, where there are some.
    params : dict
        Other metadata.
    """
    if not get_config()["enable_metadata_routing"]:
        if params:
            raise TypeError(
                f"fit got {sorted(params)}, which it passes on only with "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
        of_rows = {name: value for name, value in given.items() if name == _WEIGHT}
        return {"teacher": of_rows, "student": given}, {}
    requested = process_routing(model, "fit", **given, **params)
    routed = {"student": given}
    for name in ["teacher"] + ["student"] * (model.student is not None):
        routed[name] = dict(requested[name]["fit"])
        others = sorted(set(routed[name]) - {_WEIGHT, *VALIDATION})
        if others:
            raise TypeError(
                f"Of metadata, a {name} gets {_WEIGHT} and {', '.join(VALIDATION)} "
                f"alone: it requests {others}."
            )
    if _WEIGHT in given and _cannot_request_weights(model.teacher):
        routed["teacher"][_WEIGHT] = given[_WEIGHT]
    return routed, requested["splitter"]["split"]


def _cannot_request_weights(teacher):
    """Whether its ``fit`` takes none, so that rows are resampled for it instead."""
    request = get_routing_for_object(teacher)
    return isinstance(request, MetadataRequest) and _WEIGHT not in request.fit.requests
