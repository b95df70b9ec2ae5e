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

    def split(
        self, root: Path, gathered: Callable[[Sequence[Found]], np.ndarray], names: Sequence[str]
    ) -> Split:
        """Return the images as a split.

        Args:
            root: the folder that the files are named from.
            gathered: makes one array of the images, uint8 (N, H, W, C).
            names: those of the classes, in order.
        """
        images = gathered(self.found)
        files = tuple(file.relative_to(root).as_posix() for file in self.files)
        return Split(images, self.labels(names), files)

    def rows(self, chosen: np.ndarray) -> FolderPart:
        """Return a part with the images that are chosen, bool (N,)."""
        rows = np.flatnonzero(chosen).tolist()
        taken = ([column[row] for row in rows] for column in (self.classes, self.files, self.found))
        return FolderPart(self.folders, *taken)


def in_memory(found: Sequence[Found], shape: tuple[int, int, int]) -> np.ndarray:
    """Put images into one array, uint8 (N, H, W, C)."""
    pixels = [each.pixels for each in found if each.pixels is not None]
    return np.array(pixels, np.uint8).reshape(-1, *shape)


def read_parts(
    walk: Walk, read: Callable[[Sequence[Path], Sequence[str]], Sequence[Found]]
) -> list[FolderPart]:
    """Read the images of all parts, and note in the walk what cannot be read.

    Args:
        walk: finds the files.
        read: takes all paths, and their names from the root, and returns what the files are.
    """
    listed: list[tuple[FolderPart, str, list[Path]]] = []
    parts, names = [FolderPart(folders) for folders in walk.parts], []
    for part in parts:
        for name, folder in part.folders.classes.items():
            files = []
            for file in walk.files(folder):
                files.append(file)
                walk.skip(file, _OPEN)
                names.append(walk.skipped[-1].path)
            listed.append((part, name, files))
            walk.skip(folder, _OPEN, folder=True)
    all_found = read([file for _, _, files in listed for file in files], names)
    reasons: dict[str, Skipped] = {}
    start = 0
    for part, name, files in listed:
        rows = slice(start, start + len(files))
        start += len(files)
        called, images = composed(name), 0
        for file, path, found in zip(files, names[rows], all_found[rows], strict=True):
            if found.is_image:
                images += 1
                part.classes.append(called)
                part.files.append(file)
                part.found.append(found)
            else:
                kind = (file.suffix.lower() or "no suffix") if found.foreign else ""
                reasons[path] = Skipped(path, found.reason, kind)
        if not images:
            folder = walk.name(part.folders.classes[name]) + os.sep
            reasons[folder] = Skipped(folder, "no image that can be read, so no class")
    decided = [reasons.get(each.path) if each.reason == _OPEN else each for each in walk.skipped]
    walk.skipped = [each for each in decided if each is not None]
    return parts
