"""Images at every frame of a run: embedded once, kept beside the run, laid flat and measured."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from siamese_lib._runfiles import write_atomically
from siamese_lib.evaluation import NEIGHBOURS
from siamese_lib.gallery import Gallery
from siamese_lib.metrics import precision_at_k

PRECISION = f"precision@{NEIGHBOURS}"
_QUERIES = 1_000


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


def principal_axes(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the plane in which points spread most (principal component analysis).

    Args:
        points: float (N, dim).

    Returns:
        Orthonormal axes (dim, 2), of which points (N, 2) are ``points @ axes``, and the share of
        the variance that lies in their plane. Two dimensions stay as they are; one gets a zero
        beside it.
    """
    dim = points.shape[1]
    if dim <= 2:
        return np.eye(dim, 2), 1.0
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    axes = axes[:, :-3:-1]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)
    total = variances.sum()
    return axes, float(variances[-2:].sum() / total) if total > 0 else 1.0


def turned(points: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Turn, and mirror if need be, points (N, 2) to lie as near as can be to those before.

    The orthogonal Procrustes problem (Schönemann, 1966).
    """
    left, _, right = np.linalg.svd(points.T @ before)
    return points @ (left @ right)


def centred(embeddings: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Put the middle of each frame at zero: distances, all that a loss sees, stay the same.

    Args:
        embeddings: float (..., N, dim), of which the middle is taken.
        others: float (..., M, dim), moved by the same way in place of them.
    """
    middle = embeddings.mean(axis=-2, keepdims=True)
    return (embeddings if others is None else others) - middle


def precision_of(embeddings: np.ndarray, labels: np.ndarray) -> float:
    """Measure precision@7 of images among each other; NaN if there are too few.

    Args:
        embeddings: float (N, dim).
        labels: int or str (N,). Of many images 1,000, evenly picked, are looked up.
    """
    count = len(embeddings)
    if count <= NEIGHBOURS:
        return np.nan
    queries = np.linspace(0, count - 1, min(count, _QUERIES)).astype(np.int64)
    found, _ = Gallery(embeddings).nearest(embeddings[queries], NEIGHBOURS + 1)
    itself_last = np.argsort(found == queries[:, None], axis=1, kind="stable")
    found = np.take_along_axis(found, itself_last, axis=1)[:, :NEIGHBOURS]
    return precision_at_k(labels[found], labels[queries])


def curve_of(history: Mapping[str, Sequence[float]], name: str, steps: np.ndarray) -> np.ndarray:
    """Read a column of a history at steps (F,), on straight lines between its rows.

    NaN before the first row, unless it is the loss, whose first row is a mean from step 0 on;
    and everywhere, if there is no such column.
    """
    column = np.asarray(history.get(name, ()), np.float64)
    known = np.isfinite(column)
    if not known.any():
        return np.full(len(steps), np.nan)
    rows = np.asarray(history["step"])[known]
    left = column[known][0] if name == "loss" else np.nan
    return np.interp(steps, rows, column[known], left=left)
