"""What `embed_files` has written: embeddings on disk, with ids, labels and paths."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import DataError
from siamese_lib.scale.disk_gallery import DiskGallery
from siamese_lib.scale.disk_labels import labels_from, words_of
from siamese_lib.scale.embedded_folder import EmbeddedFolder, damaged
from siamese_lib.scale.parquet_files import arrow_package, known_of_part, unpacked_part

_APPENDED = 32 << 20  # bytes of embeddings that a gallery gets at once


class EmbeddedPart(NamedTuple):
    """A part of the embeddings.

    Attributes:
        ids: int64 (n,), ascending, without gaps over all parts.
        embeddings: float32 (n, dim).
        labels: the name of each class, str (n,); None if the files are in no class folders.
        paths: the file of each, absolute.
    """

    ids: NDArray[np.int64]
    embeddings: NDArray[np.float32]
    labels: np.ndarray | None
    paths: list[Path]


class EmbeddedFiles:
    """Embeddings of files, on disk. `embed_files` makes them, and `open` opens them later.

    Ids are 0, 1, 2, ... in the order of the files, without those that could not be read.

    Attributes:
        folder: where they are.
        dim: length of an embedding.
        image_shape: height, width and channels of the images that were embedded.
        root: the folder of the images, absolute; None for a list of files.
    """

    def __init__(self, stored: EmbeddedFolder) -> None:
        self.folder, self.root = stored.path, stored.root
        self.dim, self.image_shape = stored.embedder.embedding_dim, stored.embedder.image_shape
        self._stored = stored
        counts, self._skipped = [], dict(stored.skipped)
        for number in stored.numbers:
            try:
                count, skipped = known_of_part(stored.place(number))
            except (OSError, ValueError) as error:
                raise damaged(self.folder, str(error)) from error
            counts.append(count)
            self._skipped |= skipped
        self._ends = np.cumsum(counts)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> EmbeddedFiles:
        """Open the embeddings in a folder.

        Raises:
            FileNotFoundError: there is no such folder.
            DataError: the folder holds no embedded files, not all of them, or damaged ones, or has
                a later format. It is a `ValueError`.
            ImportError: the extra ``siamese-lib[scale]`` is not installed.
        """
        arrow_package()
        stored = EmbeddedFolder.read(Path(folder))
        if missing := len(stored.missing):
            whole = len(stored.numbers)
            raise DataError.about(
                stored.path,
                found=f"{whole - missing:,} of {whole:,} parts",
                expected="all of them",
                remedy="Call embed_files again with the same run and files; it continues.",
            )
        return cls(stored)

    def __len__(self) -> int:
        """Return the number of embeddings."""
        return int(self._ends[-1])

    def __repr__(self) -> str:
        count = len(self._skipped)
        skipped = f", {count:,} {'file' if count == 1 else 'files'} left out" if count else ""
        return f"EmbeddedFiles({len(self):,} embeddings, dim={self.dim}{skipped})"

    @property
    def skipped(self) -> dict[Path, str]:
        """The files and folders that were left out, absolute, and why."""
        return dict(self._skipped)

    def parts(self) -> Iterator[EmbeddedPart]:
        """Yield the embeddings part by part, one of which is in memory.

        Raises:
            DataError: a part is damaged.
        """
        for number in self._stored.numbers:
            part = self._part(number)
            if len(part.ids):
                yield part

    def into(self, gallery: DiskGallery, first_id: int = 0) -> None:
        """Append all embeddings to a gallery on disk, with their labels and paths.

        The ids in the gallery are `first_id` and the ids here, so with 0 they are the same. If the
        process is killed, the same call continues; called again, it adds nothing. (But if all of a
        part was removed from the gallery meanwhile, it comes back. So remove after the last call.)

        Args:
            gallery: of the same dimension. It has given no ids from `first_id` on, except by such a
                call.
            first_id: for a gallery that holds others already, its `next_id`.

        Raises:
            ValueError: the dimension or the kind of the labels is another one, or these ids were
                given to others.
        """
        first_id = whole_number("first_id", first_id, 0)
        if gallery.dim != self.dim:
            raise ValueError(
                f"gallery has the dimension {gallery.dim}; expected {self.dim}, that of these "
                f"embeddings. Make one with dim={self.dim}."
            )
        if gallery.next_id < first_id:
            raise ValueError(
                f"first_id is {first_id}; expected at most {gallery.next_id}, the gallery's "
                "next_id."
            )
        for part in self._joined():
            with gallery._changing():
                self._append(gallery, first_id + part.ids, part)

    def _append(self, gallery: DiskGallery, ids: np.ndarray, part: EmbeddedPart) -> None:
        """Append a part that a gallery, which no other process changes now, does not have yet."""
        given = gallery.next_id
        if ids[0] < given and self._is_in(gallery, ids, part):
            return
        if ids[0] < given != ids[-1] + 1:
            raise _other_ids(int(ids[0]), given)
        vectors = gallery._checked(part.embeddings)
        words = None if part.labels is None else words_of(part.labels, gallery._facts.labels)
        gallery._put(ids, vectors, words, [os.fsencode(path) for path in part.paths])

    def _joined(self) -> Iterator[EmbeddedPart]:
        """Yield parts joined to larger ones, always the same."""
        most = _APPENDED // (4 * self.dim)
        waiting: list[EmbeddedPart] = []
        for part in self.parts():
            if waiting and sum(len(p.ids) for p in waiting) + len(part.ids) > most:
                yield _one(waiting)
                waiting = []
            waiting.append(part)
        if waiting:
            yield _one(waiting)

    def _is_in(self, gallery: DiskGallery, ids: np.ndarray, part: EmbeddedPart) -> bool:
        """Return whether a gallery has a part, which it appends as a whole or not at all.

        Raises:
            ValueError: it has others of these ids.
        """
        if not gallery._store.count(f"id >= {ids[0]} AND id <= {ids[-1]}"):
            return False
        rows = {int(ids[row]): row for row in (0, -1)}
        found, (files, vectors) = gallery._store.rows(np.array([*rows]), "path", "vector")
        for number, file, vector in zip(found.tolist(), files, vectors, strict=True):
            row = rows[number]
            if file != os.fsencode(part.paths[row]) or (vector != part.embeddings[row]).any():
                raise _other_ids(int(ids[0]), gallery.next_id)
        return True

    def _part(self, number: int) -> EmbeddedPart:
        place = self._stored.place(number)
        try:
            files, embeddings = unpacked_part(place)
        except (OSError, ValueError, KeyError) as error:
            raise damaged(self.folder, f"{place.name}: {error}") from error
        end = int(self._ends[number])
        labels = [each.label for each in files]
        if any(label is None for label in labels):
            named = None
        else:
            named = labels_from(np.array(labels, object), "str")
        ids = np.arange(end - len(files), end)
        return EmbeddedPart(ids, embeddings, named, [each.path for each in files])


def _one(parts: list[EmbeddedPart]) -> EmbeddedPart:
    if len(parts) == 1:
        return parts[0]
    labels = [part.labels for part in parts if part.labels is not None]
    return EmbeddedPart(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.embeddings for part in parts]),
        np.concatenate(labels) if len(labels) == len(parts) else None,
        [path for part in parts for path in part.paths],
    )


def _other_ids(first: int, given: int) -> ValueError:
    return ValueError(
        f"gallery gave the ids {first:,} to {given - 1:,} to other embeddings; expected a gallery "
        f"without them. Make a new one, or append behind them with first_id={given}."
    )
