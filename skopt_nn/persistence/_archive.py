"""The file: a zip archive of one JSON text and of the bytes of all arrays.

Arrays are not compressed, and the text is only so far that what it unfolds to is in
proportion to the file: reading one needs little more memory than its size.
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
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

import skopt_nn

ARRAY_KINDS = "biufcSUMm"

_FORMAT = "skopt_nn estimator"
_VERSION = 2
_MANIFEST, _ARRAYS = "manifest.json", "arrays"
# How many times its bytes in the file the text may be. Ours come to three or four.
_MOST_FOLDED = 20


def write_archive(path: Path, root: Any, arrays: Sequence[np.ndarray]) -> None:
    """Write a JSON node and the arrays that it refers to."""
    writer = {"version": _VERSION, "skopt_nn": skopt_nn.__version__}
    described = [_description(array) for array in arrays]
    manifest = {"format": _FORMAT, **writer, "arrays": described, "root": root}
    text = json.dumps(manifest, allow_nan=False, separators=(",", ":")).encode()
    folds = len(text) <= _MOST_FOLDED * len(zlib.compress(text, 9)) // 2
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
        if infos[0].file_size > _MOST_FOLDED * infos[0].compress_size:
            raise ValueError("its text unfolds to too much")
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos[1:]):
            raise ValueError("an array is compressed")
        if sum(info.file_size for info in infos[1:]) > n_bytes:
            raise ValueError("its parts are larger than the file")
        manifest = _checked(json.loads(archive.read(_MANIFEST)), names)
        parts = [archive.read(name) for name in names[1:]]
        if names == of_version_1:
            return manifest["root"], list(map(_array_of_version_1, parts))
        return manifest["root"], _arrays(manifest["arrays"], parts[0])


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


def _checked(manifest: Any, names: list[str]) -> dict[str, Any]:
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ValueError("its manifest is not one of skopt_nn")
    version = manifest.get("version")
    if version != (2 if names[1:] == [_ARRAYS] else 1):
        raise ValueError(
            f"it has version {version!r} of the format, and skopt_nn "
            f"{skopt_nn.__version__} reads versions 1 and 2. It was written by "
            f"skopt_nn {manifest.get('skopt_nn')!r}; install that or a newer one"
        )
    return manifest


# -- arrays -----------------------------------------------------------------------


def _description(array: np.ndarray) -> list[Any]:
    order = "C" if array.flags.c_contiguous or not array.flags.f_contiguous else "F"
    return [array.dtype.str, list(array.shape), order]


def _arrays(described: Any, data: bytes) -> list[np.ndarray]:
    arrays, start = [], 0
    for text, shape, order in described:
        dtype = _checked_dtype(np.dtype(str(text)))
        sizes = [size for size in shape if type(size) is int and size >= 0]
        n_bytes = math.prod(sizes) * dtype.itemsize
        if len(sizes) < len(shape) or n_bytes > len(data) - start:
            raise ValueError(
                f"an array of at most {len(data) - start} bytes has the shape {shape}"
            )
        part = np.ndarray(sizes, dtype, data, start, order=order)
        arrays.append(part.copy("K"))
        start += n_bytes
    if start < len(data):
        raise ValueError(f"{len(data) - start} bytes belong to no array")
    return arrays


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
