"""Keras neural networks as scikit-learn estimators.

Importing the package opens no room: each public name is loaded when it is first used
(PEP 562), so that ``import skopt_nn`` costs no Keras, no JAX and no matplotlib.
"""

import importlib

__version__ = "0.2.0"

# The stub beside this file says the same to editors and type checkers.
_ROOMS = {
    "bridge": "KerasClassifier KerasRegressor",
    "estimators": "CNNClassifier CNNRegressor SharedWeightClassifier "
    "SharedWeightRegressor TabularClassifier TabularRegressor",
    "fusion": "CascadeClassifier DistilledClassifier DistilledRegressor "
    "LogarithmicPool SerialStage WeightedSumClassifier WeightedSumRegressor "
    "WeightedVotingClassifier WeightedVotingRegressor make_cascade "
    "make_parallel_fusion make_serial_fusion make_stacked_fusion",
    "inspection": "FidelityDisplay FusionDisplay HistoryDisplay "
    "ModelComparisonDisplay SharingDisplay StudentPathDisplay compare student_path",
    "networks": "",
    "persistence": "load save",
    "preprocessing": "LogMelSpectrogram TokenSequencer",
    "training": "",
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = sorted(_ROOM_OF)


def __getattr__(name):
    if name in _ROOM_OF:
        return getattr(importlib.import_module(f"skopt_nn.{_ROOM_OF[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"skopt_nn.{name}")
    raise AttributeError(f"module 'skopt_nn' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
