"""What every loader returns, a `Dataset` of uint8 images with integer labels, and its error.

`Split` and `Dataset` check themselves when they are made, so the rest of the library can rely on
their shapes and dtypes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_class_names
from siamese_lib.data.copies import Copies, find_copies
from siamese_lib.data.file_names import checked_rows, rows_named
from siamese_lib.data.split import DataError, Split
from siamese_lib.texts import listed, printable, shortened

_NAMED = 5  # classes that an error names


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A training and a test split of the same classes.

    Attributes:
        train: the images to learn from.
        test: the images kept for testing. It may be empty.
        class_names: the name of class 0, of class 1, and so on. These and the texts below become
            printable: what cannot be printed or drawn is escaped (`siamese_lib.texts`).
        source: where the images came from, in words.
        name: what the set is called.
        skipped: files that `load_folder` left out, each as "path: reason"; otherwise empty.
        root: the folder that `Split.files` are in, absolute; None for a set from elsewhere.

    Raises:
        DataError: a label has no class name, two classes have one name, `class_names` is a single
            text, or the two splits differ in image shape.
    """

    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    name: str
    skipped: tuple[str, ...] = ()
    root: Path | None = None

    def __post_init__(self) -> None:
        printed = {
            "class_names": _class_names(self.class_names),
            "source": printable(self.source),
            "name": printable(self.name),
            "skipped": tuple(map(printable, self.skipped)),
        }
        for name, value in printed.items():
            object.__setattr__(self, name, value)  # the class is frozen
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise DataError.about(
                f"{self.name} test images",
                found=f"images of shape {self.test.images.shape[1:]}",
                expected=f"{self.train.images.shape[1:]}, as in the training images",
                remedy="Resize the images so that both splits have one shape.",
            )
        highest = max(split.labels.max(initial=-1) for split in (self.train, self.test))
        if highest >= len(self.class_names):
            raise DataError.about(
                f"{self.name} labels",
                found=f"a label of {highest}",
                expected=f"labels from 0 to {len(self.class_names) - 1}, one for each class name",
                remedy="Name every class, or correct the label.",
            )

    @cached_property
    def copies(self) -> Copies:
        """Images that stand in two classes, or are in both splits. ``str`` counts them in words."""
        train, test = ((split.images, split.labels) for split in (self.train, self.test))
        return find_copies(train, test, (*(self.train.files or ()), *(self.test.files or ())))

    def path(self, split: str, index: int) -> Path:
        """Return the path of the file of an image from a folder.

        Args:
            split: "train" or "test".
            index: of the image in the split, from 0.

        Raises:
            DataError: there is no such image, or its file is not known.
        """
        parts = {"train": self.train, "test": self.test}
        files = parts[split].files if split in parts else None
        if self.root is None or files is None:
            raise DataError.about(
                self.name,
                found=f"no names of files for {split!r}",
                expected='"train" or "test" of a set that load_folder has read',
                remedy="Other sets hold only pixels and labels.",
            )
        try:
            (row,) = checked_rows(split, [index], len(files)).tolist()
        except ValueError as error:
            raise DataError(str(error)) from None
        return self.root / files[row]

    def without(
        self,
        files: Iterable[str | os.PathLike[str]] = (),
        *,
        train: ArrayLike = (),
        test: ArrayLike = (),
    ) -> Dataset:
        """Return the same set without some images. No other image moves to the other split.

        Args:
            files: those of images from a folder, as `Split.files` names them, or their paths. A
                single name is taken, too.
            train: indices of training images, from 0.
            test: indices of test images, from 0.

        Warns:
            UserWarning: a class has no image left. It is left out, so that later classes have
                lower numbers.

        Raises:
            DataError: an image is not there, or no training image would be left.

        Example:
            >>> images = np.arange(4, dtype=np.uint8).repeat(64).reshape(4, 8, 8, 1) + 100
            >>> train = sl.Split(images, [0, 0, 1, 1], ("a/1.png", "a/2.png", "b/3.png", "b/4.png"))
            >>> test = sl.Split(images[:2] + 50, [0, 1], ("a/5.png", "b/6.png"))
            >>> data = sl.Dataset(train, test, ("a", "b"), "made here", "six")
            >>> fewer = data.without(["a/2.png", "b/6.png"], train=[3])
            >>> fewer.train.files, fewer.test.files
            (('a/1.png', 'b/3.png'), ('a/5.png',))
        """
        wanted = [files] if isinstance(files, str | os.PathLike) else list(files)
        names = [n for part in (self.train, self.test) for n in part.files or [""] * len(part)]
        kept, middle = np.ones(len(names), bool), len(self.train)
        try:
            kept[rows_named(wanted, names if any(names) else (), self.root)] = False
            kept[checked_rows("train", train, middle)] = False
            kept[middle + checked_rows("test", test, len(self.test))] = False
        except ValueError as error:
            raise DataError(str(error)) from None
        if not kept[:middle].any():
            raise DataError.about(
                self.name,
                found=f"{middle:,} training images, all of them to be left out",
                expected="at least one that stays",
                remedy="Check the names and the indices.",
            )
        labels = np.concatenate([self.train.labels, self.test.labels])
        gone = np.setdiff1d(labels, labels[kept])
        if gone.size:
            words = listed([self.class_names[label] for label in gone])
            warnings.warn(
                f"{self.name}: no image of {words} is left, so this is no class any more, and the "
                "classes after it have lower numbers.",
                stacklevel=2,
            )
        stay = np.delete(np.arange(len(self.class_names)), gone)
        trained, tested = (
            replace(part.rows(mask), labels=np.searchsorted(stay, part.labels[mask]))
            for part, mask in ((self.train, kept[:middle]), (self.test, kept[middle:]))
        )
        left = tuple(self.class_names[label] for label in stay)
        return replace(self, train=trained, test=tested, class_names=left)

    def check_trainable(self) -> None:
        """Check that similar and different pairs can be made of the training images.

        Raises:
            DataError: a class has a single training image, or there is only one class. The message
                names them.
        """
        trained, tested = (
            np.bincount(split.labels, minlength=len(self.class_names))
            for split in (self.train, self.test)
        )
        if (trained > 0).sum() < 2:
            names = ", ".join(self.class_names[label] for label in np.flatnonzero(trained))
            raise DataError.about(
                self.name,
                found=f"training images of {f'one class only, {names}' if names else 'no class'}",
                expected="at least two classes, to make different pairs",
                remedy="Add images of another class.",
            )
        single = np.flatnonzero(trained == 1)
        if not single.size:
            return
        words = [self._in_words(label, int(tested[label])) for label in single[:_NAMED]]
        words += [f"and {single.size - _NAMED:,} more"] * (single.size > _NAMED)
        raise DataError.about(
            self.name,
            found=f"a single training image in {single.size:,} of {len(trained):,} classes "
            f"({'; '.join(words)})",
            expected="at least 2 training images in each, to make similar pairs",
            remedy="Add images, so that there are 3 different ones or more in a class of which "
            "some are kept for testing. Or leave the class out, for example by moving its folder "
            "to another place.",
        )

    def _in_words(self, label: int, tested: int) -> str:
        """Say how many images a class has that has one training image, and where they are."""
        name = self.class_names[label]
        folder = Path(self.source, name)
        where = f" in {folder}" if folder.is_dir() else ""
        images = "1 image" if tested == 0 else f"{1 + tested:,} images"
        kept = f", of which {tested:,} {'is' if tested == 1 else 'are'} kept for testing"
        return f"{name} has {images}{where}{kept if tested else ''}"

    def __repr__(self) -> str:
        shape = "×".join(str(length) for length in self.train.images.shape[1:])
        names = ", ".join(map(shortened, self.class_names[:10])) + (
            ", …" if len(self.class_names) > 10 else ""
        )
        return (
            f"<Dataset {self.name}: {len(self.train):,} training and {len(self.test):,} test "
            f"images of {shape}, {len(self.class_names)} classes ({names}), from {self.source}>"
        )


def _class_names(names: object) -> tuple[str, ...]:
    try:
        return checked_class_names(names)
    except ValueError as error:
        raise DataError(str(error)) from None
