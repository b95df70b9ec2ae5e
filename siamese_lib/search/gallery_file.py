"""The file format of a gallery: how a file is written, and how it is checked when it is read.

1. The line ``siamese_lib gallery``.
2. A line of JSON: ``format``; facts about the gallery; and ``arrays``, the dtype and the shape of
   each array that follows.
3. The arrays, little-endian, in C order, one after another.
4. The SHA-256 of everything before it, 32 bytes.

Format 1 has three arrays: the embeddings, their centre, and the index. Format 2 has a fourth, for
an approximate gallery with copies: which vector of the index stands for each embedding.
Loading reads only numbers and JSON, and unpickles nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from siamese_lib.files import JsonObject, write_atomically
from siamese_lib.texts import located

_ARRAYS = {1: 3, 2: 4}  # their number, by the format
_FIRST_LINE = b"siamese_lib gallery\n"
_HEADER_BYTES = 1 << 16  # limit; a real header has a few hundred
_DIGEST_BYTES = hashlib.sha256().digest_size
_DTYPES = ("<f4", "<f8", "|u1", "<u4")


class GalleryError(ValueError):
    """A file that is not a gallery, or not a complete one."""


def write(path: Path, facts: Mapping[str, object], arrays: Sequence[np.ndarray]) -> None:
    """Write a file atomically, and create missing folders.

    Args:
        path: the file.
        facts: values for JSON, by name.
        arrays: three or four of float32, float64, uint8 or uint32, of any shapes.
    """
    arrays = [np.ascontiguousarray(a, dtype=a.dtype.newbyteorder("<")) for a in arrays]
    entries = [[a.dtype.str, list(a.shape)] for a in arrays]
    version = {count: version for version, count in _ARRAYS.items()}[len(arrays)]
    header = json.dumps({**facts, "format": version, "arrays": entries}).encode()
    parts = [_FIRST_LINE, header, b"\n", *(a.reshape(-1).view(np.uint8).data for a in arrays)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, *parts, digest.digest())


def read(path: Path) -> tuple[JsonObject, list[np.ndarray]]:
    """Read the facts and the arrays.

    Raises:
        FileNotFoundError: there is no such file.
        GalleryError: the file is not a gallery, has a later format, or is damaged.
    """
    where = located(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file {where}; expected one that Gallery.save wrote.")
    if path.is_dir():
        raise GalleryError(f"{where} is a folder; expected a file that Gallery.save wrote.")
    with path.open("rb") as file:
        digest = hashlib.sha256()
        first = file.read(len(_FIRST_LINE))
        if first != _FIRST_LINE:
            raise GalleryError(
                f"{where} is not a gallery: it begins with {first!r}; expected {_FIRST_LINE!r}."
            )
        line = file.readline(_HEADER_BYTES)
        facts = _header(path, line)
        entries = facts.pop("arrays")
        body = sum(np.dtype(dtype).itemsize * math.prod(shape) for dtype, shape in entries)
        expected, found = file.tell() + body + _DIGEST_BYTES, path.stat().st_size
        if found != expected:
            raise GalleryError(
                f"{where} is damaged: it has {found} bytes; expected the {expected} that were "
                "written. Copy or save it again."
            )
        digest.update(first + line)
        arrays = []
        for dtype, shape in entries:
            array = np.fromfile(file, np.dtype(dtype), math.prod(shape)).reshape(shape)
            digest.update(array.reshape(-1).view(np.uint8).data)
            arrays.append(array.astype(array.dtype.newbyteorder("="), copy=False))
        if file.read() != digest.digest():
            raise GalleryError(
                f"{where} is damaged: its SHA-256 is {digest.hexdigest()}; expected the one at the "
                "end of the file. Copy or save it again."
            )
    return facts, arrays


def _header(path: Path, line: bytes) -> JsonObject:
    try:
        header = json.loads(line)
        version = header["format"]
    except (ValueError, TypeError, KeyError) as error:
        raise GalleryError(
            f"{located(path)} is damaged: its second line is {line[:40]!r}; expected JSON with a "
            "format."
        ) from error
    if not isinstance(version, int) or version not in _ARRAYS:
        raise GalleryError(
            f"{located(path)} has format {version}; expected format "
            f"{' or '.join(map(str, _ARRAYS))}, which this version of siamese_lib reads. Load it "
            "with the version that wrote it."
        )
    entries = header.get("arrays")
    count = _ARRAYS[version]
    if not isinstance(entries, list) or not all(map(_is_entry, entries)) or len(entries) != count:
        raise GalleryError(
            f"{path} is damaged: its arrays are {entries!r}; expected dtype and shape of {count}."
        )
    return header


def _is_entry(entry: object) -> bool:
    if not (isinstance(entry, list) and len(entry) == 2 and entry[0] in _DTYPES):
        return False
    shape = entry[1]
    return isinstance(shape, list) and all(isinstance(n, int) and n >= 0 for n in shape)
