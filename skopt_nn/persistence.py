"""A file for estimators that runs no code when it is loaded.

A zip archive, not compressed, so that no part can be larger than the file: one JSON
text with the state of each object, and an ``.npy`` file for each array. Which classes
may come back to life is decided here, not in the file.
"""

import importlib
import io
import json
import math
import os
import uuid
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

import skopt_nn

__all__ = ["load", "save"]

_FORMAT = "skopt_nn estimator"
_VERSION = 1
_MANIFEST = "manifest.json"

# Public names of all classes that a file may hold. Their fitted state is arrays,
# numbers and strings that only numpy reads: compiled code which trusts its arrays,
# as that of trees and support vector machines does, must not get them from a file.
# Classes at the end are here for their parameters; fitted, they are refused.
_CLASSES = {
    "skopt_nn": "CNNClassifier CNNRegressor SharedWeightClassifier "
    "SharedWeightRegressor DistilledClassifier DistilledRegressor SerialStage "
    "WeightedSumClassifier WeightedSumRegressor",
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

_ARRAY_KINDS = "biufcSUMm"
_NUMBERS = (np.bool_, np.float16, np.float32, np.float64, np.int8, np.int16, np.int32)
_NUMBERS += (np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
_NUMBER_TYPES = {cls.__name__: cls for cls in _NUMBERS}


def save(estimator: Any, path: str | os.PathLike) -> None:
    """Write an estimator, fitted or not, to a file that runs no code when loaded.

    Parameters
    ----------
    estimator : estimator
        One of this package, except ``KerasClassifier`` and ``KerasRegressor``, whose
        build function is code; scikit-learn's voting, stacking, pipelines, searches
        and frozen estimators around them; and estimators whose fitted state is plain
        numbers, such as linear models and scalers.
    path : str or path-like
        Where to write. A file that is there is replaced, at once and only when the
        new one is complete.

    See Also
    --------
    load : Read it.

    Notes
    -----
    What can be saved is a list of classes, not of whatever can be pickled; an error
    names the part that is not on it. ``joblib.dump`` writes anything, but its file
    runs code when it is loaded.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skopt_nn import load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> line = LogisticRegression(max_iter=1000).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(line, Path(folder) / "line.nn")
    ...     again = load(Path(folder) / "line.nn")
    >>> bool((again.predict_proba(X) == line.predict_proba(X)).all())
    True
    """
    writer = _Writer()
    root = writer.encode(estimator, type(estimator).__name__)
    if not isinstance(root, dict) or "object" not in root:
        raise TypeError(f"estimator must be an estimator, got {estimator!r}.")
    manifest = {
        "format": _FORMAT,
        "version": _VERSION,
        "skopt_nn": skopt_nn.__version__,
        "root": root,
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as parts:
        text = json.dumps(manifest, allow_nan=False)
        parts.writestr(zipfile.ZipInfo(_MANIFEST), text)
        for number, array in enumerate(writer.arrays):
            parts.writestr(zipfile.ZipInfo(_part_name(number)), _npy(array))
    _replace(Path(path), archive.getbuffer())


def load(path: str | os.PathLike) -> Any:
    """Read an estimator from a file that :func:`save` wrote.

    Loading a file runs no code of the file's making, whoever wrote it: it can only
    hold estimators of a fixed list of classes, and numbers and strings for them. What
    its model predicts is another matter: that is as good as its author.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator : estimator
        As it was saved.

    See Also
    --------
    save : Write it.
    """
    with open(path, "rb") as file:
        try:
            manifest, arrays = _read_parts(file)
            return _Reader(arrays).decode(manifest["root"])
        except ImportError:
            raise
        except zipfile.BadZipFile as err:
            raise ValueError(
                f"{os.fspath(path)!r} is not a whole file of skopt_nn.save: {err}. "
                "Files of joblib.dump are read by joblib.load, which runs the code in "
                "them: load only what you trust."
            ) from err
        except Exception as err:  # whatever a damaged or hostile state sets off
            raise ValueError(
                f"{os.fspath(path)!r} is damaged, or not a file of skopt_nn.save: {err}"
            ) from err


# -- writing --------------------------------------------------------------------


class _Writer:
    """Turn an estimator into JSON nodes, and put its arrays aside."""

    def __init__(self):
        self.arrays: list[np.ndarray] = []
        self._number_of: dict[int, int | None] = {}
        self._n_finished = 0

    def encode(self, value: Any, place: str) -> Any:
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if type(value) is list:
            return self._items(value, place)
        if type(value) is tuple:
            return {"tuple": self._items(value, place)}
        if isinstance(value, dict) and type(value).__name__ in ("dict", "Bunch"):
            return {type(value).__name__.lower(): self._pairs(value, place)}
        if isinstance(value, (np.ndarray, np.generic)):
            return self._numbers(value, place)
        if isinstance(value, np.dtype) and value.kind in _ARRAY_KINDS:
            return {"dtype": value.str}
        if isinstance(value, type) and value in _NUMBERS:
            return {"type": value.__name__}
        if isinstance(value, np.random.RandomState):
            return {"random_state": self.encode(value.get_state(), place)}
        return self._object(value, place)

    def _items(self, values, place):
        return [self.encode(v, f"{place}[{i}]") for i, v in enumerate(values)]

    def _pairs(self, values, place):
        return [
            [self.encode(k, f"{place} key"), self.encode(v, f"{place}[{k!r}]")]
            for k, v in values.items()
        ]

    def _numbers(self, value, place):
        if isinstance(value, np.ma.MaskedArray):
            parts = [np.asarray(value.data), np.ma.getmaskarray(value)]
            return {"masked": self._items(parts, place)}
        if value.dtype.kind == "O" and type(value) is np.ndarray:
            return {"objects": self._labels(value, place), "shape": list(value.shape)}
        if value.dtype.kind not in _ARRAY_KINDS or not _is_plain(value):
            raise _refusal(value, place)
        self.arrays.append(np.asarray(value))
        kind = "scalar" if isinstance(value, np.generic) else "array"
        return {kind: len(self.arrays) - 1}

    def _labels(self, value, place):
        for item in value.flat:
            if not _is_label(item):
                raise _refusal(item, f"{place} (an array of objects)")
        return self._items(value.ravel().tolist(), place)

    def _object(self, value, place):
        name = _public_name(type(value))
        if name is None:
            raise _refusal(value, place)
        if id(value) in self._number_of:
            number = self._number_of[id(value)]
            if number is None:
                raise ValueError(f"Cannot save {place}: it holds itself.")
            return {"same": number}
        self._number_of[id(value)] = None
        state = {
            attribute: self.encode(part, f"{place}.{attribute}")
            for attribute, part in _state_of(value, place).items()
        }
        self._number_of[id(value)] = self._n_finished
        self._n_finished += 1
        return {"object": name, "state": state}


def _is_plain(value):
    return isinstance(value, np.generic) or type(value) is np.ndarray


def _is_label(value):
    return value is None or type(value) in (bool, int, float, str)


def _public_name(cls):
    module = _MODULE_OF.get(cls.__name__)
    if module is None or getattr(importlib.import_module(module), cls.__name__) != cls:
        return None
    return f"{module}.{cls.__name__}"


def _state_of(value, place):
    state = dict(value.__getstate__() or {})
    if state.get("memory") is not None:
        raise ValueError(
            f"Cannot save {place} with memory={state['memory']!r}: a cache of pickles "
            "has no place in a safe file. Save it after set_params(memory=None)."
        )
    if "scorer_" in state and isinstance(state["scoring"], (str, type(None))):
        del state["scorer_"]
    return state


def _refusal(value, place):
    cls = type(value)
    joblib = (
        "joblib.dump writes it, to a file that runs code when it is loaded; load such "
        "a file only if you trust where it comes from."
    )
    if cls.__name__ in ("KerasClassifier", "KerasRegressor"):
        return TypeError(
            f"Cannot save {place}: {cls.__name__} holds your build function, which is "
            f"code, and a safe file carries none. {joblib}"
        )
    return TypeError(
        f"Cannot save {place}, of {cls.__module__}.{cls.__qualname__}: a safe file "
        "holds numbers, strings, arrays of them, and estimators of the classes that "
        f"skopt_nn.persistence lists. {joblib}"
    )


def _part_name(number):
    return f"arrays/{number}.npy"


def _npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _replace(path, content):
    """Write beside the file, then take its place: nobody sees a half of it."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


# -- reading --------------------------------------------------------------------


def _read_parts(file: BinaryIO) -> tuple[dict, list[np.ndarray]]:
    """The manifest and the arrays of a file whose every size is what it says."""
    n_bytes = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        expected = [_MANIFEST, *map(_part_name, range(len(infos) - 1))]
        if names != expected:
            unexpected = sorted(set(names) ^ set(expected))
            raise ValueError(
                f"the archive has unexpected or missing parts {unexpected}"
            )
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise ValueError("a part is compressed")
        if sum(info.file_size for info in infos) > n_bytes:
            raise ValueError("its parts are larger than the file")
        manifest = _check_manifest(json.loads(archive.read(_MANIFEST)))
        return manifest, [_array(archive.read(name)) for name in names[1:]]


def _check_manifest(manifest):
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ValueError("its manifest is not one of skopt_nn")
    if manifest.get("version") != _VERSION:
        raise ValueError(
            f"it has version {manifest.get('version')!r} of the format, and skopt_nn "
            f"{skopt_nn.__version__} reads version {_VERSION}. It was written by "
            f"skopt_nn {manifest.get('skopt_nn')!r}; install that or a newer one"
        )
    return manifest


def _array(data):
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array has an unknown version")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind not in _ARRAY_KINDS or dtype.itemsize == 0:
        raise ValueError(f"an array has the dtype {dtype}")
    body = data[stream.tell() :]
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError(f"an array of {len(body)} bytes has the shape {shape}")
    order = "F" if fortran else "C"
    return np.ndarray(shape, dtype, buffer=body, order=order).copy(order="K")


class _Reader:
    """Turn JSON nodes back into an estimator."""

    def __init__(self, arrays: list[np.ndarray]):
        self._arrays = arrays
        self._objects: list[Any] = []

    def decode(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.decode(item) for item in node]
        if not isinstance(node, dict):
            return node
        kind, content = next(iter(node.items()))
        if kind not in self._KINDS:
            raise ValueError(f"it holds something of the unknown kind {kind!r}")
        return self._KINDS[kind](self, content, node)

    def _float(self, content, node):
        return float(content)

    def _tuple(self, content, node):
        return tuple(self.decode(content))

    def _dict(self, content, node):
        return {self.decode(key): self.decode(value) for key, value in content}

    def _bunch(self, content, node):
        from sklearn.utils import Bunch

        return Bunch(**self._dict(content, node))

    def _array(self, content, node):
        return self._arrays[_index(content, self._arrays)]

    def _scalar(self, content, node):
        return self._array(content, node).reshape(())[()]

    def _masked(self, content, node):
        data, mask = self.decode(content)
        return np.ma.MaskedArray(data, mask=mask)

    def _objects_array(self, content, node):
        items = self.decode(content)
        if not all(map(_is_label, items)):
            raise ValueError("an array of objects holds more than labels")
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array.reshape(node["shape"])

    def _dtype(self, content, node):
        dtype = np.dtype(str(content))
        if dtype.kind not in _ARRAY_KINDS:
            raise ValueError(f"it names the dtype {dtype}")
        return dtype

    def _type(self, content, node):
        return _NUMBER_TYPES[content]

    def _random_state(self, content, node):
        generator = np.random.RandomState()
        generator.set_state(self.decode(content))
        return generator

    def _same(self, content, node):
        return self._objects[_index(content, self._objects)]

    def _object(self, content, node):
        cls = _listed_class(content)
        state = {name: self.decode(part) for name, part in node["state"].items()}
        restored = _restore(cls, state)
        self._objects.append(restored)
        return restored

    _KINDS = {
        "float": _float,
        "tuple": _tuple,
        "dict": _dict,
        "bunch": _bunch,
        "array": _array,
        "scalar": _scalar,
        "masked": _masked,
        "objects": _objects_array,
        "dtype": _dtype,
        "type": _type,
        "random_state": _random_state,
        "same": _same,
        "object": _object,
    }


def _index(number, values):
    if type(number) is not int or not 0 <= number < len(values):
        raise ValueError(f"it refers to part {number!r} of {len(values)}")
    return number


def _listed_class(name):
    module, _, class_name = str(name).rpartition(".")
    if _MODULE_OF.get(class_name) != module:
        raise ValueError(
            f"it holds an object of the class {name!r}, which is not listed"
        )
    return getattr(importlib.import_module(module), class_name)


def _restore(cls, state):
    if state.get("memory") is not None:
        raise ValueError("it names a cache of pickles, which may run code")
    restored = cls.__new__(cls)
    if hasattr(cls, "__setstate__"):
        restored.__setstate__(state)
    else:
        vars(restored).update(state)
    if "best_estimator_" in state and "scorer_" not in state:
        _restore_scorer(restored)
    return restored


def _restore_scorer(search):
    from sklearn.metrics import check_scoring

    search.scorer_ = check_scoring(search.estimator, scoring=search.scoring)
