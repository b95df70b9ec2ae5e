"""An approximate index that holds each vector once, however many rows of a gallery share it.

Copies break an approximate index: in a graph, the neighbours of a copy are other copies, and few
edges lead away from them. Near-copies do so too. So the index holds one vector for each *cell*: the
rows that agree to a 250,000th of the gallery's extent. A search finds cells, and then ranks their
rows exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from siamese_lib.search import indexes, tuning
from siamese_lib.search.indexes import Vectors
from siamese_lib.search.space import Space
from siamese_lib.search.vectors import blocks

if TYPE_CHECKING:
    import faiss


_FINE = 2.0**18  # cells in a unit of the index
_CLOSE = 16  # cells across; the cells of rows as close as this are not ranked well by the index
_CROWD = 16  # copies that an index from an earlier version may hold: they fit among its neighbours


class DistinctIndex:
    """The rows of a gallery in cells, and a FAISS index that holds a vector for each cell.

    Args:
        cells: int (N,), the cell of each row. Cells are numbered from 0 to D − 1.
        first: int (D,), the first row of each cell.
        keys: uint64 (D,), the key of each cell.
        space: holds the rows.

    Attributes:
        cells, first: uint32, as given.
        index: the FAISS index of D vectors, once it is built or restored.
    """

    index: faiss.Index

    def __init__(
        self, cells: np.ndarray, first: np.ndarray, keys: np.ndarray, space: Space
    ) -> None:
        self._set(cells, first, keys, space)

    @classmethod
    def of(cls, space: Space) -> DistinctIndex:
        """Find the cells of a gallery, whose index is not built yet."""
        keys = _cell_keys(np.arange(len(space.vectors)), space)
        cells, first = _numbered(keys)
        return cls(cells, first, keys[first], space)

    @classmethod
    def restored(cls, index: faiss.Index, cells: np.ndarray | None, space: Space) -> DistinctIndex:
        """Put an index from a file around the gallery that it was saved with.

        Args:
            index: holds a vector for each cell.
            cells: uint32 (N,); None if the index holds each row. If too many rows are copies all
                the same, the result has fewer cells than the index has vectors.
            space: holds the rows.

        Raises:
            ValueError: they do not belong together.
        """
        count, dim = space.vectors.shape
        expected = count
        if cells is not None:
            if cells.shape != (count,) or not np.bincount(cells[cells < count]).all():
                raise ValueError(f"its cells of shape {cells.shape} are not those of {count} rows")
            expected = int(cells.max()) + 1
        if (index.ntotal, index.d) != (expected, dim):
            raise ValueError(
                f"its index holds vectors of shape {(index.ntotal, index.d)}; expected "
                f"{(expected, dim)}"
            )
        made = cls.of(space) if cells is None else None
        if made is None or (len(made) < count and np.bincount(made.cells).max() <= _CROWD):
            cells = np.arange(count) if cells is None else cells
            first = np.unique(cells, return_index=True)[1]
            made = cls(cells, first, _cell_keys(first, space), space)
        made.index = index
        return made

    def __len__(self) -> int:
        """Return D, the number of cells."""
        return len(self.first)

    def build(self, kind: str, given: Mapping[str, int | None], space: Space) -> dict[str, int]:
        """Build the index, and return its parameters: those given, and what suits the vectors.

        Args:
            kind: "hnsw" or "ivf".
            given: parameters by name; None for those to choose.
            space: holds the rows.
        """
        count, dim = space.vectors.shape
        parameters = indexes.settle(kind, count, given, len(self))
        vectors = self._vectors(space)
        self.index = indexes.build(kind, dim, parameters, len(self), vectors)
        if given.get(width := tuning.WIDTHS[kind]) is None:
            least, widest = parameters[width], parameters.get("nlist", tuning.WIDEST)
            parameters[width] = tuning.widened(self.index, kind, least, widest, len(self), vectors)
        return parameters

    def extend(self, rows: np.ndarray, space: Space) -> None:
        """Add rows, int (M,), which follow those before. The space holds them too."""
        known = len(self)
        keys = np.concatenate([self._keys, _cell_keys(rows, space)])
        cells = _firsts(keys)[known:]
        fresh = cells >= known  # the number of a row that comes first, counted from the known cells
        cells[fresh], first = _numbered(cells[fresh])
        cells[fresh] += known
        first = np.flatnonzero(fresh)[first]
        new = rows[first]
        self._set(
            np.concatenate([self.cells, cells]),
            np.concatenate([self.first, new]),
            np.concatenate([self._keys, keys[known + first]]),
            space,
        )
        if len(new):
            indexes.extend(self.index, len(new), lambda part: space.offsets(new[part]))

    def nominate(self, queries: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Find up to `width` cells near each query.

        Args:
            queries: float32 (Q, dim).
            width: number of cells; D or more for all of them.

        Returns:
            The squared distance beyond which no cell was found, float32 (Q,), infinite if all are
            found; and cells, int64 (Q, min(width, D)). −1 stands for one that was not found.
        """
        if width >= len(self):
            everything = np.broadcast_to(np.arange(len(self)), (len(queries), len(self)))
            return np.full(len(queries), np.inf, np.float32), everything
        squares, cells = indexes.search(self.index, queries, width)
        return squares[:, -1], cells

    def settled(self, bound: np.ndarray, squares: np.ndarray, space: Space) -> np.ndarray:
        """Return for which queries no other cell can hold a nearer row, bool (Q,).

        Rows that are as close together as cells are wide need this: the index ranks cells by their
        first rows. At other distances, an approximate index may miss a row, whatever is done here.

        Args:
            bound: (Q,), from `nominate`.
            squares: float64 (Q,), the squared distance of the last row that counts.
            space: holds the rows.
        """
        across = np.sqrt(space.vectors.shape[1]) / _FINE
        farthest = np.sqrt(squares) * space.scale
        return (farthest > _CLOSE * across) | (np.sqrt(bound) > farthest + across)

    def counts(self, cells: np.ndarray, copies: int) -> np.ndarray:
        """Return how many `rows` each query gets, int64 (Q,)."""
        return self._lengths(cells, copies).sum(axis=1)

    def rows(self, cells: np.ndarray, copies: int) -> np.ndarray:
        """Return the rows of cells, without those that have `copies` or more copies before them.

        Args:
            cells: int64 (Q, C), from `nominate`.
            copies: how many rows with equal numbers are enough.

        Returns:
            int64 (Q, most), at least the rows as described. −1 fills what is short.
        """
        if self._members is None:
            return cells
        lengths = self._lengths(cells, copies)
        counts = lengths.sum(axis=1)
        found = np.full((len(cells), counts.max(initial=0)), -1)
        lengths = lengths.ravel()
        within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
        places = np.arange(found.shape[1]) < counts[:, None]
        found[places] = self._members[np.repeat(self._starts[cells.ravel()], lengths) + within]
        return found

    def _vectors(self, space: Space) -> Vectors:
        """Return what gives the vectors of some cells."""
        return lambda part: space.offsets(self.first[part])

    def _lengths(self, cells: np.ndarray, copies: int) -> np.ndarray:
        """Return how many rows of each cell `rows` returns."""
        if self._members is None:
            return np.ones(cells.shape, int)
        sizes = self._starts[cells + 1] - self._starts[cells]
        return np.where(cells < 0, 0, np.minimum(sizes, copies * self._kinds[cells]))

    def _set(self, cells: np.ndarray, first: np.ndarray, keys: np.ndarray, space: Space) -> None:
        """Take the cells, and sort the rows of each cell: all first copies before all second."""
        self.cells, self.first = cells.astype(np.uint32), first.astype(np.uint32)
        self._keys = keys
        self._members = None
        if len(first) == len(cells):
            return
        sizes = np.bincount(cells)
        place = np.zeros(len(cells), int)  # of each row among its copies
        shared = np.flatnonzero(sizes[cells] > 1)
        groups = _numbered(_keys(shared, space.alike))[0]
        order = np.lexsort((groups, cells[shared]))  # stable: rows stay in order
        bounds = np.diff(groups[order], prepend=-1) != 0
        bounds |= np.diff(cells[shared][order], prepend=-1) != 0
        position = np.arange(len(shared))
        place[shared[order]] = position - np.maximum.accumulate(np.where(bounds, position, 0))
        self._members = np.lexsort((place, cells))
        self._starts = np.concatenate([[0], sizes.cumsum()])
        self._kinds = np.bincount(cells[place == 0], minlength=len(sizes))


