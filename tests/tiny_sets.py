"""A tiny data set, written in both layouts and described as a known one."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamese_lib.data.dataset import DataError
from siamese_lib.data.sources import DatasetSpec, Mirror

IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


def tiny_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """30 images of 9 by 7 pixels, in three classes."""
    rng = np.random.default_rng(seed)
    return {
        "x_train": rng.integers(0, 256, (20, 9, 7), dtype=np.uint8),
        "y_train": rng.integers(0, 3, 20, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (10, 9, 7), dtype=np.uint8),
        "y_test": rng.integers(0, 3, 10, dtype=np.uint8),
    }


def npz_bytes(arrays: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def idx_bytes(array: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def all_files(name: str, arrays: dict[str, np.ndarray]) -> dict[str, bytes]:
    """The set in both layouts: file name to contents."""
    idx = {file: idx_bytes(arrays[key]) for key, file in IDX_NAMES.items()}
    return {f"{name}.npz": npz_bytes(arrays), **idx}


def mirror(base_url: str, files: dict[str, bytes], layout: str) -> Mirror:
    chosen = [file for file in files if file.endswith(".npz") == (layout == "npz")]
    return Mirror(
        base_url, {file: "sha256:" + hashlib.sha256(files[file]).hexdigest() for file in chosen}
    )


def tiny_spec(name: str, arrays: dict[str, np.ndarray], *mirrors: Mirror) -> DatasetSpec:
    return DatasetSpec(
        name=name,
        class_names=("ant", "bee", "cat"),
        shapes={key: array.shape for key, array in arrays.items()},
        sha256={key: hashlib.sha256(array.tobytes()).hexdigest() for key, array in arrays.items()},
        mirrors=mirrors,
        package="tiny-package",
    )


def put(folder: Path, layout: str, arrays: dict[str, np.ndarray], name: str = "tiny") -> Path:
    """Write a set; returns what holds its training images."""
    for file, content in all_files(name, arrays).items():
        path = folder / file if layout == "npz" else folder / name / file
        if file.endswith(".npz") == (layout == "npz"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder / f"{name}.npz" if layout == "npz" else folder / name / IDX_NAMES["x_train"]


def assert_clear(error: pytest.ExceptionInfo[ValueError], *parts: object) -> None:
    """The file, what was found, what was expected, what to do."""
    message = str(error.value)
    assert isinstance(error.value, DataError)
    assert message.endswith(".")
    for part in (*parts, "found", "expected"):
        assert str(part) in message
