"""What a gallery compares: numbers that are fit for its metric, and how they are kept."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

METRICS = ("euclidean", "cosine")
_LARGEST = 1e30  # so that distances fit single precision
_BLOCK_BYTES = 32 << 20  # of vectors held at a time, beside those of the gallery


def checked(name: str, vectors: ArrayLike, metric: str) -> np.ndarray:
    """Return an array (N, dim) of finite numbers, with an angle each where the metric is cosine.

    Raises:
        ValueError: `vectors`, which the message calls `name`, are something else.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or vectors.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must be numbers of shape (N, dim), got {vectors.dtype} of shape "
            f"{vectors.shape}. A single embedding goes in a row: embedding[None]."
        )
    if not vectors.size:
        return vectors
    least, most = float(vectors.min()), float(vectors.max())  # both are NaN if one number is
    if not -_LARGEST <= least <= most <= _LARGEST:
        wrong = np.flatnonzero(~(np.abs(vectors.astype(np.float64)) <= _LARGEST).all(axis=1))
        raise ValueError(
            f"{name} must be finite and within ±{_LARGEST:g}, got NaN, infinity or more in "
            f"{wrong.size} of {len(vectors)} rows, the first of them row {wrong[0]}. Leave "
            "them out, or look for what diverged."
        )
    if metric == "euclidean":
        return vectors
    zero = np.flatnonzero(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64) == 0)
    if zero.size:
        raise ValueError(
            f"{name} must not be all zeros where the metric is cosine, got {zero.size} such of "
            f"{len(vectors)} rows, the first of them row {zero[0]}. Leave them out, or take "
            "metric='euclidean'."
        )
    return vectors


def comparable(vectors: np.ndarray, metric: str) -> np.ndarray:
    """Return float64 copies (..., dim) whose Euclidean distances rank by the metric."""
    vectors = vectors.astype(np.float64)
    if metric == "cosine":
        vectors /= np.sqrt(np.vecdot(vectors, vectors))[..., None]
    return vectors


def compact(vectors: np.ndarray) -> np.ndarray:
    """Return a copy in single precision if that holds every number of the dtype, else double."""
    exact = np.can_cast(vectors.dtype, np.float32)
    return vectors.astype(np.float32 if exact else np.float64, order="C")


def surroundings(vectors: np.ndarray, metric: str) -> tuple[np.ndarray, float]:
    """Say where and how wide vectors lie, as the metric compares them.

    Returns:
        centre: float64 (dim,), their mean.
        scale: a power of two that brings their offsets from the centre into ±1, and the largest
            to at least 1/2.
    """
    total, least, most = (np.full(vectors.shape[1], value) for value in (0.0, np.inf, -np.inf))
    for rows in blocks(len(vectors), 8 * vectors.shape[1]):
        part = comparable(vectors[rows], metric)
        total += part.sum(axis=0)
        least, most = np.minimum(least, part.min(axis=0)), np.maximum(most, part.max(axis=0))
    centre = total / len(vectors)
    _, exponent = math.frexp(float(np.maximum(most - centre, centre - least).max()))
    return centre, math.ldexp(1.0, -max(exponent, -400))  # so that its square is a number, too


def blocks(count: int, bytes_each: int) -> Iterator[slice]:
    """Cut `count` rows into slices that are not too large to work on, of one row at least."""
    step = max(1, _BLOCK_BYTES // bytes_each)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
