"""Images, names and classes of a gallery on disk, read when they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.data.reading import PictureError, read_image
from siamese_lib.explorer.searched import GalleryOnDisk

_KEPT, _FEWEST = 2**26, 50  # bytes of images of files that are kept in memory; images at least
_MISSING = 127  # the grey of an image whose file cannot be read
NO_CLASS = "no known class"


class Indexed:
    """Something for each training image, read when it is asked for.

    Args:
        count: N, above all indices.
        read: called with int64 (n,), returns n values.
        shape: of each value.
    """

    def __init__(
        self, count: int, read: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...] = ()
    ) -> None:
        self.shape = (count, *shape)
        self._read = read

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        """Return the value of one index, or those of several."""
        indices = np.asarray(index)
        values = self._read(indices.reshape(-1))
        return values.reshape(*indices.shape, *values.shape[1:]) if indices.ndim else values[0]


def images_of(gallery: GalleryOnDisk, shape: tuple[int, int, int]) -> Indexed:
    """Return the images of a gallery's files, as `load_folder` reads them.

    An image whose file cannot be read is grey.
    """

    @lru_cache(max(_FEWEST, _KEPT // math.prod(shape)))
    def read(path: Path) -> np.ndarray:
        try:
            return read_image(path, shape).pixels
        except PictureError:
            return np.full(shape, _MISSING, np.uint8)

    def images(ids: np.ndarray) -> np.ndarray:
        pixels = [read(path) for path in gallery.paths_of(ids)]
        return np.array(pixels, np.uint8).reshape(-1, *shape)

    return Indexed(gallery.next_id, images, shape)


def is_missing(images: np.ndarray) -> np.ndarray:
    """Return which images, uint8 (n, H, W, C), stand for a file that cannot be read: bool (n,)."""
    return (images == _MISSING).all(axis=(1, 2, 3))


def files_of(gallery: GalleryOnDisk) -> Indexed:
    """Return the names of a gallery's files."""
    return Indexed(
        gallery.next_id, lambda ids: np.array([str(path) for path in gallery.paths_of(ids)], object)
    )


def labels_of(gallery: GalleryOnDisk, class_names: Sequence[str]) -> Indexed:
    """Return the classes in a gallery as numbers: of names in `class_names`, or K for all others.

    Args:
        gallery: keeps numbers of classes, or their names, or neither.
        class_names: K names.
    """
    numbers: dict[object, int] = {name: number for number, name in enumerate(class_names)}
    numbers |= {number: number for number in range(len(class_names))}

    def labels(ids: np.ndarray) -> np.ndarray:
        found = gallery.labels_of(ids).tolist()
        return np.array([numbers.get(label, len(class_names)) for label in found], np.int64)

    return Indexed(gallery.next_id, labels)
