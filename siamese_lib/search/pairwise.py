"""Squared distances of all pairs of vectors, in which near neighbours keep their digits."""

from __future__ import annotations

import numpy as np

from siamese_lib.search.vectors import blocks

_CLOSE = 1e6  # times the rounding error of a squared distance: below it, digits are missing


class Pairwise:
    """Vectors, ready to be compared with each other in double precision.

    ``|x|² + |y|² − 2 x·y`` is fast, but the difference of large numbers loses the digits in which
    near neighbours differ. So the vectors are taken from the middle of their values, and pairs that
    are still much closer to each other than to this middle are compared by their differences. A
    squared distance is right to one part in a million, and exact for small whole numbers.

    Args:
        vectors: real numbers (N, dim), as `siamese_lib.search.vectors.checked` returns them.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        wide = vectors.astype(np.float64)
        middle = (len(wide) - 1) // 2
        # The lower median is one of the values, so whole numbers stay whole.
        self._offsets = wide - np.partition(wide, middle, axis=0)[middle]
        self._lengths = np.vecdot(self._offsets, self._offsets)
        error = (wide.shape[1] + 4) * np.finfo(np.float64).eps
        self._close = _CLOSE * error * self._lengths

    def from_rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the squared distances of some rows from all, float64 (rows, N)."""
        squares = self._offsets[rows] @ self._offsets.T
        squares *= -2
        squares += self._lengths[rows, None]
        squares += self._lengths
        place, other = np.nonzero(squares < self._close[rows, None] + self._close)
        squares[place, other] = self.of_pairs(rows[place], other)
        return squares

    def of_pairs(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the squared distances of pairs of rows, float64 (P,), by their differences."""
        squares = np.empty(len(left))
        for part in blocks(len(left), 16 * self._offsets.shape[1]):
            differences = self._offsets[left[part]] - self._offsets[right[part]]
            squares[part] = np.vecdot(differences, differences)
        return squares
