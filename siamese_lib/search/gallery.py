"""Find nearest neighbours among embeddings, exactly or approximately.

FAISS compares a batch of queries with a gallery as ``|x|² + |y|² − 2 x·y`` in single precision.
That is very fast, but the difference of large numbers loses the digits in which near-duplicates
differ. So FAISS only nominates candidates here, and their distances are computed again in double
precision. Where rounding could have kept a nearer image out of the candidates, FAISS is asked for
more.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.files import JsonObject
from siamese_lib.search import gallery_file, indexes
from siamese_lib.search.distinct import DistinctIndex
from siamese_lib.search.gallery_file import GalleryError
from siamese_lib.search.space import Space, single
from siamese_lib.search.vectors import (
    METRICS,
    blocks,
    check_choice,
    checked,
    compact,
    comparable,
    distances,
    number_to_find,
    of_dimension,
)

if TYPE_CHECKING:
    import faiss

INDEXES = tuple(indexes.PARAMETERS)

_SPARE = 16  # candidates beyond k: enough that few queries need another search
_WIDER = 8  # how many times as many candidates another search nominates
_SINGLE = np.finfo(np.float32)


class Gallery:
    """Embeddings in which to search for nearest neighbours.

    "flat" compares each query with the whole gallery and is exact. "hnsw" walks along a graph of
    neighbours. "ivf" searches only the lists whose centres are nearest to the query. With many
    embeddings, "hnsw" and "ivf" are far faster and miss a few neighbours. The neighbours that
    they find are ranked exactly. They hold equal embeddings once, so copies cost no neighbours: of
    many copies, the first rows are found. All processor cores build an "hnsw" graph at once, so two
    builds may miss different neighbours. Save a gallery to keep its graph.

    Args:
        embeddings: real numbers (N, dim), finite and within ±1e30, N and dim at least 1. They
            are copied, in single precision if that holds their dtype exactly, else in double.
        metric: "euclidean" for the Euclidean distance (not squared), or "cosine" for 1 minus the
            cosine of the angle, from 0 to 2.
        index: "flat", "hnsw" or "ivf".
        M: for "hnsw", the neighbours of an embedding in the graph; default 32.
        ef_construction: for "hnsw", the candidates for these neighbours when the graph is built;
            default 100.
        ef_search: for "hnsw", the candidates for a query's neighbours, and at least k. By default
            64, or as many as it takes to find 95 % of the 7 neighbours of 200 of the embeddings.
        nlist: for "ivf", the number of lists; default 4 √N, or fewer so that a list has at least
            39 embeddings on average. There are never more lists than different embeddings.
        nprobe: for "ivf", the number of lists to search; by default 32 or more, as for `ef_search`.

    Attributes:
        metric, index: as given.
        dim: length of an embedding.
        parameters: dict of the parameters of this index, as given or chosen.

    Raises:
        ValueError: the embeddings are not as described; an embedding is all zeros, so that it has
            no angle ("cosine"); the metric or the index is unknown; or a parameter is out of
            range or belongs to another index.

    Warns:
        UserWarning: with its largest default, too, an index finds fewer than 95 %.

    Example:
        >>> gallery = sl.Gallery([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
        >>> indices, distances = gallery.nearest([[0.0, 0.0], [3.0, 3.0]], k=2)
        >>> indices
        array([[0, 2],
               [1, 2]])
        >>> distances.round(3)
        array([[0.   , 1.   ],
               [1.   , 3.606]], dtype=float32)
    """

    def __init__(
        self,
        embeddings: ArrayLike,
        metric: str = "euclidean",
        index: str = "flat",
        *,
        M: int | None = None,
        ef_construction: int | None = None,
        ef_search: int | None = None,
        nlist: int | None = None,
        nprobe: int | None = None,
    ) -> None:
        check_choice("metric", metric, METRICS)
        check_choice("index", index, INDEXES)
        self.metric, self.index = metric, index
        vectors = checked("embeddings", embeddings, metric)
        if not vectors.size:
            raise ValueError(
                f"embeddings have shape {vectors.shape}; expected at least one embedding of at "
                "least one number."
            )
        self.dim = vectors.shape[1]
        given = {
            "M": M,
            "ef_construction": ef_construction,
            "ef_search": ef_search,
            "nlist": nlist,
            "nprobe": nprobe,
        }
        indexes.settle(index, len(vectors), given)  # refuses what is wrong before any work
        self._space = Space.around(compact(vectors), metric)
        self._build(given)

    def __len__(self) -> int:
        """Return N, the number of embeddings."""
        return len(self._space.vectors)

    def __repr__(self) -> str:
        facts = {"dim": self.dim, "metric": self.metric, "index": self.index, **self.parameters}
        return (
            f"Gallery({len(self)} embeddings, {', '.join(f'{k}={v!r}' for k, v in facts.items())})"
        )

    @property
    def vectors(self) -> np.ndarray:
        """The embeddings (N, dim), float32 or float64, as the gallery keeps them; read-only."""
        view = self._space.vectors.view()
        view.flags.writeable = False
        return view

    def append(self, embeddings: ArrayLike) -> None:
        """Add embeddings. Their indices continue from the last one.

        The graph of "hnsw" grows with them. The lists of "ivf" keep their centres, so make a new
        gallery once most of the embeddings were added later.

        Args:
            embeddings: real numbers (M, dim), like the gallery's; M may be 0.

        Raises:
            ValueError: the embeddings are not as described. The gallery then stays as it was.
        """
        added = compact(of_dimension("embeddings", embeddings, self.metric, self.dim))
        if not len(added):
            return
        before, self._space = self._space, self._space.joined(added)
        rows = np.arange(len(before.vectors), len(self))
        if self._space.scale != before.scale or (self._space.centre != before.centre).any():
            self._build(self.parameters)
        elif isinstance(self._index, DistinctIndex):
            self._index.extend(rows, self._space)
        else:
            indexes.extend(self._index, len(rows), lambda part: self._space.offsets(rows[part]))

    def nearest(
        self, queries: ArrayLike, k: SupportsIndex = 7, *, exclude_self: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the `k` nearest embeddings of each query.

        Apart from the result, the memory needed does not grow with the number of queries.

        Args:
            queries: real numbers (Q, dim), like the gallery's; Q may be 0.
            k: number of neighbours, from 1 to N, or to N − 1 with `exclude_self`.
            exclude_self: the queries are the gallery itself, row for row, and no embedding counts
                as its own neighbour. An equal embedding in another row does, at distance 0.

        Returns:
            indices: int64 (Q, k), rows of the gallery, nearest first. At equal distances, the
                lower index comes first.
            distances: float32 (Q, k), in the gallery's metric.

        Raises:
            ValueError: the queries are not as described; `k` is out of range; or `exclude_self`
                is given and the queries are not the gallery's embeddings.
        """
        queries = of_dimension("queries", queries, self.metric, self.dim)
        if exclude_self:
            self._space.check_own(queries)
        available = len(self) - bool(exclude_self)
        k = number_to_find(k, available)
        indices = np.empty((len(queries), k), np.int64)
        far = np.empty((len(queries), k), np.float32)
        for rows in blocks(len(queries), 8 * (self.dim + k)):
            itself = np.arange(rows.start, rows.stop) if exclude_self else None
            compared = comparable(queries[rows], self.metric)
            indices[rows], squares = self._ranked(compared, k, k + _SPARE, itself)
            far[rows] = distances(squares, self.metric)
        return indices, far

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the gallery to one file, atomically, and replace a file that is there.

        Missing folders are created. The file is about as large as the gallery in memory.

        Raises:
            OSError: the file cannot be written.
        """
        facts = {name: getattr(self, name) for name in ("metric", "index", "parameters")}
        facts["scale"] = self._space.scale
        arrays = [self._space.vectors, self._space.centre]
        if isinstance(self._index, DistinctIndex):
            arrays.append(indexes.to_bytes(self._index.index))
            if len(self._index) < len(self):
                arrays.append(self._index.cells)
        else:  # a flat index holds only the vectors, which are in the file anyway
            arrays.append(np.empty(0, np.uint8))
        gallery_file.write(Path(path), facts, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Gallery:
        """Read a gallery that `save` wrote, and check it.

        Raises:
            FileNotFoundError: there is no such file.
            GalleryError: the file is not a gallery, has a later format, or is damaged. It is a
                `ValueError` that says what was found and what was expected.
        """
        facts, arrays = gallery_file.read(Path(path))
        gallery = cls.__new__(cls)
        try:
            gallery._restore(facts, *arrays)
        except (KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise GalleryError(
                f"{path} is not a gallery that this version can use: {error}. The checksum is "
                "right, so the file was written like this. Make the gallery again and save it."
            ) from error
        return gallery

    def _restore(
        self,
        facts: JsonObject,
        vectors: np.ndarray,
        centre: np.ndarray,
        index: np.ndarray,
        cells: np.ndarray | None = None,
    ) -> None:
        check_choice("metric", facts["metric"], METRICS)
        check_choice("index", facts["index"], INDEXES)
        self.metric, self.index = facts["metric"], facts["index"]
        vectors = checked("embeddings", vectors, self.metric)
        self._space = Space(vectors, self.metric, centre, float(facts["scale"]))
        self.dim = vectors.shape[1]
        self.parameters = indexes.settle(self.index, len(vectors), facts["parameters"])
        if centre.shape != (self.dim,):
            raise ValueError(f"its centre has shape {centre.shape}; expected ({self.dim},)")
        if not self._space.scale > 0:
            raise ValueError(f"its scale is {facts['scale']}; expected more than 0")
        if self.index == "flat":
            self._build(self.parameters)
            return
        found = indexes.from_bytes(index)
        self._index = DistinctIndex.restored(found, cells, self._space)
        if len(self._index) < found.ntotal:  # an earlier version put copies into its index
            self._build(self.parameters)

    def _build(self, given: Mapping[str, int | None]) -> None:
        """Set the index and its parameters: those given, and defaults."""
        if self.index == "flat":
            self.parameters = indexes.settle(self.index, len(self), given)
            self._index = indexes.build(self.index, self.dim, {}, len(self), self._space.offsets)
        else:
            self._index = DistinctIndex.of(self._space)
            self.parameters = self._index.build(self.index, given, self._space)

    def _ranked(
        self, queries: np.ndarray, k: int, width: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest; where `width` candidates leave a doubt, search again with more."""
        width = min(width, len(self))
        index = self._index
        indices, squares = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
        for rows in blocks(len(queries), 8 * width * self.dim):
            part, own = queries[rows], None if itself is None else itself[rows]
            if isinstance(index, DistinctIndex):
                found = self._search_cells(index, part, k, width, own)
            else:
                found = self._search_rows(index, part, k, width, own)
            indices[rows], squares[rows], sure = found
            if not sure.all():
                again = rows.start + np.flatnonzero(~sure)
                own = None if itself is None else itself[again]
                indices[again], squares[again] = self._ranked(
                    queries[again], k, width * _WIDER, own
                )
        return indices, squares

    def _search_rows(
        self, index: faiss.Index, queries: np.ndarray, k: int, width: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rank `width` candidates of each query; also return if no other can matter, bool (Q,)."""
        if width == len(self):
            candidates = np.broadcast_to(np.arange(width), (len(queries), width))
            return *self._space.best(queries, candidates, k, itself), np.ones(len(queries), bool)
        offsets = self._space.scaled(queries)
        roughly, candidates = indexes.search(index, single(offsets), width)
        indices, squares = self._space.best(queries, candidates, k, itself)
        # `error` bounds FAISS's error for any embedding that could be among the k. Such an
        # embedding is no further from the centre than the query's distance from it plus the k-th
        # distance. The sums of `dim` products and the conversion to single precision round
        # `dim` + 6 times, each time by at most half of `eps`.
        farthest = squares[:, -1] * self._space.scale**2
        reach = 2 * np.sqrt(np.vecdot(offsets, offsets)) + np.sqrt(farthest)
        error = (self.dim + 6) * (_SINGLE.eps / 2 * reach**2 + _SINGLE.tiny)
        return indices, squares, roughly[:, -1] - error > farthest

    def _search_cells(
        self,
        index: DistinctIndex,
        queries: np.ndarray,
        k: int,
        width: int,
        itself: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rank the rows of `width` cells; also return if no other can matter, bool (Q,)."""
        offsets = self._space.scaled(queries)
        bound, cells = index.nominate(single(offsets), width)
        copies = k + (itself is not None)
        most = int(index.counts(cells, copies).max())
        indices, squares = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
        for part in blocks(len(queries), 24 * most):
            own = None if itself is None else itself[part]
            candidates = index.rows(cells[part], copies)
            indices[part], squares[part] = self._space.best(queries[part], candidates, k, own)
        sure = index.settled(bound, squares[:, -1], self._space)
        return indices, squares, sure & (cells[:, -1] >= 0)
