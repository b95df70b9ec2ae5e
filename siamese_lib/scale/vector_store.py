"""Embeddings in a table on disk, with their ids, labels and paths, and an index over them.

LanceDB writes the table. Each call that changes it is one commit: a process that is killed in the
middle of one leaves the table as it was before. Memory is bounded: rows are read in parts, and what
is kept of the index has a limit.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np

from siamese_lib.scale.extras import needed_for
from siamese_lib.search.scan import Candidates

_TABLE = "embeddings"
_INDEX_CACHE, _METADATA_CACHE = 64 << 20, 32 << 20  # bytes that LanceDB keeps in memory
# What LanceDB gathers before it writes the lists of an index, and what it sorts in memory, in
# bytes; the rows that it reads at once, and how far it reads ahead, in files and in bytes. And what
# it prints. It asks the environment.
_LIMITS = {
    "LANCE_SHUFFLE_BATCH_BYTES": 32 << 20,
    "LANCE_MEM_POOL_SIZE": 256 << 20,
    "LANCE_DEFAULT_BATCH_SIZE": 2048,
    "LANCE_DEFAULT_FRAGMENT_READAHEAD": 1,
    "LANCE_DEFAULT_IO_BUFFER_SIZE": 32 << 20,
    "LANCE_IO_THREADS": 2,
    "LANCEDB_LOG": "error",
}
_SCANNED = 4 << 20  # bytes of embeddings in a part of a scan
_SMALL = 10_000  # rows in a file
_TIDY_AFTER = 64  # commits that add rows, each in a file of its own
_AT_A_TIME = 10_000  # ids in one question
_TOGETHER = 4  # queries in one search: more are slower, and each holds its lists in memory
_WIDER = 4  # how many times as many lists a search looks at; with no limit, it looks at far more
_SHORT = 16  # numbers of an embedding, up to which the index keeps them as they are
_ROUNDS, _TRAINING = 10, 64  # of k-means, and its embeddings for each list
# How long earlier states of the table stay: for other readers, or if there are none.
_KEPT, _NOT_KEPT = timedelta(hours=1), timedelta(milliseconds=1)


class VectorStore:
    """The table of a gallery.

    Args:
        folder: holds the table, which is made if it is missing.
        dim: length of an embedding.

    Raises:
        ImportError: LanceDB is not installed.
        ValueError: the table has embeddings of another length, or is damaged.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        lancedb, self._arrow = packages()
        self._dim, self._added = dim, 0
        arrow = self._arrow
        self._schema = arrow.schema(
            [
                arrow.field("id", arrow.int64(), False),
                arrow.field("vector", arrow.list_(arrow.float32(), dim), False),
                arrow.field("label", arrow.string()),
                arrow.field("path", arrow.binary()),  # a name of a file need not be text
            ]
        )
        session = lancedb.Session(_INDEX_CACHE, _METADATA_CACHE)
        base = lancedb.connect(os.fspath(folder), session=session)
        self._table = base.create_table(_TABLE, schema=self._schema, exist_ok=True)
        if self._table.schema.names != self._schema.names:
            raise ValueError(f"its table has the columns {self._table.schema.names}")

    def renew(self) -> None:
        """Take in what other processes have changed."""
        self._table.checkout_latest()

    def count(self, where: str | None = None) -> int:
        """Return the number of rows, or of those of a condition."""
        return self._table.count_rows(where)

    def indexed(self) -> int:
        """Return how many rows the index holds; 0 if there is none."""
        stats = [i for i in self._table.list_indices() if i.columns == ["vector"]]
        return stats[0].num_indexed_rows if stats else 0

    def add(
        self,
        ids: np.ndarray,
        vectors: np.ndarray,
        labels: Sequence[str] | None,
        paths: Sequence[bytes] | None,
    ) -> None:
        """Add rows in one commit, and now and then merge small files.

        Args:
            ids: int64 (M,).
            vectors: float32 (M, dim).
            labels: text for each, or None.
            paths: bytes for each, or None.
        """
        arrow = self._arrow
        missing = [None] * len(ids)
        columns = [
            arrow.array(ids),
            arrow.FixedSizeListArray.from_arrays(arrow.array(vectors.reshape(-1)), self._dim),
            arrow.array(missing if labels is None else labels, arrow.string()),
            arrow.array(missing if paths is None else paths, arrow.binary()),
        ]
        self._table.add(arrow.table(columns, schema=self._schema))
        self._added += 1
        if self._added % _TIDY_AFTER == 0:
            median = self._table.stats()["fragment_stats"]["lengths"]["p50"]
            if median < _SMALL:  # large files stay as they are, to spare memory
                self.tidy()

    def remove(self, ids: np.ndarray) -> None:
        """Remove the rows of some ids."""
        for part in _parts(ids):
            self._table.delete(among("id", part.tolist()))

    def rows(self, ids: np.ndarray, *columns: str) -> tuple[np.ndarray, list[Any]]:
        """Read columns of some rows.

        Args:
            ids: int64 (n,), different ones.
            columns: "vector", "label" or "path".

        Returns:
            The ids that were found, int64, ascending, and an array for each column, in that order.
        """
        found = [
            self._table.search()
            .where(among("id", part.tolist()))
            .select(["id", *columns])
            .limit(max(1, len(part)))
            .to_arrow()
            for part in _parts(ids)
        ]
        table = self._arrow.concat_tables(found).sort_by("id")
        return table["id"].to_numpy(), [self._numpy(table[name]) for name in columns]

    def ids(self) -> np.ndarray:
        """Return all ids, int64, ascending."""
        found = [
            batch["id"].to_numpy() for batch in self._table.search().select(["id"]).to_batches()
        ]
        return np.sort(np.concatenate([np.empty(0, np.int64), *found]))

    def sample(self, count: int) -> np.ndarray:
        """Return `count` embeddings from anywhere in the table, float32 (count, dim)."""
        offsets = np.random.default_rng(0).choice(self.count(), count, replace=False)
        found = self._table.take_offsets(np.sort(offsets).tolist()).select(["vector"]).to_arrow()
        return self._numpy(found["vector"])

    def scan(self, where: str | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Read ids and embeddings, int64 (n,) and float32 (n, dim), in parts."""
        question = self._table.search().select(["id", "vector"])
        if where is not None:
            question = question.where(where)
        for batch in question.to_batches(max(1, _SCANNED // (4 * self._dim))):
            if batch.num_rows:
                yield batch["id"].to_numpy(), self._numpy(batch["vector"])

    def near(
        self, queries: np.ndarray, metric: str, width: int, nprobe: int, where: str | None
    ) -> tuple[np.ndarray, Candidates]:
        """Nominate neighbours with the index. What it does not hold yet is compared, too.

        Args:
            queries: float32 (Q, dim).
            metric: "euclidean" or "cosine".
            width: how many to nominate for each query.
            nprobe: how many lists to search, or up to 4 times as many if they hold too few.
            where: a condition, or None.

        Returns:
            Their ids, int64 (Q, width), −1 where there are fewer; and what they are.
        """
        named = np.full((len(queries), width), -1, np.int64)
        ids, vectors = [np.empty(0, np.int64)], [np.empty((0, self._dim), np.float32)]
        for start in range(0, len(queries), _TOGETHER):
            part = queries[start : start + _TOGETHER]
            question = (
                self._table.search(part if len(part) > 1 else part[0], vector_column_name="vector")
                .distance_type(_distance(metric))
                .minimum_nprobes(nprobe)
                .maximum_nprobes(_WIDER * nprobe)
                .select(["id", "vector", "_distance"])
                .limit(width)
            )
            if where is not None:
                question = question.where(where, prefilter=True)
            found = question.to_arrow()
            ids.append(found["id"].to_numpy())
            vectors.append(self._numpy(found["vector"]))
            own = found["query_index"].to_numpy() if len(part) > 1 else np.zeros(len(found), int)
            for row in range(len(part)):
                mine = ids[-1][own == row]
                named[start + row, : len(mine)] = mine
        all_ids, first = np.unique(np.concatenate(ids), return_index=True)
        return named, Candidates(all_ids, np.concatenate(vectors)[first])

    def build(self, metric: str, lists: int) -> None:
        """Build the index anew, and those of ids and labels; drop what is no longer needed."""
        import lancedb.index as kinds  # waits: as in `packages`

        for index in self._table.list_indices():
            self._table.drop_index(index.name)
        self.tidy(alone=True)
        _release()
        # 8 bits for each number tell too few embeddings apart if they have only a few numbers.
        kind = kinds.IvfFlat if self._dim <= _SHORT else kinds.IvfSq
        index = kind(
            distance_type=_distance(metric),
            num_partitions=lists,
            max_iterations=_ROUNDS,
            sample_rate=_TRAINING,
        )
        self._table.create_index("vector", config=index)
        _release()
        self._table.create_index("id", config=kinds.BTree())
        self._table.create_index("label", config=kinds.Bitmap())
        _release()

    def tidy(self, *, alone: bool = False) -> None:
        """Merge small files, take new rows into the index, and delete old files.

        Args:
            alone: no other process reads the table. Earlier states of it are deleted at once, and
                what a process that was killed has left.
        """
        kept = _NOT_KEPT if alone else _KEPT
        self._table.optimize(cleanup_older_than=kept, delete_unverified=alone)

    def _numpy(self, column: Any) -> np.ndarray:
        if isinstance(column, self._arrow.ChunkedArray):
            column = column.combine_chunks()
        if self._arrow.types.is_fixed_size_list(column.type):
            return column.flatten().to_numpy().reshape(-1, self._dim)
        return column.to_numpy(zero_copy_only=False)


def among(column: str, values: Sequence[int] | Sequence[str]) -> str:
    """Write the condition that a column has one of some values."""
    words = [str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'" for v in values]
    return f"{column} IN ({', '.join(words)})" if words else "false"


def _parts(ids: np.ndarray) -> list[np.ndarray]:
    return np.array_split(ids, max(1, -(-len(ids) // _AT_A_TIME)))


def _release() -> None:
    """Give freed memory back to the system. The C library keeps hundreds of MiB of it otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim is not None:
        trim(0)


def _distance(metric: str) -> Literal["l2", "cosine"]:
    return "l2" if metric == "euclidean" else "cosine"


def packages() -> tuple[Any, Any]:
    """Import LanceDB and Arrow, after limiting what they hold in memory.

    Raises:
        ImportError: they are not installed.
    """
    for name, value in _LIMITS.items():
        os.environ.setdefault(name, str(value))
    with needed_for("A gallery on disk"):
        import lancedb  # an optional package, siamese-lib[scale]: waits for a gallery on disk
        import pyarrow  # waits: as lancedb
    return lancedb, pyarrow
