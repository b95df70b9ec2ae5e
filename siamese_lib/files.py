"""Write files atomically, and keep arrays in files so that they are computed only once."""

from __future__ import annotations

import hashlib
import os
import warnings
import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from siamese_lib.arrays import in_blocks

# A value as JSON has it: a dict, a list, a text, a number, a bool or None. Readers check which.
Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Json]


def write_atomically(path: Path, *parts: bytes | memoryview) -> None:
    """Write the parts to a file, one after another, atomically.

    Even if the machine stops midway, the file is either complete or as it was before.

    Raises:
        OSError: the file cannot be written.
    """
    own = os.fsencode(path.name)
    # A file system takes names of up to 255 bytes.
    name = path.name if len(own) <= 240 else f"{zlib.crc32(own):08x}"
    partial = path.with_name(f".partial-{name}")
    try:
        with partial.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def size_in_words(*paths: Path) -> str:
    """Say how much files take, and folders with all that is in them, such as "2.4 MB"."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return f"{sum(file.stat().st_size for file in files if file.is_file()) / 1e6:,.1f} MB"


def digest(*parts: Iterable[np.ndarray]) -> str:
    """Return 32 hexadecimal digits that identify arrays by dtype, shape and content."""
    name = hashlib.blake2b(digest_size=16)
    for array in (array for part in parts for array in part):
        name.update(f"{array.dtype.str}{array.shape}".encode())
        for block in in_blocks(array):
            name.update(np.ascontiguousarray(block).data)
    return name.hexdigest()


def remembered(path: Path, shape: tuple[int, ...], make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array that a file holds; if it is missing or damaged, compute and store it.

    Args:
        path: an ``.npz`` file. Its checksums are verified when it is read.
        shape: shape of the array, whose dtype is float32. A file with another array is replaced.
        make: computes the array. It may be slow.

    Warns:
        UserWarning: the file cannot be written. The array is returned anyway.
    """
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as file:
            found = file["embeddings"]
        if found.shape == shape and found.dtype == np.float32:
            return found
    except Exception:  # missing, or damaged in one of many ways
        pass
    made = make()
    buffer = BytesIO()
    np.savez(buffer, embeddings=made)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        warnings.warn(
            f"Embeddings were not saved in {path.parent}: {os.strerror(error.errno or 0)}. They "
            "will be computed again next time. To save them, make that folder writable.",
            stacklevel=3,
        )
    return made
