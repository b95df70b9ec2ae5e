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
from siamese_lib.texts import printable

ALIKE = 0.9  # score from which two pictures count as nearly the same
FEW = 10  # images of a class, below which it can hardly be learned
_NAMED = 5


@dataclass(frozen=True, eq=False)
class Inventory:
    """What a data set holds.

    Attributes:
        class_names: K names.
        train, test: int64 (K,), images of each class in the two splits.
        sizes: widths and heights of the pictures before they were scaled, int64 (P, 2); P is 0 if
            the images have no files.
        other_kinds: number of files that are no pictures, by suffix.
        unreadable: files that should have been read, each as "path: reason".
        copies: identical images in two classes, or in both splits.
        duplicates: pairs of nearly the same images, training images first and then test images.
        across_classes, across_split: how many of these pairs are of two classes, or of a training
            and a test image.
    """

    class_names: tuple[str, ...]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    sizes: NDArray[np.int64]
    other_kinds: dict[str, int]
    unreadable: tuple[str, ...]
    copies: Copies
    duplicates: Findings
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
                f"can hardly be learned: {_some(self.small_classes)}."
            )
        if self.copies:
            yield f"{self.copies}."
        if len(self.duplicates):
            yield (
                f"Pairs of nearly the same picture: {len(self.duplicates):,}. In two classes: "
                f"{self.across_classes:,}. In both splits: {self.across_split:,}; these make every "
                "test figure too good."
            )
        if self.unreadable:
            names = _some([line.rstrip(".") for line in self.unreadable])
            yield f"Could not be read ({len(self.unreadable):,}): {names}."
        if self.other_kinds:
            kinds = ", ".join(f"{kind} {n:,}" for kind, n in self.other_kinds.items())
            yield f"Passed over, as they are no pictures: {kinds}."


def inventory(data: Dataset) -> Inventory:
    """Look at what a data set holds.

    Args:
        data: from `load_folder`, or any other data set.

    Example:
        >>> digits = sl.load_dataset("letters", verbose=False)
        >>> from siamese_lib.reports.inventory import inventory
        >>> print(next(inventory(digits).lines()).split(" of ")[0][-11:])
        test images
    """
    images = np.concatenate([data.train.images, data.test.images])
    labels = np.concatenate([data.train.labels, data.test.labels])
    found = near_duplicates(images, labels, count=max(1, len(images)))
    pairs = found.first(int((found.scores >= ALIKE).sum()))
    assert pairs.others is not None
    train, classes = len(data.train), len(data.class_names)
    kinds = Counter(dict(map(_kind, data.skipped)).values())
    other = {kind: n for kind, n in kinds.most_common() if kind}
    unreadable = [line for line in data.skipped if not _kind(line)[1]]
    return Inventory(
        class_names=data.class_names,
        train=np.bincount(data.train.labels, minlength=classes),
        test=np.bincount(data.test.labels, minlength=classes),
        sizes=_sizes(data),
        other_kinds=other,
        unreadable=tuple(unreadable),
        copies=data.copies,
        duplicates=pairs,
        across_classes=int((labels[pairs.indices] != labels[pairs.others]).sum()),
        across_split=int(((pairs.indices >= train) != (pairs.others >= train)).sum()),
    )


def _kind(skipped: str) -> tuple[str, str]:
    """Return a line of `Dataset.skipped`, and the suffix of a file that is no picture, or ""."""
    path, _, reason = skipped.rpartition(": ")
    return skipped, (PurePath(path).suffix.lower() or "no suffix") * (reason == "not a picture")


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


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(printable(name) for name in names[:_NAMED]) + more
