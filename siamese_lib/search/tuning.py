"""Let an approximate index search widely enough: measure on some of its own vectors what it finds.

How many neighbours an index misses depends on the vectors. In a graph, a crowd of nearly equal ones
stops a search before it has been elsewhere. So the width of a search is not a constant: it is
doubled until the index finds enough.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from siamese_lib.search import indexes
from siamese_lib.search.indexes import Vectors

if TYPE_CHECKING:
    import faiss

WIDTHS = {"hnsw": "ef_search", "ivf": "nprobe"}  # the parameter that widens a search
WIDEST = 1024
ENOUGH = 0.95  # share of the true neighbours

_QUERIES, _NEIGHBOURS = 200, 7
_SAME = 1 + 1e-4  # neighbours this much farther away are as good


def widened(
    index: faiss.Index, kind: str, width: int, widest: int, count: int, vectors: Vectors
) -> int:
    """Widen the searches of an index until it finds 95 % of the neighbours.

    They are the 7 neighbours of 200 vectors of the index. A vector is not its own neighbour.

    Args:
        index: from `indexes.build`.
        kind: "hnsw" or "ivf".
        width: to begin with. It is doubled until `widest`.
        widest: number of lists of "ivf"; otherwise 1,024 is usual.
        count: number of vectors in the index.
        vectors: returns the vectors of some rows.

    Returns:
        The width that the index now has.

    Warns:
        UserWarning: it finds fewer even with the largest width.
    """
    if count <= _NEIGHBOURS:
        return width
    rows = np.random.default_rng(0).choice(count, min(count, _QUERIES), replace=False)
    queries = vectors(rows)
    exact = indexes.search_all(index, queries, _NEIGHBOURS + 1)[0]

    def found_with(width: int) -> np.ndarray:
        indexes.set_width(index, width)
        return indexes.search(index, queries, _NEIGHBOURS + 1)[0]

    width, share = wide_enough(found_with, exact, width, widest, ENOUGH)
    if share < ENOUGH:
        warnings.warn(
            f"With {WIDTHS[kind]}={width}, index={kind!r} finds {share:.0%} of the nearest "
            f"neighbours; expected {ENOUGH:.0%}, measured on {len(rows)} of its own embeddings. "
            f"Use index='flat', which is exact, or give a larger {WIDTHS[kind]}.",
            stacklevel=5,
        )
    return width


def wide_enough(
    found_with: Callable[[int], np.ndarray],
    exact: np.ndarray,
    width: int,
    widest: int,
    enough: float,
) -> tuple[int, float]:
    """Double the width of a search until it finds enough of the true neighbours.

    Args:
        found_with: returns the distances (Q, 1 + K) that a search of a width finds, nearest first.
            Each query is in the gallery, so its first neighbour is itself.
        exact: the true distances, (Q, 1 + K), to compare rank by rank: one neighbour that is missed
            makes the later ranks wrong, too. Or that of the last neighbour, (Q, 1): then the share
            is the recall.
        width: to begin with.
        widest: the largest.
        enough: share of the K neighbours, from 0 to 1.

    Returns:
        The width of the last search, and the share that it found.
    """
    while True:
        share = float((found_with(width) <= exact * _SAME)[:, 1:].mean())
        if share >= enough or width >= widest:
            return width, share
        width = min(2 * width, widest)
