"""Measure retrieval over a whole gallery, in little memory and without lists of neighbours.

R-precision and MAP@R look at thousands of neighbours of each query, but only at whether each of
them is right. So that one bit replaces the last bit of the neighbour's squared distance, in double
precision. Then the nearest are selected and sorted, and no other data are needed. Rounding can
matter only if the distances of a right and a wrong neighbour differ by less than its error. The
few queries with two such neighbours are ranked again by differences, as a `siamese_lib.Gallery`
ranks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_labels, joined_labels
from siamese_lib.search.vectors import blocks, checked

_ALL_BUT_LAST = np.int64(0x7FFF_FFFF_FFFF_FFFE)  # clears the sign too, which rounding may have left
_LAST = np.iinfo(np.int64).max
_WORKERS = 4  # at most; each holds its own block of distances
_BLOCK_BYTES = 16 << 20  # of distances
_PRODUCT = 1 << 18  # multiplications; OpenBLAS shares larger products among threads
_SAMPLED = 16  # every 16th key is in the sample
_LEAST = 16  # queries in a block at least: a matrix product of few rows is slow
_DOUBLE = np.finfo(np.float64)


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """How good the neighbours of queries are. Each measure is a mean over queries, from 0 to 1.

    Attributes:
        precision_at_1: share of queries whose nearest neighbour is right.
        r_precision: as `siamese_lib.metrics.r_precision`.
        map_at_r: as `siamese_lib.metrics.map_at_r`.
    """

    precision_at_1: float
    r_precision: float
    map_at_r: float


def retrieval(
    queries: ArrayLike,
    query_labels: ArrayLike,
    gallery: ArrayLike,
    gallery_labels: ArrayLike,
    *,
    exclude_self: bool = False,
) -> Retrieval:
    """Measure the neighbours of queries, for each query as many as there are images of its class.

    The results equal those from the neighbours that a Euclidean `siamese_lib.Gallery` finds, but
    they come sooner, and in memory that does not grow with the number of queries. For cosine
    distances, divide each embedding by its length first.

    Args:
        queries: real numbers (Q, dim).
        query_labels: integers or strings (Q,).
        gallery: real numbers (N, dim), finite and within ±1e30, like the queries.
        gallery_labels: labels of the same kind (N,).
        exclude_self: the queries are the gallery itself, row for row, and none counts as its own
            neighbour.

    Raises:
        ValueError: the embeddings or labels are of another type or shape, or there are none; or a
            query has no image of its class in the gallery.
    """
    asked, held = checked("queries", queries, "euclidean"), checked("gallery", gallery, "euclidean")
    codes = _class_codes(asked, query_labels, held, gallery_labels)
    if exclude_self and not (np.array_equal(asked, held) and np.array_equal(*codes)):
        raise ValueError(
            "exclude_self was given with other queries; expected the gallery's own embeddings and "
            "labels, row for row. Leave it out for other queries."
        )
    counts = np.bincount(codes[1], minlength=codes[0].max() + 1)[codes[0]] - bool(exclude_self)
    if counts.min() < 1:
        raise ValueError(
            f"{(counts < 1).sum()} of {len(counts)} queries, such as {(counts < 1).argmax()}, have "
            "no image of their class in the gallery; expected at least one for each query. Leave "
            "these queries out."
        )
    ranking = _Ranking(asked, codes[0], held, codes[1], counts, exclude_self)
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        sums = np.sum(list(pool.map(ranking.sums, ranking.parts())), axis=0)
    first, r_precision, map_at_r = (sums / len(asked)).tolist()
    return Retrieval(precision_at_1=first, r_precision=r_precision, map_at_r=map_at_r)


class _Ranking:
    """The gallery, ready to be compared, and the queries, which are compared class by class."""

    def __init__(
        self,
        queries: np.ndarray,
        query_codes: np.ndarray,
        gallery: np.ndarray,
        gallery_codes: np.ndarray,
        counts: np.ndarray,
        exclude_self: bool,
    ) -> None:
        self.queries, self.query_codes = queries, query_codes
        self.gallery, self.gallery_codes = gallery, gallery_codes
        self.counts, self.exclude_self = counts, exclude_self
        # An offset that all embeddings share would cost precision, so the mean is subtracted.
        self.centre = gallery.mean(axis=0, dtype=np.float64)
        offsets = gallery - self.centre
        lengths = np.vecdot(offsets, offsets)
        self.factors = np.vstack([offsets.T, lengths, np.ones(len(gallery))])

    def parts(self) -> Iterator[np.ndarray]:
        """Yield rows of queries, all of one class, and few enough to compare at a time."""
        for code in np.unique(self.query_codes):
            rows = np.flatnonzero(self.query_codes == code)
            step = max(_LEAST, _BLOCK_BYTES // (8 * len(self.gallery)))
            for start in range(0, len(rows), step):
                yield rows[start : start + step]

    def sums(self, rows: np.ndarray) -> np.ndarray:
        """Return the sums of the three measures over queries of one class, float64 (3,)."""
        count = int(self.counts[rows[0]])
        hits, sure = self._hits(rows, count)
        for place in np.flatnonzero(~sure):
            hits[place] = self._ranked_again(int(rows[place]), count)
        found = hits.cumsum(axis=1, dtype=np.int32)
        average = np.einsum("qk,qk,k->", hits, found, 1 / np.arange(1, count + 1))
        return np.array([hits[:, 0].sum(), hits.sum() / count, average / count])

    def _hits(self, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the nearest are right, bool (rows, count), and which rows are certain."""
        offsets = self.queries[rows] - self.centre
        lengths = np.vecdot(offsets, offsets)
        squares = self._squares(np.column_stack([-2 * offsets, np.ones(len(rows)), lengths]))
        keys = squares.view(np.int64)  # numbers of 0 or more sort as their bits do
        keys &= _ALL_BUT_LAST
        keys |= self.gallery_codes != self.query_codes[rows[0]]
        if self.exclude_self:
            keys[np.arange(len(rows)), rows] = _LAST
        beyond = min(count, keys.shape[1] - 1)  # the first beyond R, if there is one
        nearest = np.stack([_least(row, beyond + 1) for row in keys])
        hits, squares = nearest & 1 == 0, nearest.view(np.float64)
        # As in a gallery: sums of dim + 2 products, none of them larger than reach squared.
        reach = 2 * np.sqrt(lengths) + np.sqrt(squares[:, count - 1])
        error = 2 * ((len(self.factors) + 8) * _DOUBLE.eps * reach**2 + _DOUBLE.tiny)
        close = np.diff(squares, axis=1) <= error[:, None]
        doubtful = close & (hits[:, 1:] != hits[:, :-1])
        doubtful[:, count - 1 :] = close[:, count - 1 :]
        return hits[:, :count], ~doubtful.any(axis=1)

    def _squares(self, factors: np.ndarray) -> np.ndarray:
        """Multiply by the gallery's factors, float64 (rows, N), in products of one thread each.

        BLAS shares larger products among threads, but here these are busy with other queries.
        """
        squares = np.empty((len(factors), len(self.gallery)))
        step = max(64, _PRODUCT // factors.size)
        for start in range(0, squares.shape[1], step):
            part = slice(start, start + step)
            np.matmul(factors, self.factors[:, part], out=squares[:, part])
        return squares

    def _ranked_again(self, row: int, count: int) -> np.ndarray:
        """Return which of one query's nearest are right, by distances that a gallery computes."""
        query, squares = self.queries[row].astype(np.float64), np.empty(len(self.gallery))
        for part in blocks(len(self.gallery), 8 * len(query)):
            differences = self.gallery[part].astype(np.float64) - query
            squares[part] = np.vecdot(differences, differences)
        if self.exclude_self:
            squares[row] = np.inf
        nearest = squares.argsort(kind="stable")[:count]
        return self.gallery_codes[nearest] == self.query_codes[row]


def _least(keys: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` smallest of int64 (N,), sorted.

    A sample gives a bound with a few more than `count` keys below it. Only those are sorted.
    """
    expected = count / _SAMPLED
    place = int(expected + 4 * math.sqrt(expected)) + 1
    sample = keys[::_SAMPLED]
    if place < len(sample):
        few = keys[keys <= np.partition(sample, place)[place]]
        keys = few if len(few) >= count else keys
    return np.sort(keys)[:count]


def _class_codes(
    queries: np.ndarray, query_labels: ArrayLike, gallery: np.ndarray, gallery_labels: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes of queries and gallery as numbers from 0 up, int64 (Q,) and (N,)."""
    asked, held = np.shape(query_labels), np.shape(gallery_labels)
    if queries.shape[1] != gallery.shape[1] or not (queries.size and gallery.size):
        raise ValueError(
            f"queries have shape {queries.shape} and gallery {gallery.shape}; expected one "
            "dimension for both, and at least one embedding in each."
        )
    if asked != queries.shape[:1] or held != gallery.shape[:1]:
        raise ValueError(
            f"query_labels have shape {asked} and gallery_labels {held}; expected "
            f"{queries.shape[:1]} and {gallery.shape[:1]}, one for each embedding."
        )
    names = "query_labels", "gallery_labels"
    labels = joined_labels(
        checked_labels(query_labels, names[0]), checked_labels(gallery_labels, names[1]), names
    )
    _, codes = np.unique(labels, return_inverse=True)
    return codes[: len(queries)], codes[len(queries) :]
