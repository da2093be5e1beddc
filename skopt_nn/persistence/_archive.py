"""The file: a zip archive of one JSON text and an ``.npy`` file for each array.

It is not compressed: no part is larger than the file, and reading one needs no more
memory than that.
"""

import io
import json
import math
import os
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

import skopt_nn

ARRAY_KINDS = "biufcSUMm"

_FORMAT = "skopt_nn estimator"
_VERSION = 1
_MANIFEST = "manifest.json"


def write_archive(path: Path, root: Any, arrays: Sequence[np.ndarray]) -> None:
    """Write a JSON node and the arrays that it refers to."""
    writer = {"version": _VERSION, "skopt_nn": skopt_nn.__version__}
    manifest = {"format": _FORMAT, **writer, "root": root}
    with _replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        text = json.dumps(manifest, allow_nan=False)
        archive.writestr(zipfile.ZipInfo(_MANIFEST), text)
        for number, array in enumerate(arrays):
            archive.writestr(zipfile.ZipInfo(_part_name(number)), _npy(array))


def read_archive(file: BinaryIO) -> tuple[Any, list[np.ndarray]]:
    """The JSON node and the arrays of a file whose every size is what it says."""
    n_bytes = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        expected = [_MANIFEST, *map(_part_name, range(len(infos) - 1))]
        if names != expected:
            odd = sorted(set(names) ^ set(expected))
            raise ValueError(f"the archive has unexpected or missing parts {odd}")
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise ValueError("a part is compressed")
        if sum(info.file_size for info in infos) > n_bytes:
            raise ValueError("its parts are larger than the file")
        root = _root(json.loads(archive.read(_MANIFEST)))
        return root, [_array(archive.read(name)) for name in names[1:]]


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Write beside the file, then take its place: nobody sees a half of it."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _part_name(number: int) -> str:
    return f"arrays/{number}.npy"


def _root(manifest: Any) -> Any:
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ValueError("its manifest is not one of skopt_nn")
    if manifest.get("version") != _VERSION:
        raise ValueError(
            f"it has version {manifest.get('version')!r} of the format, and skopt_nn "
            f"{skopt_nn.__version__} reads version {_VERSION}. It was written by "
            f"skopt_nn {manifest.get('skopt_nn')!r}; install that or a newer one"
        )
    return manifest["root"]


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _array(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array has an unknown version")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind not in ARRAY_KINDS or dtype.itemsize == 0:
        raise ValueError(f"an array has the dtype {dtype}")
    n_bytes = len(data) - stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != n_bytes:
        raise ValueError(f"an array of {n_bytes} bytes has the shape {shape}")
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)
