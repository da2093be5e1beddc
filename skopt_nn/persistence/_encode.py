"""From an estimator to JSON nodes and arrays."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skopt_nn.persistence._archive import ARRAY_KINDS
from skopt_nn.persistence._classes import public_name, state_of
from skopt_nn.persistence._quantize import is_kernel, quantized

_CODES = "?" + np.typecodes["AllInteger"] + np.typecodes["AllFloat"]
# Of a network that is to be trained on; twice its size, and of weights in full.
_OF_OPTIMIZER = ("_optimizer_state", "_optimizer_name")
_NUMBERS = {np.dtype(code).type for code in _CODES}


class Encoder:
    """Turns an estimator into JSON nodes and puts its arrays aside, in ``arrays``.

    Parameters
    ----------
    dtype : {"float16", "int8"} or None
        In which the kernels of networks are kept; None for as they are.

    Attributes
    ----------
    n_quantized : int
        Number of kernels that were kept so.
    """

    def __init__(self, dtype: str | None = None):
        self.arrays: list[np.ndarray] = []
        self.n_quantized = 0
        self._dtype = dtype
        self._numbers: dict[int, int | None] = {}
        # Kept alive, so that no other object gets the id of one that has a number.
        self._finished: list[Any] = []

    def encode_estimator(self, estimator: Any) -> Any:
        node = self._encode(estimator, type(estimator).__name__)
        if not isinstance(node, dict) or "object" not in node:
            raise TypeError(f"estimator must be an estimator, got {estimator!r}.")
        return node

    def check_quantized(self, estimator: Any) -> None:
        """Raise if there was nothing to keep in fewer bits."""
        if self._dtype is not None and not self.n_quantized:
            raise ValueError(
                f"dtype={self._dtype!r} is for the kernels of networks, and "
                f"{estimator!r} has no fitted network, or one whose weights are kept "
                "in fewer bits already. Save it without dtype."
            )

    def _encode(self, value: Any, place: str) -> Any:
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is list:
            return self._items(value, place)
        if kind is tuple:
            return {"tuple": self._items(value, place)}
        if kind in (dict, Bunch):
            return {kind.__name__.lower(): self._pairs(value, place)}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value, place)
        if isinstance(value, np.dtype) and value.kind in ARRAY_KINDS:
            return {"dtype": value.str}
        if isinstance(value, type) and value in _NUMBERS:
            return {"type": value.__name__}
        if isinstance(value, np.random.RandomState):
            return {"random_state": self._encode(value.get_state(), place)}
        return self._object(value, place)

    def _items(self, values: Iterable[Any], place: str) -> list[Any]:
        return [self._encode(v, f"{place}[{i}]") for i, v in enumerate(values)]

    def _pairs(self, values: Mapping[Any, Any], place: str) -> list[list[Any]]:
        return [
            [self._encode(k, f"{place} key"), self._encode(v, f"{place}[{k!r}]")]
            for k, v in values.items()
        ]

    def _array(self, value: np.ndarray | np.generic, place: str) -> dict[str, Any]:
        if isinstance(value, np.ma.MaskedArray):
            parts = [np.asarray(value.data), np.ma.getmaskarray(value)]
            return {"masked": self._items(parts, place)}
        is_array = type(value) is np.ndarray
        if is_array and value.dtype.kind == "O":
            return {"objects": self._objects(value, place), "shape": list(value.shape)}
        is_plain = is_array or isinstance(value, np.generic)
        if not is_plain or value.dtype.kind not in ARRAY_KINDS:
            raise _refusal(value, place)
        self.arrays.append(np.asarray(value))
        return {"array" if is_array else "scalar": len(self.arrays) - 1}

    def _objects(self, value: np.ndarray, place: str) -> list[Any]:
        items = value.ravel().tolist()
        for item in items:
            if not is_item(item):
                raise _refusal(item, f"{place} (an array of objects)")
        return self._items(items, place)

    def _object(self, value: Any, place: str) -> dict[str, Any]:
        name = public_name(type(value))
        if name is None:
            raise _refusal(value, place)
        if id(value) in self._numbers:
            number = self._numbers[id(value)]
            if number is None:
                raise ValueError(f"Cannot save {place}: it holds itself.")
            return {"same": number}
        self._numbers[id(value)] = None
        state = {
            attribute: self._attribute(value, attribute, part, f"{place}.{attribute}")
            for attribute, part in state_of(value, place).items()
        }
        self._numbers[id(value)] = len(self._finished)
        self._finished.append(value)
        return {"object": name, "state": state}

    def _attribute(self, owner: Any, name: str, value: Any, place: str) -> Any:
        if self._dtype is not None and name in _OF_OPTIMIZER:
            return None
        # Of networks, "model_" is the list of the values of all variables: behind those
        # that are trained come statistics, and bins of columns.
        if self._dtype is None or name != "model_" or not isinstance(value, list):
            return self._encode(value, place)
        trained = owner.model_.trainable_variables
        roles = [getattr(variable, "role", None) for variable in trained]
        kernels = [self._value(*pair, place) for pair in zip(value, roles)]
        return kernels + [self._encode(part, place) for part in value[len(roles) :]]

    def _value(self, value: Any, role: Any, place: str) -> Any:
        if not is_kernel(value, role):
            return self._encode(value, place)
        self.n_quantized += 1
        parts = quantized(value, str(self._dtype))
        return {"kernel": self._pairs(parts, place)}


def is_item(value: Any) -> bool:
    """Whether an array of objects may hold it, as results of searches do."""
    if isinstance(value, tuple):
        return all(map(is_item, value))
    is_label = value is None or type(value) in (bool, int, float, str)
    is_number = isinstance(value, np.generic)
    return is_label or is_number or public_name(type(value)) is not None


def _refusal(value: Any, place: str) -> TypeError:
    cls = type(value)
    reason = (
        f"{place}, of {cls.__module__}.{cls.__qualname__}: a safe file holds numbers, "
        "strings, arrays of them, and estimators of the classes that "
        "skopt_nn.persistence lists."
    )
    if cls.__name__ in ("KerasClassifier", "KerasRegressor"):
        reason = (
            f"{place}: {cls.__name__} holds your build function, which is code, and a "
            "safe file carries none."
        )
    if ".teacher" in place:
        reason += " save(model.student_, path) keeps what predicts."
    return TypeError(
        f"Cannot save {reason} joblib.dump writes it, to a file that runs code when it "
        "is loaded; load such a file only if you trust where it comes from."
    )
