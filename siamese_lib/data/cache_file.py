"""The file format of a folder's pixels in the cache.

1. A line: the BLAKE2b hash of everything after it, in hexadecimal digits.
2. A line of JSON: ``rows``, what is known of each file, and ``shape``, that of the pixels.
3. The pixels, uint8 (N, H, W, C), of the first N rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamese_lib.files import Json, write_atomically


def write(path: Path, rows: Sequence[Json], pixels: Sequence[np.ndarray]) -> None:
    """Write a file atomically.

    Args:
        path: the file.
        rows: values for JSON.
        pixels: images of the first rows, each uint8 (H, W, C).

    Raises:
        OSError: the file cannot be written.
    """
    shape = [len(pixels), *(pixels[0].shape if pixels else ())]
    head = json.dumps({"rows": rows, "shape": shape}).encode() + b"\n"
    parts = [np.ascontiguousarray(image).data for image in pixels]
    digest = hashlib.blake2b(head, digest_size=16)
    for part in parts:
        digest.update(part)
    write_atomically(path, f"{digest.hexdigest()}\n".encode(), head, *parts)


def read(path: Path) -> tuple[list[Json], np.ndarray]:
    """Read the rows, and the pixels of the first of them.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged.
    """
    with path.open("rb") as file:
        expected, head = file.readline(), file.readline()
        pixels = np.fromfile(file, np.uint8)
    digest = hashlib.blake2b(head, digest_size=16)
    digest.update(pixels.data)
    if expected != f"{digest.hexdigest()}\n".encode():
        raise ValueError(f"{path} is damaged: its content is not what its first line says.")
    facts = json.loads(head)
    return facts["rows"], pixels.reshape(facts["shape"])
