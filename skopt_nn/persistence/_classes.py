"""Which classes a file may bring to life, and how."""

import importlib
from functools import partial
from typing import Any

from sklearn.metrics import check_scoring

# Public names of all classes that a file may hold. Their fitted state is arrays,
# numbers and strings that only numpy reads: compiled code which trusts its arrays,
# as that of trees and support vector machines does, must not get them from a file.
# Classes at the end are here for their parameters; fitted, they are refused.
_CLASSES = {
    "skopt_nn": "CNNClassifier CNNRegressor SharedWeightClassifier "
    "SharedWeightRegressor TabularClassifier TabularRegressor DistilledClassifier "
    "DistilledRegressor SerialStage WeightedSumClassifier WeightedSumRegressor "
    "WeightedVotingClassifier WeightedVotingRegressor LogarithmicPool "
    "CascadeClassifier "
    "TokenSequencer LogMelSpectrogram",
    "skopt_nn.fusion": "FeatureStackingClassifier FeatureStackingRegressor",
    "sklearn.ensemble": "VotingClassifier VotingRegressor StackingClassifier "
    "StackingRegressor RandomForestClassifier RandomForestRegressor "
    "ExtraTreesClassifier ExtraTreesRegressor",
    "sklearn.pipeline": "Pipeline",
    "sklearn.frozen": "FrozenEstimator",
    "sklearn.model_selection": "GridSearchCV RandomizedSearchCV KFold StratifiedKFold",
    "sklearn.preprocessing": "LabelEncoder LabelBinarizer StandardScaler MinMaxScaler "
    "MaxAbsScaler RobustScaler Normalizer OneHotEncoder OrdinalEncoder",
    "sklearn.decomposition": "PCA",
    "sklearn.linear_model": "LinearRegression LogisticRegression Ridge RidgeCV "
    "RidgeClassifier Lasso ElasticNet",
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.tree": "DecisionTreeClassifier DecisionTreeRegressor",
}
_MODULE_OF = {
    name: module for module, names in _CLASSES.items() for name in names.split()
}


def public_name(cls: type) -> str | None:
    """The name of a class in a file; None for a class that is not listed."""
    name = f"{_MODULE_OF.get(cls.__name__)}.{cls.__name__}"
    return name if cls.__name__ in _MODULE_OF and listed_class(name) is cls else None


def listed_class(name: Any) -> type[Any]:
    module, _, class_name = str(name).rpartition(".")
    if _MODULE_OF.get(class_name) != module:
        raise ValueError(
            f"it holds an object of the class {name!r}, which is not listed"
        )
    return getattr(importlib.import_module(module), class_name)


def state_of(estimator: Any, place: str) -> dict[str, Any]:
    """What the estimator would pickle, without what it can be given anew."""
    state = dict(estimator.__getstate__() or {})
    if state.get("memory") is not None:
        raise ValueError(
            f"Cannot save {place} with memory={state['memory']!r}: a cache of pickles "
            "has no place in a safe file. Save it after set_params(memory=None)."
        )
    # Found again by the names in the parameter; functions there are refused.
    state.pop("scorer_", None)
    return state


def revived(cls: type[Any], state: dict[str, Any]) -> Any:
    """An object of a listed class, from its state."""
    if state.get("memory") is not None:
        raise ValueError("it names a cache of pickles, which may run code")
    estimator = object.__new__(cls)
    getattr(estimator, "__setstate__", vars(estimator).update)(state)
    if "multimetric_" in state:
        estimator.scorer_ = _scorer_of(estimator)
    return estimator


def _scorer_of(search):
    scoring, scorer = search.scoring, partial(check_scoring, search.estimator)
    if isinstance(scoring, list | tuple):
        scoring = dict(zip(scoring, scoring))
    if isinstance(scoring, dict):
        return {name: scorer(scoring=of) for name, of in scoring.items()}
    return scorer(scoring=scoring)
