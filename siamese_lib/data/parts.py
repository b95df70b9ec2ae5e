"""Choose a part of labelled images that stands for all of them.

Images often come class by class, as `load_folder` returns them. Then the first images belong to
the first few classes only, and whatever is measured or shown with them leaves out the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import taken
from siamese_lib.checks import class_numbers

_FEW = 8  # of a small class these are chosen, so that each has 7 others to find
_DOUBT = 8.0  # standard deviations; MNIST's order stays within 2


@dataclass(frozen=True, eq=False)
class Part:
    """Some of N images.

    Attributes:
        rows: int64 (n,), ascending, the images chosen.
        total: N.
        drawn: whether they were drawn, and are not simply the first n.
    """

    rows: np.ndarray
    total: int
    drawn: bool

    def __len__(self) -> int:
        return len(self.rows)

    def taken(self, array: np.ndarray) -> np.ndarray:
        """Return the chosen rows of an array (N, ...); without a copy if they are the first.

        Those of images on disk stay there.
        """
        return taken(array, self.rows if self.drawn else slice(len(self)))

    def words(self, what: str) -> str:
        """Say which images these are, such as "the first 100 of 500 test images".

        Args:
            what: what the images are, in the plural.
        """
        if len(self) == self.total:
            return f"{self.total:,} {what}"
        if not self.drawn:
            return f"the first {len(self):,} of {self.total:,} {what}"
        return f"{len(self):,} of {self.total:,} {what}, drawn evenly over the classes"


def part_of(labels: ArrayLike, most: int, *, seed: int = 0) -> Part:
    """Choose up to `most` images: the first ones if these are a fair part, else drawn ones.

    The first images are a fair part if each class is about as frequent among them as among all
    images, as in the published order of MNIST. If not, `evenly` draws the images.

    Args:
        labels: (N,), the classes, as `siamese_lib.checks.checked_labels` takes them.
        most: the largest number of images to choose, 1 or more.
        seed: of the draw.

    Raises:
        ValueError: the labels are not one class for each image.
    """
    numbers = class_numbers(labels).numbers
    first = np.arange(min(len(numbers), most))
    if is_fair(numbers, first):
        return Part(first, len(numbers), drawn=False)
    return Part(np.sort(evenly(numbers, most, seed=seed)), len(numbers), drawn=True)


def evenly(labels: ArrayLike, most: int, *, seed: int | None = None) -> np.ndarray:
    """Choose up to `most` images of all classes, in proportion to the sizes of the classes.

    Small classes are not thinned out: up to 8 images of each class are chosen, if there is room
    for as many of every class.

    Args:
        labels: (N,), as for `part_of`.
        most: the largest number of images to choose, 1 or more.
        seed: draws the images of each class at random. Without it they are evenly spaced.

    Returns:
        int64 (n,), the rows of the images chosen, class by class; n is the smaller of `most` and N.
    """
    numbers, classes = class_numbers(labels)
    order = np.arange(len(numbers))
    if seed is not None:
        np.random.default_rng(seed).shuffle(order)
    by_class = order[np.argsort(numbers[order], kind="stable")]
    count, sizes = min(len(order), most), np.bincount(numbers, minlength=len(classes))
    spaced = by_class[np.linspace(0, len(order) - 1, count).astype(np.int64)]
    few = np.minimum(sizes, min(_FEW, count // max(len(classes), 1)))
    if (np.bincount(numbers[spaced], minlength=len(classes)) >= few).all():
        return spaced
    # Each class first gets its few, the others then follow in proportion.
    kind = numbers[by_class]
    place = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[kind]
    turn = np.where(place < few[kind], -1, (place + 1) / sizes[kind])
    chosen = np.zeros(len(order), bool)
    chosen[np.argsort(turn, kind="stable")[:count]] = True
    return by_class[chosen]


def is_fair(numbers: np.ndarray, rows: np.ndarray) -> bool:
    """Return whether the classes are about as frequent in some rows as in all images.

    This is Pearson's chi-squared test, which a random order fails once in some thousand times with
    two classes, and far more rarely with ten. And a class of which ten images or more were expected
    must be there.

    Args:
        numbers: int64 (N,), classes from 0 to K - 1, each with an image.
        rows: (n,), the images chosen, none twice.
    """
    total, count = len(numbers), len(rows)
    if count in (0, total):
        return True
    sizes = np.bincount(numbers)
    found = np.bincount(numbers[rows], minlength=len(sizes))
    expected = sizes * (count / total)
    if ((found == 0) & (expected >= 10)).any():
        return False
    unlike = ((found - expected) ** 2 / expected).sum() / (1 - count / total)
    free = len(sizes) - 1
    return bool(unlike <= free + _DOUBT * np.sqrt(2 * max(free, 1)))
