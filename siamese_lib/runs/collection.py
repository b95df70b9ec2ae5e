"""A collection of images to search: each has an id, a class and a file, and can be removed again.

A gallery knows rows of numbers. A collection knows pictures: it embeds them with the tower of a
run, and an answer names a file that can be opened. Images and new classes are added without
training again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.queries import prepare
from siamese_lib.runs import collection_files
from siamese_lib.runs.collection_files import Entry
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.texts import listed, located, printable

# The path of a file, or its content.
File: TypeAlias = "str | os.PathLike[str] | bytes"
Pictures: TypeAlias = "File | Sequence[File] | np.ndarray"


@dataclass(frozen=True)
class Answer:
    """One image that was found.

    Attributes:
        id: of the image in its collection.
        class_name: its class.
        path: its file, or None if it came as pixels.
        distance: of the query, in the metric of the collection.
    """

    id: int
    class_name: str
    path: Path | None
    distance: float


class Collection:
    """Images that a run has embedded, to search, to add to and to remove from.

    Every image gets a number, its id. An id is never given again, even after its image was removed
    and the collection was saved and loaded.

    Args:
        run: embeds the images. It is saved with the collection.
        metric: "euclidean" or "cosine".

    Attributes:
        run, metric: as given.

    Example:
        >>> from PIL import Image
        >>> shades = np.stack([np.full((28, 28, 1), gray, np.uint8) for gray in (0, 90, 250)])
        >>> found = sl.Collection(sl.shipped_run())
        >>> found.add(shades, ["night", "dusk", "noon"])
        array([0, 1, 2])
        >>> found.remove([0])
        >>> sorted(answer.id for answer in found.nearest(shades[:1], k=2)[0])
        [1, 2]
        >>> found.add(shades[:1], "night")
        array([3])
        >>> Image.fromarray(shades[1, :, :, 0]).save("dusk.png")
        >>> found.add("dusk.png", "dusk")
        array([4])
        >>> found.remove(found.ids_of("dusk.png"))
    """

    def __init__(self, run: Run, *, metric: str = "euclidean") -> None:
        Gallery([[1.0]], metric)  # refuses an unknown metric now
        self.run, self.metric = run, metric
        self._entries: list[Entry] = []
        self._vectors = np.empty((0, run.embedding_dim), np.float32)
        self._next = 0
        self._gallery: Gallery | None = None

    @classmethod
    def of(
        cls,
        run: Run,
        data: Dataset,
        *,
        splits: Sequence[str] = ("train", "test"),
        metric: str = "euclidean",
        first_id: int = 0,
    ) -> Collection:
        """Collect the images of a data set.

        Args:
            run: embeds the images.
            data: images of the run's shape.
            splits: which of its splits to collect, "train", "test" or both, in this order.
            metric: as for `Collection`.
            first_id: the id of the first image, 0 or more: the `next_id` of a collection that this
                one replaces.

        Raises:
            ValueError: the images are not like those that the run was trained on, there is no such
                split, or `first_id` is no whole number of 0 or more.
        """
        made = cls(run, metric=metric)
        made._next = whole_number("first_id", first_id, 0)
        for name in splits:
            if name not in ("train", "test"):
                raise ValueError(f"splits: got {name!r}; expected 'train' and 'test'.")
            split = data.train if name == "train" else data.test
            if not len(split):
                continue
            classes = [data.class_names[label] for label in split.labels]
            paths = None
            if split.files is not None and data.root is not None:
                paths = [data.root / file for file in split.files]
            made._put(run.embed_once(split.images), classes, paths)
        return made

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._entries)

    def __repr__(self) -> str:
        classes = len({entry.class_name for entry in self._entries})
        return f"Collection({len(self):,} images of {classes:,} classes, {self.metric})"

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids of the images, int64 (N,), ascending."""
        return np.array([entry.id for entry in self._entries], np.int64)

    @property
    def next_id(self) -> int:
        """The id that the next image will get, above all that were given."""
        return self._next

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is known of each image: ``id``, ``class_name`` and ``path``, in the order of ids."""
        return tuple(self._entries)

    @property
    def embeddings(self) -> np.ndarray:
        """The embeddings, float32 (N, dim), in the order of ids; read-only."""
        view = self._vectors.view()
        view.flags.writeable = False
        return view

    def add(self, pictures: Pictures, class_names: str | Sequence[str]) -> NDArray[np.int64]:
        """Add images, of classes that are there or of new ones.

        Args:
            pictures: one file or several, by paths, which are named in answers, or by contents as
                bytes; they are read as `load_folder` reads them. Or images (N, H, W, C), as for
                `Run.embed`.
            class_names: one name for all, or one for each.

        Returns:
            The ids of the new images, int64 (N,).

        Raises:
            ValueError: a picture cannot be read or does not fit the run, or there is not one name
                for each. Nothing is added then.
        """
        images, paths = self._read(pictures)
        names = [class_names] * len(images) if isinstance(class_names, str) else list(class_names)
        if len(names) != len(images) or not all(isinstance(name, str) for name in names):
            raise ValueError(
                f"class_names: got {len(names)} for {len(images)} pictures; expected one text for "
                "each, or a single one for all."
            )
        return self._put(self.run.embed(images), names, paths)

    def remove(self, ids: int | Iterable[int]) -> None:
        """Remove images. They are not found again, and their ids are not given again.

        Raises:
            ValueError: there is no image of such an id. Nothing is removed then.
        """
        wanted = [ids] if isinstance(ids, int | np.integer) else list(ids)
        gone = {whole_number("id", each, 0) for each in wanted}
        unknown = sorted(gone - {entry.id for entry in self._entries})
        if unknown:
            raise ValueError(
                f"ids: got {listed(list(map(str, unknown)))}, which no image has; "
                "expected ids of the collection. See its ids."
            )
        kept = [row for row, entry in enumerate(self._entries) if entry.id not in gone]
        self._entries = [self._entries[row] for row in kept]
        self._vectors = self._vectors[kept]
        self._gallery = None

    def ids_of(self, path: str | os.PathLike[str]) -> NDArray[np.int64]:
        """Return the ids of the images that came from a file, int64 (n,).

        There are several if the file was added several times.
        ``collection.remove(collection.ids_of("photos/cats/3.png"))`` removes a picture by its file.
        The file need not exist any more. The end of its path is enough, such as ``cats/3.png``, as
        it stands in a report's ``findings.csv``.

        Raises:
            ValueError: no image came from this file, or the end of the path is that of several.
        """
        folders: dict[Path, Path] = {}
        given = Path(os.fsdecode(path)).expanduser()
        places = {e.id: _place(e.path, folders) for e in self._entries if e.path is not None}
        wanted = {_place(given, folders)}
        if not given.is_absolute() and not wanted & set(places.values()):
            end = given.parts
            wanted = {place for place in places.values() if place.parts[-len(end) :] == end}
        if len(wanted) > 1:
            some = ", ".join(printable(place) for place in sorted(wanted)[:3])
            raise ValueError(
                f"path: got {printable(path)}, the end of {len(wanted)} paths ({some}); expected "
                "that of one. Give more of the path."
            )
        found = [each for each, place in places.items() if place in wanted]
        if not found:
            raise ValueError(
                f"path: got {printable(path)}, from which no image came; expected the file of an "
                "image of the collection. See the paths of its entries."
            )
        return np.array(found, np.int64)

    def nearest(self, pictures: Pictures, k: int = 7) -> list[list[Answer]]:
        """Find the nearest images of each picture, nearest first.

        Args:
            pictures: as for `add`.
            k: number of neighbours, from 1 to the number of images.

        Raises:
            ValueError: a picture cannot be read or does not fit the run; `k` is out of range; or
                the collection is empty.
        """
        images, _ = self._read(pictures)
        if not self._entries:
            raise ValueError("The collection has no images; expected at least one. Add images.")
        if self._gallery is None:
            self._gallery = Gallery(self._vectors, self.metric)
        indices, distances = self._gallery.nearest(self.run.embed(images), k)
        return [
            [self._answer(row, far) for row, far in zip(rows, fars, strict=True)]
            for rows, fars in zip(indices.tolist(), distances.tolist(), strict=True)
        ]

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the collection and its run to a folder, and replace a collection that is there.

        If the machine stops meanwhile, the earlier collection stays.

        Returns:
            The folder.

        Raises:
            ValueError: the folder holds something else, or a run that is not this one.
            OSError: it cannot be written.
        """
        folder = Path(folder)
        collection_files.check_folder(folder)
        if self.run.folder is None or self.run.folder.resolve() != (folder / "run").resolve():
            self.run.save(folder / "run")
        stored = collection_files.Stored(self._entries, self._vectors, self._next, self.metric)
        collection_files.write(folder, stored)
        return folder

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Collection:
        """Read what `save` wrote, in this process or another.

        Raises:
            ValueError: the folder is not that of a collection, or is damaged.
        """
        folder = Path(folder)
        stored = collection_files.read(folder)
        made = cls(Run.load(folder / "run"), metric=stored.metric)
        if stored.vectors.shape[1] != made.run.embedding_dim:
            raise ValueError(
                f"{located(folder)}: its embeddings have {stored.vectors.shape[1]} dimensions, "
                f"and its run {made.run.embedding_dim}; expected the same. Save it again."
            )
        made._entries, made._vectors = list(stored.entries), stored.vectors
        made._next = stored.next_id
        return made

    def _put(
        self, vectors: np.ndarray, names: Sequence[str], paths: Sequence[Path] | None
    ) -> NDArray[np.int64]:
        """Add embeddings that were checked, and return their ids."""
        ids = np.arange(self._next, self._next + len(vectors))
        for number, name, path in zip(
            ids.tolist(), names, paths or [None] * len(names), strict=True
        ):
            self._entries.append(Entry(number, name, path))
        self._vectors = np.concatenate([self._vectors, vectors])
        self._next += len(vectors)
        if self._gallery is not None:
            self._gallery.append(vectors)
        return ids

    def _read(self, pictures: Pictures) -> tuple[np.ndarray, Sequence[Path] | None]:
        """Return images as `Run.embed` takes them, and their files if all of them have one."""
        if isinstance(pictures, np.ndarray):
            return pictures, None
        single = isinstance(pictures, str | bytes | os.PathLike)
        given: list[File] = [pictures] if single else list(pictures)  # pyright: ignore[reportAssignmentType]
        height, width, channels = self.run.image_shape
        color = "grayscale" if channels == 1 else "rgb"
        images = np.empty((len(given), height, width, channels), np.uint8)
        for row, each in enumerate(given):
            images[row] = prepare(each, image_size=(height, width), color=color)
        if any(isinstance(each, bytes) for each in given):
            return images, None
        return images, [Path(os.fsdecode(each)).expanduser().absolute() for each in given]

    def _answer(self, row: int, distance: float) -> Answer:
        entry = self._entries[row]
        return Answer(entry.id, entry.class_name, entry.path, distance)


def _place(file: Path, folders: dict[Path, Path]) -> Path:
    """Return a path through no linked folder and no ``..``; a file that is a link stays itself.

    Args:
        file: the path.
        folders: those that were looked up before, which others are added to.
    """
    if file.parent not in folders:
        folders[file.parent] = file.parent.resolve()
    return folders[file.parent] / file.name
