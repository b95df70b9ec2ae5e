"""Search embeddings that come in parts: exactly, and with few of them in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from siamese_lib.search.gallery import Gallery
from siamese_lib.search.space import Space
from siamese_lib.search.vectors import comparable


def nearest_in_parts(
    queries: np.ndarray, k: int, metric: str, parts: Iterable[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Find the `k` nearest embeddings of each query as a gallery of all of them would.

    Args:
        queries: real numbers (Q, dim), checked.
        k: number of neighbours, up to the number of embeddings.
        metric: "euclidean" or "cosine".
        parts: ids, int64 (n,), and embeddings, float32 or float64 (n, dim), n at least 1. The ids
            may come in any order.

    Returns:
        ids: int64 (Q, k), nearest first; at equal distances, the lower id comes first.
        squares: float64 (Q, k), squared distances of `comparable` vectors.
    """
    compared = comparable(queries, metric)
    kept = Candidates(np.empty(0, np.int64), np.empty((0, queries.shape[1]), np.float32))
    found, squares = np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0))
    for given, unordered in parts:
        order = np.argsort(given)
        ids, vectors = given[order], unordered[order]
        rows, _ = Gallery(vectors, metric).nearest(queries, min(k, len(ids)))
        named = np.concatenate([found, ids[rows]], axis=1)
        kept = kept.joined(ids, vectors)
        found, squares = kept.best(compared, named, k, metric)
        kept = kept.only(np.unique(found))
    return found, squares


class Candidates:
    """Some embeddings, by their ids.

    Args:
        ids: int64 (n,), ascending.
        vectors: float32 or float64 (n, dim).
    """

    def __init__(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self.ids, self.vectors = ids, vectors

    def joined(self, ids: np.ndarray, vectors: np.ndarray) -> Candidates:
        """Return these and others, of other ids."""
        all_ids = np.concatenate([self.ids, ids])
        order = np.argsort(all_ids)
        return Candidates(all_ids[order], np.concatenate([self.vectors, vectors])[order])

    def only(self, ids: np.ndarray) -> Candidates:
        """Return those of some ids, ascending."""
        rows = np.searchsorted(self.ids, ids)
        return Candidates(ids, self.vectors[rows])

    def best(
        self, compared: np.ndarray, named: np.ndarray, k: int, metric: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rank candidates exactly.

        Args:
            compared: float64 (Q, dim), `comparable` queries.
            named: int64 (Q, C), the ids of each query's candidates; −1 stands for none.
            k: how many to return, or fewer if C is less.
            metric: "euclidean" or "cosine".

        Returns:
            As `nearest_in_parts`. Where there are fewer candidates, squares are infinite.
        """
        rows = np.where(named < 0, -1, np.searchsorted(self.ids, named))
        space = Space(self.vectors, metric, np.zeros(compared.shape[1]), 1.0)
        best, squares = space.best(compared, rows, k, None)
        return self.ids[best], squares
