"""Find nearest neighbours among embeddings, exactly or approximately.

FAISS compares a batch of queries with a gallery as ``|x|² + |y|² − 2 x·y`` in single precision.
That is very fast, but the difference of large numbers loses the digits in which near-duplicates
differ. So FAISS only nominates candidates here, and their distances are computed again in double
precision. Where rounding could have kept a nearer image out of the candidates, FAISS is asked for
more.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import whole_number
from siamese_lib.files import JsonObject
from siamese_lib.search import gallery_file, indexes
from siamese_lib.search.gallery_file import GalleryError
from siamese_lib.search.vectors import METRICS, blocks, checked, compact, comparable, surroundings

if TYPE_CHECKING:
    import faiss

INDEXES = tuple(indexes.PARAMETERS)

_SPARE = 16  # candidates beyond k: enough that few queries need another search
_WIDER = 8  # how many times as many candidates another search nominates
_PARALLEL = 1e-28  # squared distance below which unit vectors differ only by rounding
_FAR = 1e6  # in units of the index; beyond it, the index is built again around all embeddings
_SINGLE = np.finfo(np.float32)


class Gallery:
    """Embeddings in which to search for nearest neighbours.

    "flat" compares each query with the whole gallery and is exact. "hnsw" walks along a graph of
    neighbours. "ivf" searches only the lists whose centres are nearest to the query. With many
    embeddings, "hnsw" and "ivf" are far faster and miss a few neighbours. The neighbours that
    they find are ranked exactly. All processor cores build an "hnsw" graph at once, so two builds
    may miss different neighbours. Save a gallery to keep its graph.

    Args:
        embeddings: real numbers (N, dim), finite and within ±1e30, N and dim at least 1. They
            are copied, in single precision if that holds their dtype exactly, else in double.
        metric: "euclidean" for the Euclidean distance (not squared), or "cosine" for 1 minus the
            cosine of the angle, from 0 to 2.
        index: "flat", "hnsw" or "ivf".
        M: for "hnsw", the neighbours of an embedding in the graph; default 32.
        ef_construction: for "hnsw", the candidates for these neighbours when the graph is built;
            default 100.
        ef_search: for "hnsw", the candidates for the neighbours of a query; default 64, and never
            below k. More candidates miss fewer neighbours.
        nlist: for "ivf", the number of lists; default 4 √N, or fewer so that a list has at least
            39 embeddings on average.
        nprobe: for "ivf", the number of lists that a query searches; default 32. More lists miss
            fewer neighbours.

    Attributes:
        metric, index: as given.
        dim: length of an embedding.
        parameters: dict of the parameters of this index, as given or chosen.

    Raises:
        ValueError: the embeddings are not as described; an embedding is all zeros, so that it has
            no angle ("cosine"); the metric or the index is unknown; or a parameter is out of
            range or belongs to another index.

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
        _check_choice("metric", metric, METRICS)
        _check_choice("index", index, INDEXES)
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
        self.parameters = indexes.settle(index, len(vectors), given)
        self._vectors = compact(vectors)
        self._centre, self._scale = surroundings(self._vectors, metric)
        self._index = self._built()

    def __len__(self) -> int:
        """Return N, the number of embeddings."""
        return len(self._vectors)

    def __repr__(self) -> str:
        facts = {"dim": self.dim, "metric": self.metric, "index": self.index, **self.parameters}
        return (
            f"Gallery({len(self)} embeddings, {', '.join(f'{k}={v!r}' for k, v in facts.items())})"
        )

    @property
    def vectors(self) -> np.ndarray:
        """The embeddings (N, dim), float32 or float64, as the gallery keeps them; read-only."""
        view = self._vectors.view()
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
        added = compact(self._of_my_dimension("embeddings", embeddings))
        if not len(added):
            return
        self._vectors = np.concatenate([self._vectors, added])
        centre, scale = surroundings(added, self.metric)
        reach = np.abs(centre - self._centre).max() + 1 / scale
        if reach * self._scale > _FAR:
            self._centre, self._scale = surroundings(self._vectors, self.metric)
            self._index = self._built()
        else:
            indexes.extend(self._index, len(added), lambda rows: self._offsets(added[rows]))

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
                is given and there are not N queries.
        """
        queries = self._of_my_dimension("queries", queries)
        if exclude_self and len(queries) != len(self):
            raise ValueError(
                f"exclude_self was given with {len(queries)} queries; expected the gallery's own "
                f"{len(self)} embeddings, row for row. Leave it out for other queries."
            )
        available = len(self) - bool(exclude_self)
        k = whole_number("k", k, 1)
        if k > available:
            raise ValueError(
                f"k is {k}; expected at most {available}, the number of embeddings to find. Ask "
                "for fewer neighbours, or make a larger gallery."
            )
        indices = np.empty((len(queries), k), np.int64)
        distances = np.empty((len(queries), k), np.float32)
        for rows in blocks(len(queries), 8 * (self.dim + k)):
            itself = np.arange(rows.start, rows.stop) if exclude_self else None
            compared = comparable(queries[rows], self.metric)
            indices[rows], squares = self._ranked(compared, k, k + _SPARE, itself)
            # Half the squared distance of unit vectors is 1 − cos, but without cancellation.
            distances[rows] = np.sqrt(squares) if self.metric == "euclidean" else squares / 2
        return indices, distances

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the gallery to one file, atomically, and replace a file that is there.

        Missing folders are created. The file is about as large as the gallery in memory.

        Raises:
            OSError: the file cannot be written.
        """
        facts = {name: getattr(self, name) for name in ("metric", "index", "parameters")}
        facts["scale"] = self._scale
        # A flat index holds only the vectors, which are in the file anyway.
        index = np.empty(0, np.uint8) if self.index == "flat" else indexes.to_bytes(self._index)
        gallery_file.write(Path(path), facts, [self._vectors, self._centre, index])

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
        self, facts: JsonObject, vectors: np.ndarray, centre: np.ndarray, index: np.ndarray
    ) -> None:
        _check_choice("metric", facts["metric"], METRICS)
        _check_choice("index", facts["index"], INDEXES)
        self.metric, self.index = facts["metric"], facts["index"]
        self._vectors = checked("embeddings", vectors, self.metric)
        self._centre, self._scale = centre, float(facts["scale"])
        self.dim = vectors.shape[1]
        self.parameters = indexes.settle(self.index, len(self), facts["parameters"])
        if centre.shape != (self.dim,):
            raise ValueError(f"its centre has shape {centre.shape}; expected ({self.dim},)")
        if not self._scale > 0:
            raise ValueError(f"its scale is {facts['scale']}; expected more than 0")
        self._index = self._built() if self.index == "flat" else indexes.from_bytes(index)
        if (self._index.ntotal, self._index.d) != vectors.shape:
            raise ValueError(
                f"its index holds vectors of shape {(self._index.ntotal, self._index.d)}; expected "
                f"{vectors.shape}"
            )

    def _built(self) -> faiss.Index:
        def vectors(rows: slice | np.ndarray) -> np.ndarray:
            return self._offsets(self._vectors[rows])

        return indexes.build(self.index, self.dim, self.parameters, len(self), vectors)

    def _ranked(
        self, queries: np.ndarray, k: int, width: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest; where `width` candidates leave a doubt, search again with more."""
        width = min(width, len(self))
        indices, squares = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
        for rows in blocks(len(queries), 8 * width * self.dim):
            part, own = queries[rows], None if itself is None else itself[rows]
            indices[rows], squares[rows], sure = self._search(part, k, width, own)
            if not sure.all():
                again = rows.start + np.flatnonzero(~sure)
                own = None if itself is None else itself[again]
                indices[again], squares[again] = self._ranked(
                    queries[again], k, width * _WIDER, own
                )
        return indices, squares

    def _search(
        self, queries: np.ndarray, k: int, width: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rank `width` candidates of each query; also return if no other can matter, bool (Q,)."""
        if width < len(self):
            offsets = (queries - self._centre) * self._scale
            with np.errstate(over="ignore"):  # infinite in single precision: stays in doubt
                single = offsets.astype(np.float32)
            roughly, candidates = indexes.search(self._index, single, width)
            candidates.sort(axis=1)  # by index, so that a stable sort breaks ties by it
        else:
            candidates = np.broadcast_to(np.arange(width), (len(queries), width))
        squares = self._squares(queries, candidates)
        if itself is not None:
            squares[candidates == itself[:, None]] = np.inf
        row = np.arange(len(queries))[:, None]
        order = squares.argsort(axis=1, kind="stable")[:, :k]
        indices, squares = candidates[row, order], squares[row, order]
        if width == len(self):
            return indices, squares, np.ones(len(queries), bool)
        if self.index != "flat":
            return indices, squares, candidates[:, 0] >= 0
        # `error` bounds FAISS's error for any embedding that could be among the k. Such an
        # embedding is no further from the centre than the query's distance from it plus the k-th
        # distance. The sums of `dim` products and the conversion to single precision round
        # `dim` + 6 times, each time by at most half of `eps`.
        farthest = squares[:, -1] * self._scale**2
        reach = 2 * np.sqrt(np.vecdot(offsets, offsets)) + np.sqrt(farthest)
        error = (self.dim + 6) * (_SINGLE.eps / 2 * reach**2 + _SINGLE.tiny)
        return indices, squares, roughly[:, -1] - error > farthest

    def _squares(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return squared distances of queries from their candidates, float64 (Q, C)."""
        squares = np.empty(candidates.shape)
        for part in blocks(candidates.shape[1], 8 * self.dim * len(queries)):
            differences = comparable(self._vectors[candidates[:, part]], self.metric)
            differences -= queries[:, None]
            squares[:, part] = np.vecdot(differences, differences)
        if self.metric == "euclidean":
            return squares
        # Parallel embeddings differ only by rounding: their distance is 0.
        return np.where(squares < _PARALLEL, 0.0, squares.astype(np.float32))

    def _offsets(self, vectors: np.ndarray) -> np.ndarray:
        """Return what the index holds for these vectors, float32.

        An offset that all vectors share would cost precision, so the centre is subtracted. At a
        scale of 1, no distance is too large or too small for single precision.
        """
        offsets = (comparable(vectors, self.metric) - self._centre) * self._scale
        return offsets.astype(np.float32)

    def _of_my_dimension(self, name: str, vectors: ArrayLike) -> np.ndarray:
        vectors = checked(name, vectors, self.metric)
        if vectors.shape[1] != self.dim:
            raise ValueError(
                f"{name}: got shape {vectors.shape}; expected the gallery's dimension, "
                f"{self.dim}. Embed both with the same tower."
            )
        return vectors


def _check_choice(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        *others, last = map(repr, allowed)
        raise ValueError(f"{name} is {given!r}; expected {', '.join(others)} or {last}.")