def _cell_keys(rows: np.ndarray, space: Space) -> np.ndarray:
    """Return a number for each row, uint64 (rows,), that is equal for the rows of one cell."""
    return _keys(rows, lambda part: np.rint(space.offsets(part) * np.float32(_FINE)))


def _keys(rows: np.ndarray, vectors: Vectors) -> np.ndarray:
    """Return a number for each row, uint64 (rows,), that is equal for equal vectors.

    It is a hash. That any two of a million different vectors share one has a probability of 3e-8.
    """
    keys = np.empty(len(rows), np.uint64)
    if not len(rows):
        return keys
    width = vectors(rows[:1]).nbytes // 4
    spread, mix = np.random.default_rng(0).integers(2**63, size=(2, width), dtype=np.uint64) * 2 + 1
    for part in blocks(len(rows), 24 * width):
        bits = (vectors(rows[part]) + 0.0).view(np.uint32) * spread  # −0 becomes 0
        bits ^= bits >> 32
        bits *= mix
        bits ^= bits >> 29
        keys[part] = bits.sum(axis=1)
    return keys


def _firsts(keys: np.ndarray) -> np.ndarray:
    """Return for each key where an equal one comes first, int64 (N,)."""
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    return first[numbers]


def _numbered(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number equal keys alike, from 0 in the order in which they first come.

    Returns:
        numbers: int64 (N,).
        first: int64 (D,), where each number comes first.
    """
    ordered = np.sort(keys)
    if (ordered[1:] != ordered[:-1]).all():  # no copies: spare memory and time
        numbers = np.arange(len(keys))
        return numbers, numbers
    first, numbers = np.unique(_firsts(keys), return_inverse=True)
    return numbers, first
