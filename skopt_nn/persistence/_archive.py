"""The file: a zip archive of one JSON text and of the bytes of all arrays.

Arrays are not compressed, and the text only so far: reading a file, whoever wrote it,
needs memory in proportion to its size.
"""

import io
import json
import math
import os
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

import skopt_nn

ARRAY_KINDS = "biufcSUMm"

_FORMAT = "skopt_nn estimator"
_VERSION = 2
_MANIFEST, _ARRAYS = "manifest.json", "arrays"
# How many times its bytes in the file the text may be. Ours come to three or four, and
# one that comes to more is not compressed.
_MOST_FOLDED = 8
_MOST_AXES = 32


def write_archive(path: Path, root: Any, arrays: Sequence[np.ndarray]) -> None:
    """Write a JSON node and the arrays that it refers to."""
    writer = {"version": _VERSION, "skopt_nn": skopt_nn.__version__}
    described = [_description(array) for array in arrays]
    manifest = {"format": _FORMAT, **writer, "arrays": described, "root": root}
    text = json.dumps(manifest, allow_nan=False, separators=(",", ":")).encode()
    folds = len(text) < (_MOST_FOLDED - 1) * len(zlib.compress(text, 9))
    how = zipfile.ZIP_DEFLATED if folds else zipfile.ZIP_STORED
    with _replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_MANIFEST), text, how, 9)
        with archive.open(zipfile.ZipInfo(_ARRAYS), "w", force_zip64=True) as part:
            for array in arrays:
                part.write(array.tobytes("A"))


def read_archive(file: BinaryIO) -> tuple[Any, list[np.ndarray]]:
    """The JSON node and the arrays of a file whose every size is what it says."""
    n_bytes = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        of_version_1 = [_MANIFEST, *map(_name_of_version_1, range(len(infos) - 1))]
        if names not in ([_MANIFEST, _ARRAYS], of_version_1):
            odd = sorted(set(names) ^ {_MANIFEST, _ARRAYS})
            raise ValueError(f"the archive has unexpected or missing parts {odd}")
        _check_sizes(infos, n_bytes)
        with archive.open(infos[0]) as part:
            # As much as it says, and no more than it says.
            text = part.read(infos[0].file_size)
        version = 1 if names == of_version_1 else _VERSION
        manifest = _checked(json.loads(text), version)
        if version == 1:
            parts = (archive.read(name) for name in names[1:])
            return manifest["root"], list(map(_array_of_version_1, parts))
        with archive.open(infos[1]) as part:
            return manifest["root"], _arrays(manifest["arrays"], part)


def _check_sizes(infos: Sequence[zipfile.ZipInfo], n_bytes: int) -> None:
    """Refuse parts that are, or unfold to, more than a file of so many bytes holds."""
    text, *arrays = infos
    if text.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("its text is compressed in a way that is not ours")
    if text.file_size > _MOST_FOLDED * text.compress_size:
        raise ValueError("its text unfolds to too much")
    if any(info.compress_type != zipfile.ZIP_STORED for info in arrays):
        raise ValueError("an array is compressed")
    sizes = sum(info.compress_size for info in infos), sum(a.file_size for a in arrays)
    if max(sizes) > n_bytes:
        raise ValueError("its parts are larger than the file")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Write beside the file, then take its place: nobody sees a half of it."""
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(path.parent))
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _checked(manifest: Any, expected: int) -> dict[str, Any]:
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ValueError("its manifest is not one of skopt_nn")
    version = manifest.get("version")
    if version in (1, _VERSION) and version != expected:
        raise ValueError(f"it says version {version} and has the parts of {expected}")
    if version != expected:
        raise ValueError(
            f"it has version {version!r} of the format, and skopt_nn "
            f"{skopt_nn.__version__} reads versions 1 and 2. It was written by "
            f"skopt_nn {manifest.get('skopt_nn')!r}; install that or a newer one"
        )
    return manifest


# -- arrays -----------------------------------------------------------------------


def _description(array: np.ndarray) -> list[Any]:
    return [array.dtype.str, list(array.shape), "F" if array.flags.fnc else "C"]


def _arrays(described: Any, part: IO[bytes]) -> list[np.ndarray]:
    arrays = [_read_array(part, *description) for description in described]
    if part.read(1):
        raise ValueError("some bytes belong to no array")
    return arrays


def _read_array(part: IO[bytes], text: Any, shape: list[Any], order: Any) -> np.ndarray:
    dtype = _checked_dtype(np.dtype(str(text)))
    if len(shape) > _MOST_AXES:
        raise ValueError(f"an array has {len(shape)} axes")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError(f"an array has the shape {shape}")
    n_bytes = math.prod(shape) * dtype.itemsize
    data = part.read(n_bytes)
    if len(data) < n_bytes:
        raise ValueError(f"an array of {len(data)} bytes has the shape {shape}")
    return np.ndarray(shape, dtype, data, order=order).copy("K")


def _checked_dtype(dtype: np.dtype) -> np.dtype:
    if dtype.kind not in ARRAY_KINDS or dtype.itemsize == 0:
        raise ValueError(f"an array has the dtype {dtype}")
    return dtype


# -- version 1, in which each array was an .npy file ------------------------------


def _name_of_version_1(number: int) -> str:
    return f"arrays/{number}.npy"


def _array_of_version_1(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array has an unknown version")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    _checked_dtype(dtype)
    n_bytes = len(data) - stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != n_bytes:
        raise ValueError(f"an array of {n_bytes} bytes has the shape {shape}")
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)
