"""Nearest neighbours over embeddings, exact or approximate.

FAISS compares a batch of queries with a gallery as ``|x|² + |y|² − 2 x·y`` in single precision:
very fast, but the difference of large numbers loses what tells near-duplicates apart. So FAISS
only nominates candidates here. Their distances are computed again in double precision, and where
rounding could have kept a nearer image from being nominated, more candidates are asked for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import whole_number
from siamese_lib.files import JsonObject
from siamese_lib.search import indexes, storage
from siamese_lib.search.storage import GalleryError
from siamese_lib.search.vectors import METRICS, blocks, checked, compact, comparable, surroundings

if TYPE_CHECKING:
    import faiss

INDEXES = tuple(indexes.PARAMETERS)

_SPARE = 16  # candidates beyond k: enough that few queries need a second look
_WIDER = 8  # how many times as many candidates a second look takes
_PARALLEL = 1e-28  # squared distance below which unit vectors differ by rounding alone
_FAR = 1e6  # at the scale of the index; beyond, it is built anew around all embeddings
_SINGLE = np.finfo(np.float32)


class Gallery:
    """Embeddings to search.

    "flat" compares each query with the whole gallery and is exact. "hnsw" walks along a graph of
    neighbours, and "ivf" looks into those lists whose centres are nearest to the query: with many
    embeddings both are far faster and miss a few neighbours. What they do find is ranked as
    exactly. A graph is built by all processor cores at once, so that two builds may differ in
    what they miss; save it to keep it.

    Args:
        embeddings: real numbers (N, dim), finite and within ±1e30, N and dim at least 1. They
            are copied, and kept in single precision if it holds them exactly, else in double.
        metric: "euclidean" for the Euclidean distance (not squared), or "cosine" for 1 − cos of
            the angle, from 0 to 2.
        index: "flat", "hnsw" or "ivf".
        M: hnsw: neighbours of an embedding in the graph; default 32.
        ef_construction: hnsw: candidates for them when building; default 100.
        ef_search: hnsw: candidates of a query; default 64, and never below k. More find more.
        nlist: ivf: number of lists; default 4 √N, or fewer, so that each has 39 embeddings.
        nprobe: ivf: number of lists a query looks into; default 32. More find more.

    Attributes:
        metric, index: as given.
        dim: numbers in an embedding.
        parameters: dict of M and so on, as given or chosen, for this index.

    Raises:
        ValueError: the embeddings are not as above, or one is all zeros, which has no angle
            ("cosine"); the metric or index is not one of those named; a parameter is out of range
            or belongs to another index.
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
                f"embeddings must hold something to find, got shape {vectors.shape}. Give at "
                "least one embedding of at least one number."
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
        """The embeddings (N, dim), float32 or float64 as they are kept; read-only."""
        view = self._vectors.view()
        view.flags.writeable = False
        return view

    def append(self, embeddings: ArrayLike) -> None:
        """Add embeddings, whose indices go on from the last.

        The graph of "hnsw" grows with them. The lists of "ivf" stay where they are: make a new
        gallery when most of it was added.

        Args:
            embeddings: real numbers (M, dim), as the gallery's; M may be 0.

        Raises:
            ValueError: the embeddings are not as above. The gallery is then as it was.
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

        Memory beyond the result stays bounded for any number of queries.

        Args:
            queries: real numbers (Q, dim), as the gallery's; Q may be 0.
            k: how many neighbours, from 1 to N, or to N − 1 with `exclude_self`.
            exclude_self: the queries are the gallery itself, row for row, and no embedding is
                its own neighbour. Another one equal to it still is, at distance 0.

        Returns:
            indices: int64 (Q, k), rows of the gallery, nearest first; of two equally far, the
                lower index first.
            distances: float32 (Q, k), by the gallery's metric.

        Raises:
            ValueError: the queries are not as above, `k` is out of range, or there are not N
                queries where `exclude_self` needs them.
        """
        queries = self._of_my_dimension("queries", queries)
        if exclude_self and len(queries) != len(self):
            raise ValueError(
                f"exclude_self needs the gallery's own {len(self)} embeddings as queries, row for "
                f"row; got {len(queries)}. Leave it out for other queries."
            )
        available = len(self) - bool(exclude_self)
        k = whole_number("k", k, 1)
        if k > available:
            raise ValueError(
                f"k must be at most the number of embeddings to find, {available}; got {k}. Ask "
                "for fewer, or make a larger gallery."
            )
        indices = np.empty((len(queries), k), np.int64)
        distances = np.empty((len(queries), k), np.float32)
        for rows in blocks(len(queries), 8 * (self.dim + k)):
            itself = np.arange(rows.start, rows.stop) if exclude_self else None
            compared = comparable(queries[rows], self.metric)
            indices[rows], squares = self._ranked(compared, k, k + _SPARE, itself)
            # Half the squared distance of unit vectors is 1 − cos, without its cancellation.
            distances[rows] = np.sqrt(squares) if self.metric == "euclidean" else squares / 2
        return indices, distances

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the gallery into one file, in place of one that is there, whole or not at all.

        Folders are made if missing. The file is about as large as the gallery in memory.

        Raises:
            OSError: the file cannot be written.
        """
        facts = {name: getattr(self, name) for name in ("metric", "index", "parameters")}
        facts["scale"] = self._scale
        # A flat index is nothing but the vectors.
        index = np.empty(0, np.uint8) if self.index == "flat" else indexes.to_bytes(self._index)
        storage.write(Path(path), facts, [self._vectors, self._centre, index])

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Gallery:
        """Read a gallery that `save` wrote, and verify it.

        Raises:
            FileNotFoundError: there is no such file.
            GalleryError: the file is something else, of a later format, or damaged. A
                `ValueError` that says what was found, and what was expected.
        """
        facts, arrays = storage.read(Path(path))
        gallery = cls.__new__(cls)
        try:
            gallery._restore(facts, *arrays)
        except (KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise GalleryError(
                f"{path} is not a gallery that this version can use: {error}. The checksum fits, "
                "so it was written like that. Save it again."
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
            raise ValueError(f"its centre is of shape {centre.shape}, expected ({self.dim},)")
        if not self._scale > 0:
            raise ValueError(f"its scale is {facts['scale']}, expected more than 0")
        self._index = self._built() if self.index == "flat" else indexes.from_bytes(index)
        if (self._index.ntotal, self._index.d) != vectors.shape:
            raise ValueError(
                f"its index holds vectors of shape {(self._index.ntotal, self._index.d)}, expected "
                f"{vectors.shape}"
            )

    def _built(self) -> faiss.Index:
        def vectors(rows: slice | np.ndarray) -> np.ndarray:
            return self._offsets(self._vectors[rows])

        return indexes.build(self.index, self.dim, self.parameters, len(self), vectors)

    def _ranked(
        self, queries: np.ndarray, k: int, width: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest, with more than `width` candidates where these leave a doubt."""
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
        """Rank `width` candidates of each query; also say, bool (Q,), if no other can matter."""
        if width < len(self):
            offsets = (queries - self._centre) * self._scale
            with np.errstate(over="ignore"):  # infinite in single precision: never sure
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
        # FAISS is off by no more than this for any embedding that could be among the k. Such a
        # one lies no further from the centre than the query plus the k-th distance; the sums
        # of `dim` products and the conversion to single precision round `dim` + 6 times, each
        # time by half of `eps` at most.
        farthest = squares[:, -1] * self._scale**2
        reach = 2 * np.sqrt(np.vecdot(offsets, offsets)) + np.sqrt(farthest)
        error = (self.dim + 6) * (_SINGLE.eps / 2 * reach**2 + _SINGLE.tiny)
        return indices, squares, roughly[:, -1] - error > farthest

    def _squares(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Squared distances in double precision, (Q, C), from queries to their candidates."""
        squares = np.empty(candidates.shape)
        for part in blocks(candidates.shape[1], 8 * self.dim * len(queries)):
            differences = comparable(self._vectors[candidates[:, part]], self.metric)
            differences -= queries[:, None]
            squares[:, part] = np.vecdot(differences, differences)
        if self.metric == "euclidean":
            return squares
        # Of parallel embeddings only rounding tells one from another.
        return np.where(squares < _PARALLEL, 0.0, squares.astype(np.float32))

    def _offsets(self, vectors: np.ndarray) -> np.ndarray:
        """Return what the index holds for these vectors, float32.

        Around their mean an offset common to all costs no precision, and at a scale of 1 no
        distance is too large or too small for it.
        """
        offsets = (comparable(vectors, self.metric) - self._centre) * self._scale
        return offsets.astype(np.float32)

    def _of_my_dimension(self, name: str, vectors: ArrayLike) -> np.ndarray:
        vectors = checked(name, vectors, self.metric)
        if vectors.shape[1] != self.dim:
            raise ValueError(
                f"{name} must have the gallery's dimension, {self.dim}; got shape "
                f"{vectors.shape}. Embed both with the same tower."
            )
        return vectors


def _check_choice(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        *others, last = map(repr, allowed)
        raise ValueError(f"{name} must be {', '.join(others)} or {last}, got {given!r}.")
