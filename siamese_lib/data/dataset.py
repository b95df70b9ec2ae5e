"""What every loader returns: a `Dataset` of uint8 images with integer labels, or one clear error.

Both types check themselves when they are made, so the rest of the library can rely on their shapes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


class DataError(ValueError):
    """Images or labels that cannot be used. The message says which file, why, what helps."""

    @classmethod
    def about(cls, what: object, *, found: str, expected: str, remedy: str) -> DataError:
        """Make an error with all four parts of a useful message.

        Args:
            what: the file, array or argument at fault.
            found: what is there.
            expected: what should have been there.
            remedy: what to do next, a full sentence.
        """
        return cls(f"{what}: found {found}; expected {expected}. {remedy}")


@dataclass(frozen=True, eq=False)
class Split:
    """Images with one label each.

    Attributes:
        images: uint8 (N, H, W, C), 0 to 255.
        labels: int64 (N,), each an index into `Dataset.class_names`.

    Raises:
        DataError: another dtype or number of dimensions, a negative label, or two lengths.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        _check_array("images", self.images, np.uint8, 4, "(N, H, W, C)")
        _check_array("labels", self.labels, np.int64, 1, "(N,)")
        if len(self.images) != len(self.labels):
            raise DataError.about(
                "labels",
                found=f"{len(self.labels)} labels for {len(self.images)} images",
                expected="one label for each image",
                remedy="Check that both belong to the same split.",
            )
        if (self.labels < 0).any():
            raise DataError.about(
                "labels",
                found=f"a label of {self.labels.min()}",
                expected="labels from 0 up",
                remedy="Number the classes 0, 1, 2 and so on.",
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A training and a test split of the same classes.

    Attributes:
        train: the images to learn from.
        test: the images held back. It may be empty.
        class_names: the name of class 0, of class 1, and so on.
        source: where the images came from, in words.
        name: what the set is called.
        skipped: what `load_folder` could not read, each as "path: reason"; else empty.

    Raises:
        DataError: a label without a class name, or splits of two image shapes.
    """

    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    name: str
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise DataError.about(
                f"{self.name} test images",
                found=f"images of shape {self.test.images.shape[1:]}",
                expected=f"{self.train.images.shape[1:]}, as in the training images",
                remedy="Bring both splits to one size.",
            )
        highest = max(split.labels.max(initial=-1) for split in (self.train, self.test))
        if highest >= len(self.class_names):
            raise DataError.about(
                f"{self.name} labels",
                found=f"a label of {highest}",
                expected=f"labels from 0 to {len(self.class_names) - 1}, one for each class name",
                remedy="Name every class, or correct the label.",
            )

    def __repr__(self) -> str:
        shape = "×".join(str(length) for length in self.train.images.shape[1:])
        names = ", ".join(self.class_names[:10]) + (", …" if len(self.class_names) > 10 else "")
        return (
            f"<Dataset {self.name}: {len(self.train):,} training and {len(self.test):,} test "
            f"images of {shape}, {len(self.class_names)} classes ({names}), from {self.source}>"
        )


def _check_array(what: str, array: object, dtype: type, dimensions: int, shape: str) -> None:
    if isinstance(array, np.ndarray):
        if array.dtype == dtype and array.ndim == dimensions:
            return
        found = f"{array.dtype} of shape {array.shape}"
    else:
        found = f"a {type(array).__name__}"
    raise DataError.about(
        what,
        found=found,
        expected=f"a NumPy array, {np.dtype(dtype)} of shape {shape}",
        remedy="Convert it with numpy.asarray, astype and reshape first.",
    )
