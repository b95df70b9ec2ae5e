"""Nearest neighbours over embeddings, exactly.

FAISS compares a batch of queries with a gallery as ``|x|² + |y|² − 2 x·y`` in single precision:
very fast, but the difference of large numbers loses what tells near-duplicates apart. So FAISS
only nominates candidates here. Their distances are computed again in double precision, and where
rounding could have kept a nearer image from being nominated, more candidates are asked for.
"""

from __future__ import annotations

import numpy as np

from siamese_lib._walks import whole_number

METRICS = ("euclidean", "cosine")
INDEXES = ("flat",)

_SPARE = 16  # candidates beyond k: enough that few queries need a second look
_WIDER = 8  # how many times as many candidates a second look takes
_CHUNK_BYTES = 32 << 20  # of candidates' vectors held at a time
_PARALLEL = 1e-28  # squared distance below which unit vectors differ by rounding alone
_LARGEST = 1e30  # so that distances fit single precision


class Gallery:
    """Embeddings to search.

    Args:
        embeddings: real numbers (N, dim), finite and within ±1e30, N and dim at least 1. They
            are copied.
        metric: "euclidean" for the Euclidean distance (not squared), or "cosine" for 1 − cos of
            the angle, from 0 to 2.
        index: "flat" compares each query with the whole gallery, and is exact.

    Attributes:
        metric: as given.
        dim: numbers in an embedding.

    Raises:
        ValueError: the embeddings are not as above, or one is all zeros, which has no angle
            ("cosine"); the metric or index is not one of those named.
    """

    def __init__(
        self, embeddings: np.ndarray, metric: str = "euclidean", index: str = "flat"
    ) -> None:
        import faiss  # only here, so that the module is quick to import

        _check_choice("metric", metric, METRICS)
        _check_choice("index", index, INDEXES)
        self.metric = metric
        self._vectors = self._prepared("embeddings", embeddings)
        if not self._vectors.size:
            raise ValueError(
                f"embeddings must hold something to find, got shape {self._vectors.shape}. Give "
                "at least one embedding of at least one number."
            )
        self.dim = self._vectors.shape[1]
        # Candidates are sought around the mean: an offset common to all costs no precision.
        self._centre = self._vectors.mean(axis=0)
        self._index = faiss.IndexFlatL2(self.dim)
        self._index.add((self._vectors - self._centre).astype(np.float32))  # pyright: ignore

    def __len__(self) -> int:
        """Return N, the number of embeddings."""
        return len(self._vectors)

    def __repr__(self) -> str:
        return f"Gallery({len(self)} embeddings, dim={self.dim}, metric={self.metric!r})"

    def nearest(
        self, queries: np.ndarray, k: int = 7, *, exclude_self: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
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
        prepared = self._prepared("queries", queries)
        if prepared.shape[1] != self.dim:
            raise ValueError(
                f"queries must have the gallery's dimension, {self.dim}; got shape "
                f"{prepared.shape}. Embed both with the same tower."
            )
        if exclude_self and len(prepared) != len(self):
            raise ValueError(
                f"exclude_self needs the gallery's own {len(self)} embeddings as queries, row for "
                f"row; got {len(prepared)}. Leave it out for other queries."
            )
        available = len(self) - bool(exclude_self)
        if whole_number("k", k, 1) > available:
            raise ValueError(
                f"k must be at most the number of embeddings to find, {available}; got {k}. Ask "
                "for fewer, or make a larger gallery."
            )
        indices = np.empty((len(prepared), k), np.int64)
        squares = np.empty((len(prepared), k))
        pending, width = np.arange(len(prepared)), k + _SPARE
        while pending.size:
            width = min(width, len(self))
            rows_at_once = max(1, _CHUNK_BYTES // (8 * width * self.dim))
            unsure = []
            for start in range(0, len(pending), rows_at_once):
                rows = pending[start : start + rows_at_once]
                itself = rows if exclude_self else None
                indices[rows], squares[rows], sure = self._search(prepared[rows], k, width, itself)
                unsure.append(rows[~sure])
            pending, width = np.concatenate(unsure), width * _WIDER
        # Half the squared distance of unit vectors is 1 − cos, without its cancellation.
        distances = np.sqrt(squares) if self.metric == "euclidean" else squares / 2
        return indices, distances.astype(np.float32)

    def _search(
        self, queries: np.ndarray, k: int, width: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rank `width` candidates of each query; also say, bool (Q,), if no other can matter."""
        if width < len(self):
            centred = queries - self._centre
            with np.errstate(over="ignore"):  # infinite in single precision: never sure
                roughly, candidates = self._index.search(centred.astype(np.float32), width)  # pyright: ignore
            candidates.sort(axis=1)  # by index, so that a stable sort breaks ties by it
        else:
            candidates = np.broadcast_to(np.arange(width), (len(queries), width))
        differences = self._vectors[candidates] - queries[:, None]
        squares = np.einsum("qcd,qcd->qc", differences, differences)
        if self.metric == "cosine":  # of parallel embeddings only rounding tells one from another
            squares = np.where(squares < _PARALLEL, 0.0, squares.astype(np.float32))
        if itself is not None:
            squares[candidates == itself[:, None]] = np.inf
        order = np.argsort(squares, axis=1, kind="stable")[:, :k]
        indices = np.take_along_axis(candidates, order, axis=1)
        squares = np.take_along_axis(squares, order, axis=1)
        if width == len(self):
            return indices, squares, np.ones(len(queries), bool)
        # FAISS is off by no more than this for any embedding that could be among the k. Such a
        # one lies no further from the centre than the query plus the k-th distance; the sums
        # of `dim` products and the conversion to single precision round `dim` + 6 times, each
        # time by half of `eps` at most.
        farthest = squares[:, -1]
        reach = 2 * np.linalg.norm(centred, axis=1) + np.sqrt(farthest)
        single = np.finfo(np.float32)
        error = (self.dim + 6) * (single.eps / 2 * reach**2 + single.tiny)
        return indices, squares, roughly[:, -1] - error > farthest

    def _prepared(self, name: str, vectors: np.ndarray) -> np.ndarray:
        """Return float64 vectors whose Euclidean distances rank by the metric."""
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or vectors.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be numbers of shape (N, dim), got {vectors.dtype} of shape "
                f"{vectors.shape}. A single embedding goes in a row: embedding[None]."
            )
        vectors = vectors.astype(np.float64)
        wrong = np.flatnonzero(~(np.abs(vectors) <= _LARGEST).all(axis=1))
        if wrong.size:
            raise ValueError(
                f"{name} must be finite and within ±{_LARGEST:g}, got NaN, infinity or more in "
                f"{wrong.size} of {len(vectors)} rows, the first of them row {wrong[0]}. Leave "
                "them out, or look for what diverged."
            )
        if self.metric == "euclidean":
            return vectors
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        zero = np.flatnonzero(lengths == 0)
        if zero.size:
            raise ValueError(
                f"{name} must not be all zeros where the metric is cosine, got {zero.size} such of "
                f"{len(vectors)} rows, the first of them row {zero[0]}. Leave them out, or take "
                "metric='euclidean'."
            )
        return vectors / lengths


def _check_choice(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, got {given!r}.")
