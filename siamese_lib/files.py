"""Files that are there whole or not at all, and arrays remembered in them."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

JsonObject: TypeAlias = dict[str, Any]  # as json.loads reads it, its values yet to be checked


def write_atomically(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file, part after part: it is there whole or not at all, even if the machine stops."""
    partial = path.with_name(f".partial-{path.name}")
    try:
        with partial.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def digest(*parts: Iterable[np.ndarray]) -> str:
    """Name arrays by their shapes, types and contents: 32 hexadecimal digits."""
    name = hashlib.blake2b(digest_size=16)
    for array in (array for part in parts for array in part):
        name.update(f"{array.dtype.str}{array.shape}".encode())
        name.update(np.ascontiguousarray(array).data)
    return name.hexdigest()


def remembered(path: Path, shape: tuple[int, ...], make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array in a file; make it and write it there if it is missing or damaged.

    Args:
        path: an ``.npz`` file, which checks itself when it is read.
        shape: of the array, float32.
        make: what takes long.

    Warns:
        UserWarning: the file cannot be written; the array is returned all the same.
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
            f"The film cannot be kept for the next time: {os.strerror(error.errno or 0)} "
            f"({path.parent}).",
            stacklevel=3,
        )
    return made
