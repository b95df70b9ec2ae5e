"""The embeddings of a gallery, as its metric compares them and as its index holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siamese_lib.search.vectors import alike, blocks, comparable, surroundings

_PARALLEL = 1e-28  # squared distance below which unit vectors differ only by rounding
_FAR = 1e6  # in units of the index; beyond it, an index no longer tells embeddings apart


@dataclass
class Space:
    """Embeddings, and the centre and scale at which an index holds them in single precision.

    An offset that all embeddings share would cost precision, so the centre is subtracted. At a
    scale of 1, no distance is too large or too small for single precision.

    Attributes:
        vectors: float32 or float64 (N, dim).
        metric: "euclidean" or "cosine".
        centre: float64 (dim,).
        scale: number above 0.
    """

    vectors: np.ndarray
    metric: str
    centre: np.ndarray
    scale: float

    @classmethod
    def around(cls, vectors: np.ndarray, metric: str) -> Space:
        """Put the centre and the scale around all embeddings."""
        return cls(vectors, metric, *surroundings(vectors, metric))

    def joined(self, added: np.ndarray) -> Space:
        """Return the space of these embeddings and more, around all if some are far away."""
        vectors = np.concatenate([self.vectors, added])
        centre, scale = surroundings(added, self.metric)
        if (np.abs(centre - self.centre).max() + 1 / scale) * self.scale > _FAR:
            return Space.around(vectors, self.metric)
        return Space(vectors, self.metric, self.centre, self.scale)

    def check_own(self, queries: np.ndarray) -> None:
        """Raise ValueError unless the queries of `exclude_self` are these embeddings, row for row.

        A query may have more digits than the vectors keep.
        """
        found = f"{len(queries)} queries"
        if len(queries) == len(self.vectors):
            for rows in blocks(len(queries), 8 * queries.shape[1]):
                wrong = queries[rows].astype(self.vectors.dtype, copy=False) != self.vectors[rows]
                if wrong.any():
                    row = rows.start + int(wrong.any(axis=1).argmax())
                    found = f"queries of which row {row} is not row {row} of the gallery"
                    break
            else:
                return
        raise ValueError(
            f"exclude_self was given with {found}; expected the gallery's own {len(self.vectors)} "
            "embeddings, row for row. Leave it out for other queries."
        )

    def offsets(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return what the index holds for some rows, float32 (rows, dim)."""
        return single(self.scaled(comparable(self.vectors[rows], self.metric)))

    def scaled(self, queries: np.ndarray) -> np.ndarray:
        """Return queries in units of the index, float64 (Q, dim)."""
        return (queries - self.centre) * self.scale

    def alike(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return numbers for some rows that are equal for copies."""
        return alike(self.vectors[rows], self.metric)

    def best(
        self, queries: np.ndarray, candidates: np.ndarray, k: int, itself: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rank candidates exactly.

        Args:
            queries: float64 (Q, dim), comparable.
            candidates: int (Q, C), rows in any order. −1 stands for none.
            k: how many to return.
            itself: int (Q,), a row that does not count for its query; None if all count.

        Returns:
            The rows (Q, k) of the nearest candidates, the lower row first at equal distances, and
            their squared distances, float64 (Q, k); infinite where there are fewer.
        """
        candidates = np.sort(candidates, axis=1)  # so that a stable sort breaks ties by row
        squares = self._squares(queries, candidates)
        squares[candidates < 0] = np.inf
        if itself is not None:
            squares[candidates == itself[:, None]] = np.inf
        row = np.arange(len(queries))[:, None]
        order = squares.argsort(axis=1, kind="stable")[:, :k]
        return candidates[row, order], squares[row, order]

    def _squares(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return squared distances of queries from their candidates, float64 (Q, C)."""
        squares = np.empty(candidates.shape)
        for part in blocks(candidates.shape[1], 8 * self.vectors.shape[1] * len(queries)):
            differences = comparable(self.vectors[candidates[:, part]], self.metric)
            differences -= queries[:, None]
            squares[:, part] = np.vecdot(differences, differences)
        if self.metric == "euclidean":
            return squares
        # Parallel embeddings differ only by rounding: their distance is 0.
        return np.where(squares < _PARALLEL, 0.0, squares.astype(np.float32))


def single(offsets: np.ndarray) -> np.ndarray:
    """Return offsets in single precision, infinite where they are too large for it."""
    with np.errstate(over="ignore"):
        return offsets.astype(np.float32)
