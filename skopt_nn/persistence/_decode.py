"""From JSON nodes and arrays back to an estimator."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skopt_nn.persistence._archive import ARRAY_KINDS
from skopt_nn.persistence._classes import listed_class, revived
from skopt_nn.persistence._encode import is_item
from skopt_nn.persistence._quantize import restored


class Decoder:
    """Turns JSON nodes back into what an ``Encoder`` was given."""

    def __init__(self, arrays: Sequence[np.ndarray]):
        self._arrays = arrays
        self._objects: list[Any] = []

    def decode(self, node: Any) -> Any:
        match node:
            case None | bool() | int() | float() | str():
                return node
            case list():
                return [self.decode(item) for item in node]
            case {"float": text}:
                return float(text)
            case {"tuple": items}:
                return tuple(self.decode(items))
            case {"dict": pairs}:
                return {self.decode(key): self.decode(value) for key, value in pairs}
            case {"bunch": pairs}:
                return Bunch(**self.decode({"dict": pairs}))
            case {"array": number}:
                return _part(self._arrays, number)
            case {"scalar": number}:
                return _part(self._arrays, number).reshape(())[()]
            case {"kernel": pairs}:
                return restored(self.decode({"dict": pairs}))
            case {"masked": [data, mask]}:
                return np.ma.MaskedArray(self.decode(data), mask=self.decode(mask))
            case {"objects": items, "shape": shape}:
                return _objects(self.decode(items), shape)
            case {"dtype": text}:
                return _dtype(text)
            case {"type": name}:
                return _dtype(name).type
            case {"random_state": state}:
                generator = np.random.RandomState()
                generator.set_state(self.decode(state))
                return generator
            case {"same": number}:
                return _part(self._objects, number)
            case {"object": name, "state": dict(state)}:
                return self._object(listed_class(name), state)
        kind = next(iter(node), None)
        raise ValueError(f"it holds something of the unknown kind {kind!r}")

    def _object(self, cls: type[Any], state: dict[str, Any]) -> Any:
        parts = {name: self.decode(part) for name, part in state.items()}
        self._objects.append(revived(cls, parts))
        return self._objects[-1]


def _part(parts: Sequence[Any], number: Any) -> Any:
    if type(number) is not int or not 0 <= number < len(parts):
        raise ValueError(f"it refers to part {number!r} of {len(parts)}")
    return parts[number]


def _objects(items: list[Any], shape: Any) -> np.ndarray:
    if not all(map(is_item, items)):
        raise ValueError("an array of objects holds more than labels and estimators")
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):  # numpy would take tuples apart
        array[i] = item
    return array.reshape(shape)


def _dtype(text: Any) -> np.dtype:
    dtype = np.dtype(str(text))
    if dtype.kind not in ARRAY_KINDS:
        raise ValueError(f"it names the dtype {dtype}")
    return dtype
