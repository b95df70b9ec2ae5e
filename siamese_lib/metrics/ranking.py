"""Retrieval judged over a whole gallery, in little memory and without a list of neighbours.

R-precision and MAP@R look at thousands of neighbours of each query, but only at whether each is
right. So that one bit is put in place of the last bit of its squared distance, in double
precision; the nearest are selected and sorted, and nothing else has to be carried along. Rounding
could only matter where a right and a wrong one are as near as it reaches. The few queries with
such a pair are ranked again by differences, as a `siamese_lib.Gallery` ranks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.search.vectors import blocks, checked

_ALL_BUT_LAST = np.int64(0x7FFF_FFFF_FFFF_FFFE)  # nor the sign, which rounding may have left
_LAST = np.iinfo(np.int64).max
_WORKERS = 4  # at most; each has a block of distances of its own
_BLOCK_BYTES = 16 << 20  # of distances
_PRODUCT = 1 << 18  # multiplications, up to which OpenBLAS stays in the thread that asks
_SAMPLED = 16  # one key of so many
_LEAST = 16  # queries in a block even so: a matrix product of few rows is slow
_DOUBLE = np.finfo(np.float64)


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """How good the neighbours of queries are, each a mean over queries, from 0 to 1.

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
    """Judge the neighbours of queries in a gallery, as many as each has relatives there.

    The same numbers as from the neighbours that a Euclidean `siamese_lib.Gallery` finds, but
    sooner, and in memory that does not grow with the number of queries. For the cosine, divide
    each embedding by its length first.

    Args:
        queries: real numbers (Q, dim).
        query_labels: integers or strings (Q,).
        gallery: real numbers (N, dim), finite and within ±1e30, as the queries.
        gallery_labels: labels of the same kind (N,).
        exclude_self: the queries are the gallery itself, row for row, and none is its own
            neighbour.

    Raises:
        ValueError: not embeddings or labels, of shapes that do not fit, none at all, or a query
            without a relative in the gallery.
    """
    asked, held = checked("queries", queries, "euclidean"), checked("gallery", gallery, "euclidean")
    codes = _class_codes(asked, query_labels, held, gallery_labels)
    if exclude_self and not (np.array_equal(asked, held) and np.array_equal(*codes)):
        raise ValueError(
            "exclude_self needs the gallery's own embeddings and labels as queries, row for row. "
            "Leave it out for other queries."
        )
    counts = np.bincount(codes[1], minlength=codes[0].max() + 1)[codes[0]] - bool(exclude_self)
    if counts.min() < 1:
        raise ValueError(
            f"every query needs a relative in the gallery, and {(counts < 1).sum()} of "
            f"{len(counts)} have none, the first of them query {(counts < 1).argmax()}. Leave "
            "them out."
        )
    ranking = _Ranking(asked, codes[0], held, codes[1], counts, exclude_self)
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        sums = np.sum(list(pool.map(ranking.sums, ranking.parts())), axis=0)
    first, r_precision, map_at_r = (sums / len(asked)).tolist()
    return Retrieval(precision_at_1=first, r_precision=r_precision, map_at_r=map_at_r)


