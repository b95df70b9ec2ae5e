"""The training and the test part of a folder: their images, and what was left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from siamese_lib.data.dataset import Split
from siamese_lib.data.folder_cache import Found
from siamese_lib.data.walking import ClassFolders, Skipped, Walk
from siamese_lib.texts import composed

_OPEN = ""  # the reason of what may turn out to be left out, so that its place is kept


@dataclass
class FolderPart:
    """The images of a part, in the order of the classes and of the files.

    Attributes:
        folders: the folders of its classes.
        classes: the name of each image's class, `composed`.
        files: the path of each image.
        found: each image.
    """

    folders: ClassFolders
    classes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    def labels(self, names: Sequence[str]) -> np.ndarray:
        """Return the classes as numbers, int64 (N,)."""
        number = {name: at for at, name in enumerate(names)}
        return np.array([number[name] for name in self.classes], np.int64)

    def split(self, root: Path, shape: tuple[int, int, int], names: Sequence[str]) -> Split:
        """Return the images as a split.

        Args:
            root: the folder that the files are named from.
            shape: height, width and channels of the images.
            names: those of the classes, in order.
        """
        pixels = [each.pixels for each in self.found if each.pixels is not None]
        images = np.array(pixels, np.uint8).reshape(-1, *shape)
        files = tuple(file.relative_to(root).as_posix() for file in self.files)
        return Split(images, self.labels(names), files)

    def rows(self, chosen: np.ndarray) -> FolderPart:
        """Return a part with the images that are chosen, bool (N,)."""
        rows = np.flatnonzero(chosen).tolist()
        taken = ([column[row] for row in rows] for column in (self.classes, self.files, self.found))
        return FolderPart(self.folders, *taken)


def read_parts(
    walk: Walk, read: Callable[[Sequence[Path], Sequence[str]], Sequence[Found]]
) -> list[FolderPart]:
    """Read the images of all parts, and note in the walk what cannot be read.

    Args:
        walk: finds the files.
        read: takes all paths, and their names from the root, and returns what the files are.
    """
    listed: list[tuple[FolderPart, str, list[Path]]] = []
    parts = [FolderPart(folders) for folders in walk.parts]
    for part in parts:
        for name, folder in part.folders.classes.items():
            files = []
            for file in walk.files(folder):
                files.append(file)
                walk.skip(file, _OPEN)
            listed.append((part, name, files))
            walk.skip(folder, _OPEN, folder=True)
    paths = [file for _, _, files in listed for file in files]
    names = [walk.name(file) for file in paths]
    found = dict(zip(paths, read(paths, names), strict=True))
    reasons: dict[str, Skipped] = {}
    for file, name in zip(paths, names, strict=True):
        if found[file].pixels is None:
            kind = (file.suffix.lower() or "no suffix") if found[file].foreign else ""
            reasons[name] = Skipped(name, found[file].reason, kind)
    for part, name, files in listed:
        images = [file for file in files if found[file].pixels is not None]
        part.classes += [composed(name)] * len(images)
        part.files += images
        part.found += [found[file] for file in images]
        if not images:
            folder = walk.name(part.folders.classes[name]) + os.sep
            reasons[folder] = Skipped(folder, "no image that can be read, so no class")
    decided = [reasons.get(each.path) if each.reason == _OPEN else each for each in walk.skipped]
    walk.skipped = [each for each in decided if each is not None]
    return parts
