"""Check the embeddings of a gallery, and prepare them for its metric."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import real_array
from siamese_lib.checks import whole_number

METRICS = ("euclidean", "cosine")
_LARGEST = 1e30  # so that distances fit into single precision
_SHORT = 2.0**-900  # squared length below which the squares of numbers lose digits
_BLOCK_BYTES = 32 << 20  # of vectors worked on at a time, besides the gallery


def checked(name: str, vectors: ArrayLike, metric: str) -> np.ndarray:
    """Check vectors, and return them as an array (N, dim).

    Args:
        name: what the error message calls the argument.
        vectors: real numbers (N, dim), finite and within ±1e30.
        metric: if "cosine", no row may be all zeros, since such a row has no angle.

    Raises:
        ValueError: `vectors` are something else.
    """
    vectors = real_array(name, vectors)
    if vectors.ndim != 2:
        flat = "Pass a single embedding as a row: embedding[None]."
        deep = f"Pass each embedding as one row: {name}.reshape(len({name}), -1)."
        raise ValueError(
            f"{name}: got {vectors.dtype} of shape {vectors.shape}; expected numbers of shape "
            f"(N, dim). {flat if vectors.ndim < 2 else deep}"
        )
    if not vectors.size:
        return vectors
    least, most = float(vectors.min()), float(vectors.max())  # both are NaN if one number is
    if not -_LARGEST <= least <= most <= _LARGEST:
        wrong = np.flatnonzero(~(np.abs(vectors.astype(np.float64)) <= _LARGEST).all(axis=1))
        raise ValueError(
            f"{name}: got NaN, infinity or a number beyond ±{_LARGEST:g} in {wrong.size} of "
            f"{len(vectors)} rows, first in row {wrong[0]}; expected finite numbers within "
            f"±{_LARGEST:g}. Leave these rows out, or find out what diverged."
        )
    if metric == "euclidean":
        return vectors
    zero = np.flatnonzero(~vectors.any(axis=1))
    if zero.size:
        raise ValueError(
            f"{name}: got all zeros in {zero.size} of {len(vectors)} rows, first in row {zero[0]}; "
            "expected rows with an angle, since the metric is cosine. Leave these rows out, or use "
            "metric='euclidean'."
        )
    return vectors


def of_dimension(name: str, vectors: ArrayLike, metric: str, dim: int) -> np.ndarray:
    """Check vectors for a gallery, and return them as an array (N, dim).

    Args:
        name, metric: as for `checked`.
        vectors: as for `checked`.
        dim: the gallery's.

    Raises:
        ValueError: `vectors` are something else.
    """
    vectors = checked(name, vectors, metric)
    if vectors.shape[1] != dim:
        raise ValueError(
            f"{name}: got shape {vectors.shape}; expected the gallery's dimension, {dim}. Embed "
            "both with the same tower."
        )
    return vectors


def number_to_find(k: SupportsIndex, available: int) -> int:
    """Return `k` as an int. Raise ValueError unless it is from 1 to `available` embeddings."""
    k = whole_number("k", k, 1)
    if k > available:
        raise ValueError(
            f"k is {k}; expected at most {available}, the number of embeddings to find. Ask "
            "for fewer neighbours, or make a larger gallery."
        )
    return k


def check_choice(name: str, given: str, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless `given` is one of the allowed words."""
    if given not in allowed:
        *others, last = map(repr, allowed)
        raise ValueError(f"{name} is {given!r}; expected {', '.join(others)} or {last}.")


def comparable(vectors: np.ndarray, metric: str) -> np.ndarray:
    """Return float64 copies (..., dim) whose Euclidean distances rank as the metric ranks."""
    vectors = vectors.astype(np.float64)
    if metric == "cosine":
        squares = np.vecdot(vectors, vectors)
        if squares.min(initial=1.0) < _SHORT:
            # Lengthen them all by powers of two, which rounds nothing.
            _, exponents = np.frexp(np.abs(vectors).max(axis=-1, keepdims=True))
            vectors = np.ldexp(vectors, -exponents)
            squares = np.vecdot(vectors, vectors)
        vectors /= np.sqrt(squares)[..., None]
    return vectors


def distances(squares: np.ndarray, metric: str) -> np.ndarray:
    """Return distances in a metric from squared distances of `comparable` vectors."""
    # Half the squared distance of unit vectors is 1 − cos, but without cancellation.
    return np.sqrt(squares) if metric == "euclidean" else squares / 2


def alike(vectors: np.ndarray, metric: str) -> np.ndarray:
    """Return numbers (..., dim) that are equal for vectors between which the metric is 0.

    In "cosine", vectors that differ only in length are equal up to rounding.
    """
    if metric == "euclidean":
        return vectors
    return np.rint(comparable(vectors, metric) * 2.0**49)


def compact(vectors: np.ndarray) -> np.ndarray:
    """Return a copy, float32 if that holds every number of the dtype, else float64."""
    exact = np.can_cast(vectors.dtype, np.float32)
    return vectors.astype(np.float32 if exact else np.float64, order="C")


def surroundings(vectors: np.ndarray, metric: str) -> tuple[np.ndarray, float]:
    """Return the centre and the scale of vectors, as the metric compares them.

    Returns:
        centre: float64 (dim,), their mean.
        scale: a power of two. It scales their offsets from the centre into ±1, and the largest
            offset to at least 1/2.
    """
    total, least, most = (np.full(vectors.shape[1], value) for value in (0.0, np.inf, -np.inf))
    for rows in blocks(len(vectors), 8 * vectors.shape[1]):
        part = comparable(vectors[rows], metric)
        total += part.sum(axis=0)
        least, most = np.minimum(least, part.min(axis=0)), np.maximum(most, part.max(axis=0))
    centre = total / len(vectors)
    _, exponent = math.frexp(float(np.maximum(most - centre, centre - least).max()))
    return centre, math.ldexp(1.0, -max(exponent, -400))  # so that its square is finite too


def blocks(count: int, bytes_each: int) -> Iterator[slice]:
    """Cut `count` rows into slices that fit into memory, of at least one row each."""
    step = max(1, _BLOCK_BYTES // bytes_each)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
