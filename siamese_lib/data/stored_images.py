"""Images that stay on disk and are read when they are asked for: a folder larger than memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from siamese_lib.arrays import OnDisk
from siamese_lib.data.data_error import DataError
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.part_files import PartFiles
from siamese_lib.data.shapes import check_readable, described

_BLOCK = 2**24  # bytes that are read at once where all images are read
_ROW = 32  # bits of the row in a place


class StoredImages(OnDisk):
    """Images on disk that stand for one array, uint8 (N, H, W, C), as `load_folder` makes them.

    Indexing reads: ``images[7]`` is one image, and slices, lists of numbers and masks give arrays,
    as with NumPy. Each image that is read is checked against its fingerprint. Going through the
    images reads some 16 MB at a time. ``numpy.asarray(images)`` reads all of them, if they fit into
    memory. In memory there are 16 bytes for each image. It can be pickled, and read from several
    threads; the files stay as long as it is in use.

    Args:
        files: with the pixels.
        places: int64 (N,), where each image is, as `place_of` says.
        prints: uint64 (N,), the `fingerprints` of the images.
        shape: height, width and channels.

    Attributes:
        shape, dtype, ndim, size, nbytes: as of a NumPy array.
        fingerprints: uint64 (N,).

    Raises:
        DataError: on reading, if a file is damaged or gone, or if so many images do not fit into
            memory.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(
        self,
        files: PartFiles,
        places: NDArray[np.int64],
        prints: NDArray[np.uint64],
        shape: tuple[int, int, int],
    ) -> None:
        self._files, self._places, self.fingerprints = files, places, prints
        self.shape = (len(places), *shape)
        self.size = self.nbytes = math.prod(self.shape)

    @classmethod
    def joined(cls, parts: Sequence[StoredImages]) -> StoredImages:
        """Return the images of several, one or more of one shape, as one. Nothing is read."""
        shapes = {part.shape[1:] for part in parts}
        if len(shapes) > 1:
            raise DataError.about(
                "images",
                found=f"images of {' and '.join(map(str, sorted(shapes)))} to be joined",
                expected="images of one shape",
                remedy="Load them at one size.",
            )
        numbers: dict[Path, int] = {}
        places = []
        for part in parts:
            for path in part._files.paths:
                numbers.setdefault(path, len(numbers))
            new = np.array([numbers[path] for path in part._files.paths], np.int64)
            old, rows = np.divmod(part._places, 1 << _ROW)
            places.append((new[old] << _ROW) + rows)
        one = parts[0]._files
        files = one if tuple(numbers) == one.paths else PartFiles(tuple(numbers))
        prints = np.concatenate([part.fingerprints for part in parts])
        return cls(files, np.concatenate(places), prints, parts[0]._one)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, key: Any) -> np.ndarray:
        """Read images; of a tuple of indices, the first chooses images, and the others pixels."""
        if not isinstance(key, tuple):
            return self._read(key)
        plain = (int, np.integer, slice, type(None), type(...))
        if not key or key[0] is ... or not all(isinstance(each, plain) for each in key[1:]):
            raise IndexError(
                f"{self!r} was indexed with {key!r}; expected an index of images first, then "
                "numbers and slices. Read the images first: images[rows][...]."
            )
        images = self._read(key[0])
        return images[(*[slice(None)] * (images.ndim - 3), *key[1:])]

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self.blocks():
            yield from block

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        """Read all images. DataError if they do not fit into memory."""
        if copy is False:
            raise ValueError(f"{self!r} was to be an array without a copy; expected to be read.")
        return self._read(slice(None)).astype(dtype or self.dtype, copy=False)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError(
            f"{self!r} was compared with ==; expected an array. numpy.asarray(images) is one: it "
            "reads all of them."
        )

    __ne__ = __eq__
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        hint = ", but numpy.asarray(images) has: it reads all of them" if name in _METHODS else ""
        raise AttributeError(f"StoredImages have no attribute {name!r}{hint}.")

    def __repr__(self) -> str:
        folders = {str(path.parent) for path in self._files.paths}
        where = f" in {', '.join(sorted(folders))}" if folders else ""
        return f"<{described(len(self), self._one)}, {self.nbytes / 1e6:,.1f} MB{where}>"

    def rows(self, chosen: Any) -> StoredImages:
        """Return some of the images, which stay on disk; `chosen` as for a NumPy array (N,)."""
        places = np.atleast_1d(self._places[chosen])
        prints = np.atleast_1d(self.fingerprints[chosen])
        return StoredImages(self._files, places, prints, self._one)

    def blocks(self, most: int | None = None) -> Iterator[np.ndarray]:
        """Read all images in blocks of up to `most`, by default of some 16 MB.

        Yields:
            uint8 (n, H, W, C); if there are no images, one empty block.
        """
        step = most or max(1, _BLOCK // max(1, math.prod(self._one)))
        for start in range(0, max(1, len(self)), step):
            yield self._read(slice(start, start + step))

    def any(self) -> bool:
        """Return whether a pixel is not 0."""
        return any(block.any() for block in self.blocks())

    def all(self) -> bool:
        """Return whether no pixel is 0."""
        return all(block.all() for block in self.blocks())

    @property
    def _one(self) -> tuple[int, int, int]:
        """The shape of one image."""
        return self.shape[1:]

    def _read(self, key: Any) -> np.ndarray:
        """Read the images that a NumPy index chooses."""
        found, prints = self._places[key], self.fingerprints[key]
        places = np.ravel(found)
        if len(places) > 1:
            check_readable(len(places), self._one, "images")
        pixels = np.empty((len(places), *self._one), np.uint8)
        self._fill(pixels, places)
        wrong = np.flatnonzero(fingerprints(pixels) != np.ravel(prints))
        if len(wrong):
            number = int(places[wrong[0]]) >> _ROW
            raise self._unusable(number, "other pixels than were stored", damaged=True)
        return pixels.reshape(*np.shape(found), *self._one)

    def _fill(self, pixels: np.ndarray, places: NDArray[np.int64]) -> None:
        """Read images into an array. Those that are next to each other are read together."""
        each, flat = math.prod(self._one), pixels.reshape(-1).data
        ends = [*(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]
        start = 0
        for end in ends if len(places) else ():
            number, row = divmod(int(places[start]), 1 << _ROW)
            try:
                whole = self._files.fill(number, row * each, flat[start * each : end * each])
            except OSError as error:
                raise self._unusable(number, error.strerror or str(error)) from error
            if not whole:
                raise self._unusable(number, "fewer pixels than were stored", damaged=True)
            start = end

    def _unusable(self, number: int, found: str, *, damaged: bool = False) -> DataError:
        """Return the error for a file that cannot be used. If it is damaged, remove it."""
        if damaged:
            self._files.forget(number)
        return DataError.about(
            self._files.paths[number],
            found=found,
            expected="the pixels that load_folder stored there",
            remedy="Load the folder again: what is missing is read again.",
        )


_METHODS = set(dir(np.ndarray))


def place_of(number: int, row: int) -> int:
    """Return the place of an image: in which of the files it is, and its row there."""
    return (number << _ROW) + row
