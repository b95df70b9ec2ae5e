"""What is there: classes and their sizes, pictures of odd sizes, copies, and files left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siamese_lib.curation import Findings, near_duplicates
from siamese_lib.data.copies import Copies
from siamese_lib.data.dataset import Dataset
from siamese_lib.texts import listed

ALIKE = 0.9  # score from which two pictures count as nearly the same
_BLANK = 32  # levels of 256: a picture whose pixels differ by less is nearly blank
FEW = 10  # images of a class, below which it can hardly be learned


@dataclass(frozen=True, eq=False)
class Inventory:
    """What a data set holds.

    Attributes:
        class_names: K names.
        train, test: int64 (K,), images of each class in the two splits.
        sizes: widths and heights of the pictures before they were scaled, int64 (P, 2); P is 0 if
            the images have no files.
        other_kinds: number of files of kinds that are not read, by suffix.
        unreadable: files that should have been read, each as "path: reason".
        blank: names of pictures that are nearly of one colour, so that hardly anything is seen.
        copies: identical images in two classes, or in both splits.
        duplicates: pairs of images, the most alike first, numbered training images first and then
            test images.
        alike: how many of these pairs are nearly the same: their scores are 0.9 or more.
        across_classes, across_split: how many of these are of two classes, or of a training and a
            test image.
    """

    class_names: tuple[str, ...]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    sizes: NDArray[np.int64]
    other_kinds: dict[str, int]
    unreadable: tuple[str, ...]
    blank: tuple[str, ...]
    copies: Copies
    duplicates: Findings
    alike: int
    across_classes: int
    across_split: int

    @property
    def small_classes(self) -> list[str]:
        """Names of the classes with fewer than 10 training images."""
        return [name for name, n in zip(self.class_names, self.train, strict=True) if n < FEW]

    def lines(self) -> Iterator[str]:
        """Yield sentences for people."""
        yield (
            f"{self.train.sum():,} training and {self.test.sum():,} test images of "
            f"{len(self.class_names):,} classes."
        )
        if len(self.sizes):
            (low, down), (high, up) = self.sizes.min(axis=0), self.sizes.max(axis=0)
            middle, across = np.median(self.sizes, axis=0).astype(int).tolist()
            yield (
                f"The pictures are {low:,} to {high:,} pixels wide (median {middle:,}) and "
                f"{down:,} to {up:,} high (median {across:,})."
            )
        if self.small_classes:
            yield (
                f"{len(self.small_classes):,} classes have fewer than {FEW} training images and "
                f"can hardly be learned: {listed(self.small_classes)}."
            )
        if self.blank:
            yield (
                f"Nearly of one colour, so that the network sees next to nothing "
                f"({len(self.blank):,}): {listed(self.blank)}. A light drawing on a transparent "
                "ground is one of these, as transparent parts become white."
            )
        if self.copies:
            yield f"{self.copies}."
        if self.alike:
            yield (
                f"Pairs of nearly the same picture: {self.alike:,}. In two classes: "
                f"{self.across_classes:,}. In both splits: {self.across_split:,}; these make every "
                "test figure too good."
            )
        if self.unreadable:
            names = listed([line.rstrip(".") for line in self.unreadable])
            yield f"Could not be read ({len(self.unreadable):,}): {names}."
        if self.other_kinds:
            kinds = ", ".join(f"{kind} {n:,}" for kind, n in self.other_kinds.items())
            yield f"Passed over, as their kinds are not read: {kinds}."


def inventory(data: Dataset) -> Inventory:
    """Look at what a data set holds.

    Args:
        data: from `load_folder`, or any other data set.

    Example:
        >>> from siamese_lib.reports.inventory import inventory
        >>> images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1), np.uint8)
        >>> train, test = sl.Split(images[:4], [0, 0, 1, 1]), sl.Split(images[4:], [0, 1])
        >>> data = sl.Dataset(train, test, ("seals", "owls"), "made here", "six")
        >>> print(next(inventory(data).lines()))
        4 training and 2 test images of 2 classes.
    """
    images = np.concatenate([data.train.images, data.test.images])
    labels = np.concatenate([data.train.labels, data.test.labels])
    found = near_duplicates(images, labels, count=max(1, len(images)))
    alike = int((found.scores >= ALIKE).sum())
    pairs = found.first(alike)
    assert pairs.others is not None
    train, classes = len(data.train), len(data.class_names)
    kinds = [_kind(line) for line in data.skipped]
    return Inventory(
        class_names=data.class_names,
        train=np.bincount(data.train.labels, minlength=classes),
        test=np.bincount(data.test.labels, minlength=classes),
        sizes=_sizes(data),
        other_kinds=dict(Counter(filter(None, kinds)).most_common()),
        blank=_blank(data),
        unreadable=tuple(line for line, kind in zip(data.skipped, kinds, strict=True) if not kind),
        copies=data.copies,
        duplicates=found,
        alike=alike,
        across_classes=int((labels[pairs.indices] != labels[pairs.others]).sum()),
        across_split=int(((pairs.indices >= train) != (pairs.others >= train)).sum()),
    )


def names_of(data: Dataset) -> tuple[str, ...]:
    """Name all images, training images first: their files, or "train 12" and the like."""
    return tuple(
        name
        for part, split in (("train", data.train), ("test", data.test))
        for name in split.files or [f"{part} {row}" for row in range(len(split))]
    )


def _blank(data: Dataset) -> tuple[str, ...]:
    """Name the images that are nearly of one colour."""
    flat = (split.images.reshape(len(split), -1) for split in (data.train, data.test))
    range_of = np.concatenate([np.ptp(each, axis=1) for each in flat])
    names = names_of(data)
    return tuple(names[row] for row in np.flatnonzero(range_of < _BLANK).tolist())


def _kind(skipped: str) -> str:
    """Return the suffix of a file that is no picture, from a line of `Dataset.skipped`, or ""."""
    path, _, reason = skipped.rpartition(": ")
    return (PurePath(path).suffix.lower() or "no suffix") if reason == "not a picture" else ""


def _sizes(data: Dataset) -> NDArray[np.int64]:
    """Read the sizes of the pictures from their files, int64 (P, 2)."""
    sizes = []
    if data.root is not None:
        for file in [*(data.train.files or ()), *(data.test.files or ())]:
            try:
                with Image.open(data.root / file) as picture:
                    sizes.append(picture.size)
            except (OSError, ValueError, Image.DecompressionBombError):
                continue  # it was moved, or its pixels come from the cache
    return np.array(sizes, np.int64).reshape(-1, 2)