class _Ranking:
    """The gallery as it is compared, and the queries, of which those of one class come together."""

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
        # Around their mean an offset common to all costs no precision.
        self.centre = gallery.mean(axis=0, dtype=np.float64)
        offsets = gallery - self.centre
        lengths = np.vecdot(offsets, offsets)
        self.factors = np.vstack([offsets.T, lengths, np.ones(len(gallery))])

    def parts(self) -> Iterator[np.ndarray]:
        """Cut the queries into rows of one class each, few enough to compare at a time."""
        for code in np.unique(self.query_codes):
            rows = np.flatnonzero(self.query_codes == code)
            step = max(_LEAST, _BLOCK_BYTES // (8 * len(self.gallery)))
            for start in range(0, len(rows), step):
                yield rows[start : start + step]

    def sums(self, rows: np.ndarray) -> np.ndarray:
        """Add up the three measures over queries of one class, float64 (3,)."""
        count = int(self.counts[rows[0]])
        hits, sure = self._hits(rows, count)
        for place in np.flatnonzero(~sure):
            hits[place] = self._ranked_again(rows[place], count)
        found = hits.cumsum(axis=1, dtype=np.int32)
        average = np.einsum("qk,qk,k->", hits, found, 1 / np.arange(1, count + 1))
        return np.array([hits[:, 0].sum(), hits.sum() / count, average / count])

    def _hits(self, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Say which of the nearest are right, bool (rows, count), and of which rows it is sure."""
        offsets = self.queries[rows] - self.centre
        lengths = np.vecdot(offsets, offsets)
        squares = self._squares(np.column_stack([-2 * offsets, np.ones(len(rows)), lengths]))
        keys = squares.view(np.int64)  # numbers from 0 up are in the order of their bits
        keys &= _ALL_BUT_LAST
        keys |= self.gallery_codes != self.query_codes[rows[0]]
        if self.exclude_self:
            keys[np.arange(len(rows)), rows] = _LAST
        beyond = min(count, keys.shape[1] - 1)  # the first that does not count, if there is one
        nearest = np.stack([_least(row, beyond + 1) for row in keys])
        hits, squares = nearest & 1 == 0, nearest.view(np.float64)
        # As in a gallery: sums of dim + 2 products, none larger than what is squared here.
        reach = 2 * np.sqrt(lengths) + np.sqrt(squares[:, count - 1])
        error = 2 * ((len(self.factors) + 8) * _DOUBLE.eps * reach**2 + _DOUBLE.tiny)
        close = np.diff(squares, axis=1) <= error[:, None]
        doubtful = close & (hits[:, 1:] != hits[:, :-1])
        doubtful[:, count - 1 :] = close[:, count - 1 :]
        return hits[:, :count], ~doubtful.any(axis=1)

    def _squares(self, factors: np.ndarray) -> np.ndarray:
        """Multiply with the gallery's factors, float64 (rows, N), in products of one thread each.

        BLAS shares larger ones among threads, which here are busy with other queries.
        """
        squares = np.empty((len(factors), len(self.gallery)))
        step = max(64, _PRODUCT // factors.size)
        for start in range(0, squares.shape[1], step):
            part = slice(start, start + step)
            np.matmul(factors, self.factors[:, part], out=squares[:, part])
        return squares

    def _ranked_again(self, row: int, count: int) -> np.ndarray:
        """Say of one query which of the nearest are right, by distances as a gallery has them."""
        query, squares = self.queries[row].astype(np.float64), np.empty(len(self.gallery))
        for part in blocks(len(self.gallery), 8 * len(query)):
            differences = self.gallery[part].astype(np.float64) - query
            squares[part] = np.vecdot(differences, differences)
        if self.exclude_self:
            squares[row] = np.inf
        nearest = squares.argsort(kind="stable")[:count]
        return self.gallery_codes[nearest] == self.query_codes[row]


def _least(keys: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` least of int64 (N,), sorted.

    A sample gives a bound that a few more are below, and only those are sorted.
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
    asked, held = np.asarray(query_labels), np.asarray(gallery_labels)
    if queries.shape[1] != gallery.shape[1] or not (queries.size and gallery.size):
        raise ValueError(
            "queries and gallery must be of one dimension, and at least one of each; got shapes "
            f"{queries.shape} and {gallery.shape}."
        )
    if asked.shape != queries.shape[:1] or held.shape != gallery.shape[:1]:
        raise ValueError(
            f"query_labels must be of shape {queries.shape[:1]} and gallery_labels of shape "
            f"{gallery.shape[:1]}, one for each embedding; got {asked.shape} and {held.shape}."
        )
    kinds = {asked.dtype.kind, held.dtype.kind}
    if not (kinds <= set("biu") or kinds == {"U"}):
        raise ValueError(
            "labels must be integers or strings, and of one kind; got query_labels of "
            f"{asked.dtype} and gallery_labels of {held.dtype}."
        )
    _, codes = np.unique(np.concatenate([asked, held]), return_inverse=True)
    return codes[: len(asked)], codes[len(asked) :]
