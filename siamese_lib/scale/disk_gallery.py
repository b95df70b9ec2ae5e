"""A gallery on disk: embeddings beyond memory, found as `sl.Gallery` finds them.

An index nominates candidates, and their distances are computed again as in memory, from the
embeddings themselves. As long as there are few embeddings, all of them are candidates.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.arrays import real_array
from siamese_lib.checks import whole_number
from siamese_lib.scale import gallery_folder
from siamese_lib.scale.disk_labels import check_there, converted, files_of, labels_from, words_of
from siamese_lib.scale.disk_search import LEAST_PROBED, lists_to_probe, nearest_on_disk
from siamese_lib.scale.gallery_folder import Facts
from siamese_lib.scale.vector_store import VectorStore, among, packages
from siamese_lib.search.space import single
from siamese_lib.search.vectors import (
    METRICS,
    check_choice,
    number_to_find,
    of_dimension,
)
from siamese_lib.texts import listed

EXACT_UP_TO = 100_000  # embeddings: so few are all compared, with an index or without


class DiskGallery:
    """Embeddings on disk in which to search for nearest neighbours, more than memory holds.

    Embeddings come in parts, each of which is on disk when `append` returns. Each gets a number,
    its id, which is never given again. A process that is killed leaves a gallery that opens, with
    all parts that were appended before.

    Several processes may use a gallery. Each finds what was there when it opened or last changed
    it. If two change it at once, one waits for the other.

    Up to 100,000 embeddings, all are compared with each query, and the answers are those of
    `sl.Gallery`. With more, call `build_index` once they are appended: a query is then compared
    with those in the lists of the index whose centres are nearest. It misses a few neighbours, and
    ranks exactly those that it finds. Without an index, the whole gallery is read for an answer.

    It needs LanceDB: ``pip install 'siamese-lib[scale]'``.

    Args:
        path: a folder for a new gallery; it is made if it is missing.
        dim: length of an embedding, 1 or more.
        metric: "euclidean" for the Euclidean distance (not squared), or "cosine" for 1 minus the
            cosine of the angle, from 0 to 2.

    Attributes:
        path, dim, metric: as given.

    Raises:
        ValueError: the folder holds files, or an argument is not as described.
        ImportError: LanceDB is not installed.

    Example:
        >>> gallery = sl.DiskGallery("digits", dim=2)
        >>> gallery.append([[0.0, 0.0], [3.0, 4.0]], labels=["zero", "one"])
        array([0, 1])
        >>> gallery.append([[1.0, 0.0]], labels=["one"], paths=["one/7.png"])
        array([2])
        >>> ids, distances = sl.DiskGallery.open("digits").nearest([[0.0, 0.0], [3.0, 3.0]], k=2)
        >>> ids
        array([[0, 2],
               [1, 2]])
        >>> distances.round(3)
        array([[0.   , 1.   ],
               [1.   , 3.606]], dtype=float32)
        >>> gallery.labels_of(ids)
        array([['zero', 'one'],
               ['one', 'one']], dtype='<U4')
        >>> gallery.nearest([[0.0, 0.0]], k=2, labels=["one"])[0]
        array([[2, 1]])
        >>> gallery.remove([2])
        >>> len(gallery)
        2
    """

    def __init__(
        self, path: str | os.PathLike[str], dim: SupportsIndex, metric: str = "euclidean"
    ) -> None:
        check_choice("metric", metric, METRICS)
        facts = Facts(metric, whole_number("dim", dim, 1))
        folder = Path(path)
        packages()
        gallery_folder.make(folder, facts)
        self._set(folder, facts)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> DiskGallery:
        """Open the gallery in a folder.

        Raises:
            FileNotFoundError: there is no such folder.
            GalleryError: the folder is not that of a gallery, has a later format, or is damaged.
                It is a `ValueError` that says what was found and what was expected.
            ImportError: LanceDB is not installed.
        """
        folder = Path(path)
        facts = gallery_folder.read(folder)
        packages()
        made = cls.__new__(cls)
        try:
            made._set(folder, facts)
        except (ValueError, RuntimeError, OSError) as error:
            raise gallery_folder.damaged(folder, str(error)) from error
        # Again: if another process appends right now, its facts are on disk before its embeddings.
        made._facts = gallery_folder.read(folder)
        return made

    def __len__(self) -> int:
        """Return the number of embeddings."""
        return self._store.count()

    def __repr__(self) -> str:
        return (
            f"DiskGallery({len(self):,} embeddings, {self.indexed:,} of them in the index, "
            f"dim={self.dim}, metric={self.metric!r})"
        )

    def count(self, labels: ArrayLike | Sequence[object] | None = None) -> int:
        """Return the number of embeddings of some classes.

        Raises:
            ValueError: a label is of another kind than the gallery's.
        """
        with gallery_folder.reading(self.path):
            return self._store.count(self._where(labels))

    @property
    def indexed(self) -> int:
        """How many embeddings the index holds; 0 if there is none."""
        return self._store.indexed()

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids of all embeddings, ascending, int64 (N,)."""
        with gallery_folder.reading(self.path):
            return self._store.ids()

    @property
    def next_id(self) -> int:
        """The id that the next embedding will get, above all that were given."""
        return self._facts.next_id

    def append(
        self,
        embeddings: ArrayLike,
        labels: ArrayLike | Sequence[object] | None = None,
        paths: Iterable[str | os.PathLike[str]] | None = None,
    ) -> NDArray[np.int64]:
        """Add a part of the embeddings. All of it is on disk afterwards, or nothing.

        A part of some 100,000 is quickest: each is a file, and small ones are merged later.

        Args:
            embeddings: real numbers (M, dim), finite and within ±1e30; M may be 0. They are kept
                in single precision.
            labels: the class of each, (M,): whole numbers or strings, as in earlier parts.
            paths: the file of each, which need not exist.

        Returns:
            Their ids, int64 (M,), ascending.

        Raises:
            ValueError: something is not as described. Nothing is added then.
        """
        vectors = self._checked(embeddings)
        files = None if paths is None else files_of(paths, len(vectors))
        with self._changing():
            words = None if labels is None else words_of(labels, self._facts.labels, len(vectors))
            ids = np.arange(self.next_id, self.next_id + len(vectors))
            self._put(ids, vectors, words, files)
        return ids

    def remove(self, ids: SupportsIndex | Iterable[SupportsIndex]) -> None:
        """Remove embeddings. They are not found again, and their ids are not given again.

        Raises:
            ValueError: there is no embedding of such an id. Nothing is removed then.
        """
        several = ids if isinstance(ids, Iterable) else [ids]
        gone = np.unique(np.array([whole_number("id", each, 0) for each in several], np.int64))
        with self._changing():
            self._found(gone)
            self._store.remove(gone)

    def labels_of(self, ids: ArrayLike) -> np.ndarray:
        """Return the labels of embeddings, such as of those that `nearest` found.

        Args:
            ids: whole numbers of any shape.

        Returns:
            int64 or str of the same shape; objects, of which some are None, if some embeddings
            have no label.

        Raises:
            ValueError: there is no embedding of such an id.
        """
        return labels_from(self._of("label", ids), self._facts.labels)

    def paths_of(self, ids: ArrayLike) -> np.ndarray:
        """Return the files of embeddings: objects of the shape of `ids`, Path or None.

        Raises:
            ValueError: there is no embedding of such an id.
        """
        return converted(self._of("path", ids), lambda file: Path(os.fsdecode(file)))

    def embeddings_of(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Return embeddings, float32 of the shape of `ids` and (dim,).

        Raises:
            ValueError: there is no embedding of such an id.
        """
        return self._of("vector", ids)

    def nearest(
        self,
        queries: ArrayLike,
        k: SupportsIndex = 7,
        *,
        labels: ArrayLike | Sequence[object] | None = None,
        exact: bool = False,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the `k` nearest embeddings of each query.

        Apart from the result, the memory needed grows neither with the queries nor the gallery.

        Args:
            queries: real numbers (Q, dim), like the gallery's; Q may be 0.
            k: number of neighbours, from 1 to the number of embeddings, or of those of `labels`.
            labels: find only embeddings of these classes.
            exact: compare all embeddings, whatever the size of the gallery.

        Returns:
            ids: int64 (Q, k), nearest first. At equal distances, the lower id comes first.
            distances: float32 (Q, k), in the gallery's metric.

        Raises:
            ValueError: the queries are not as described, `k` is out of range, or a label is of
                another kind than the gallery's.
        """
        queries = of_dimension("queries", queries, self.metric, self.dim)
        where = self._where(labels)
        nprobe = self._facts.nprobe or 2 * LEAST_PROBED  # None if a build was killed
        with gallery_folder.reading(self.path):
            available = self._store.count(where)
            check_there(labels, available)
            k = number_to_find(k, available)
            everything = exact or available <= EXACT_UP_TO or not self.indexed
            lists = None if everything else nprobe
            return nearest_on_disk(self._store, self.metric, queries, k, lists, where)

    def build_index(self) -> None:
        """Index all embeddings, so that a search need not read the whole gallery.

        With up to 100,000 embeddings, which are all compared anyway, no index is built. Embeddings
        that are appended later are found, too, if more slowly; call it again once they are many.
        Other processes that have the gallery open must open it again afterwards. Building needs
        some `dim` bytes for each embedding (4 `dim` if `dim` is up to 16) in TMPDIR, too.

        How many lists a search looks at is chosen so that at least 95 % of the 10 neighbours are
        found, measured on 100 of the embeddings.

        Warns:
            UserWarning: with the most lists, too, it finds fewer.
        """
        with self._changing():
            count = len(self)
            if count <= EXACT_UP_TO:
                self._store.tidy()
                return
            lists = round(count**0.5)
            self._note(nprobe=None)
            self._store.build(self.metric, lists)
            self._note(nprobe=lists_to_probe(self._store, self.metric, lists))

    def _set(self, folder: Path, facts: Facts) -> None:
        self.path, self.dim, self.metric = folder, facts.dim, facts.metric
        self._facts, self._store = facts, VectorStore(folder, facts.dim)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Be the only one that changes the gallery, as other processes have left it."""
        with gallery_folder.locked(self.path) as self._facts:
            self._store.renew()
            yield

    def _put(
        self, ids: np.ndarray, vectors: np.ndarray, labels: tuple | None, files: list | None
    ) -> None:
        """Add a part with its ids, which go on from those that were given; inside `_changing`."""
        if len(ids):
            words, kind = labels or (None, self._facts.labels)
            self._note(next_id=int(ids[-1]) + 1, labels=kind)
            self._store.add(ids, vectors, words, files)

    def _checked(self, embeddings: ArrayLike) -> np.ndarray:
        name = "embeddings"
        return of_dimension(name, single(real_array(name, embeddings)), self.metric, self.dim)

    def _note(self, **facts: object) -> None:
        """Change facts, on disk first."""
        changed = replace(self._facts, **facts)  # pyright: ignore[reportArgumentType]
        if changed != self._facts:
            gallery_folder.write(self.path, changed)
            self._facts = changed

    def _where(self, labels: ArrayLike | Sequence[object] | None) -> str | None:
        """Return the condition that an embedding is of some classes."""
        if labels is None:
            return None
        return among("label", sorted({*words_of(labels, self._facts.labels)[0]}))

    def _found(self, ids: np.ndarray, *columns: str) -> list[np.ndarray]:
        """Return columns of the rows of some ids, which are ascending."""
        with gallery_folder.reading(self.path):
            found, values = self._store.rows(ids, *columns)
        unknown = np.setdiff1d(ids, found)
        if unknown.size:
            raise ValueError(
                f"ids: got {listed(list(map(str, unknown)))}, which no embedding has; expected ids "
                "that append returned and that were not removed."
            )
        return values

    def _of(self, column: str, ids: ArrayLike) -> np.ndarray:
        """Return a column for ids of any shape."""
        given = np.asarray(ids)
        if given.size and given.dtype.kind not in "iu":
            raise ValueError(
                f"ids are {given.dtype}; expected whole numbers, such as nearest returns."
            )
        different, place = np.unique(given.astype(np.int64), return_inverse=True)
        found = self._found(different, column)[0]
        return np.take(found, place.reshape(given.shape), axis=0)
