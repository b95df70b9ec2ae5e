"""How a gallery on disk is searched: all of it, or what its index nominates."""

from __future__ import annotations

import warnings

import numpy as np

from siamese_lib.scale.vector_store import VectorStore
from siamese_lib.search.scan import nearest_in_parts
from siamese_lib.search.space import single
from siamese_lib.search.tuning import wide_enough
from siamese_lib.search.vectors import blocks, comparable, distances

LEAST_PROBED = 32  # lists of the index that a search looks at

_MOST_PROBED = 1024
_SPARE, _TIMES = 32, 4  # candidates of a query for k neighbours: 4 k + 32
_QUERIES, _NEIGHBOURS = 100, 10  # by which it is chosen how many lists
_ENOUGH = 0.97  # share of these neighbours: above the 95 % promised, as it is a sample


def nearest_on_disk(
    store: VectorStore,
    metric: str,
    queries: np.ndarray,
    k: int,
    nprobe: int | None,
    where: str | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest: all are compared, or those that `nprobe` lists of the index nominate.

    Of the exact search, a block of queries reads the gallery once.

    Returns:
        ids: int64 (Q, k), as `scanned`.
        distances: float32 (Q, k), in the metric.
    """
    ids, far = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
    for rows in blocks(len(queries), 16 * queries.shape[1] * (_TIMES * k + _SPARE)):
        if nprobe is None:
            ids[rows], squares = scanned(store, metric, queries[rows], k, where)
        else:
            ids[rows], squares = probed(store, metric, queries[rows], k, nprobe, where)
        far[rows] = distances(squares, metric)
    return ids, far


def scanned(
    store: VectorStore, metric: str, queries: np.ndarray, k: int, where: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest among all embeddings.

    Args:
        store: holds the embeddings.
        metric: "euclidean" or "cosine".
        queries: real numbers (Q, dim), checked.
        k: how many to find; there must be as many.
        where: a condition on the rows of the store, or None.

    Returns:
        ids: int64 (Q, k), nearest first; at equal distances, the lower id comes first.
        squares: float64 (Q, k), squared distances of `comparable` vectors.
    """
    return nearest_in_parts(queries, k, metric, store.scan(where))


def probed(
    store: VectorStore,
    metric: str,
    queries: np.ndarray,
    k: int,
    nprobe: int,
    where: str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest among those that `nprobe` lists of the index nominate; as `scanned`."""
    if not len(queries):
        return scanned(store, metric, queries, k, where)
    named, candidates = store.near(single(queries), metric, _TIMES * k + _SPARE, nprobe, where)
    few = np.flatnonzero((named >= 0).sum(axis=1) < k)
    if few.size == len(queries):
        return scanned(store, metric, queries, k, where)
    ids, squares = candidates.best(comparable(queries, metric), named, k, metric)
    if few.size:
        ids[few], squares[few] = scanned(store, metric, queries[few], k, where)
    return ids, squares


def lists_to_probe(store: VectorStore, metric: str, lists: int) -> int:
    """Choose how many of the lists of an index a search looks at, by what it finds.

    Warns:
        UserWarning: with the most, too, it finds too few.
    """
    queries, k = store.sample(_QUERIES), 1 + _NEIGHBOURS
    nprobe, share = wide_enough(
        lambda nprobe: probed(store, metric, queries, k, nprobe)[1],
        scanned(store, metric, queries, k)[1][:, -1:],
        min(LEAST_PROBED, lists),
        min(_MOST_PROBED, lists),
        _ENOUGH,
    )
    if share < _ENOUGH:
        warnings.warn(
            f"In {nprobe} lists of {lists}, the index finds {share:.0%} of the nearest "
            f"neighbours; expected {_ENOUGH:.0%}, measured on {_QUERIES} of its own embeddings. "
            "Ask with exact=True for all of them.",
            stacklevel=3,
        )
    return nprobe
