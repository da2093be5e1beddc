"""Which metadata of a fit go to the teacher, the student and the folds."""

from sklearn import get_config
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)


def router_of(model):
    """Return the routing of a distilled model; its default student requests nothing."""
    fit = MethodMapping().add(caller="fit", callee="fit")
    split = MethodMapping().add(caller="fit", callee="split")
    router = MetadataRouter(owner=model).add_self_request(model)
    router.add(teacher=model.teacher, method_mapping=fit)
    if model.student is not None:
        router.add(student=model.student, method_mapping=fit)
    return router.add(splitter=model.cv, method_mapping=split)


def routed(model, sample_weight, params):
    """Return the weights of teacher and student, and the metadata of the split."""
    if not get_config()["enable_metadata_routing"]:
        if params:
            raise TypeError(
                f"fit got {sorted(params)}, which it passes on only with "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
        return {"teacher": sample_weight, "student": sample_weight}, {}
    if sample_weight is not None:
        params = {**params, "sample_weight": sample_weight}
    requested = process_routing(model, "fit", **params)
    weights = {"student": sample_weight}
    for name in ["teacher"] + ["student"] * (model.student is not None):
        weights[name] = requested[name]["fit"].pop("sample_weight", None)
        if requested[name]["fit"]:
            raise TypeError(
                f"Of metadata, a {name} gets sample_weight alone: it requests "
                f"{sorted(requested[name]['fit'])}."
            )
    return weights, requested["splitter"]["split"]
