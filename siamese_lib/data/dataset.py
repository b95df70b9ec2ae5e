"""What every loader returns, a `Dataset` of uint8 images with integer labels, and its error.

`Split` and `Dataset` check themselves when they are made, so the rest of the library can rely on
their shapes and dtypes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siamese_lib.texts import printable, printable_names, shortened


class DataError(ValueError):
    """Images or labels that cannot be used. The message says where, why, and what to do."""

    @classmethod
    def about(cls, what: object, *, found: str, expected: str, remedy: str) -> DataError:
        """Make an error whose message has four parts, in this order.

        Args:
            what: the file, array or argument that has the fault.
            found: what is there.
            expected: what should have been there.
            remedy: what to do next, a full sentence.
        """
        return cls(printable(f"{what}: found {found}; expected {expected}. {remedy}"))


@dataclass(frozen=True, eq=False)
class Split:
    """Images with one label each.

    Attributes:
        images: uint8 (N, H, W, C), 0 to 255.
        labels: int64 (N,), each an index into `Dataset.class_names`.

    Raises:
        DataError: another dtype or number of dimensions, a negative label, or not one label for
            each image.
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
                expected="labels of 0 or more",
                remedy="Number the classes 0, 1, 2 and so on.",
            )

    def __len__(self) -> int:
        return len(self.labels)


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

    Raises:
        DataError: a label has no class name, or the two splits differ in image shape.
    """

    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    name: str
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        printed = {
            "class_names": printable_names(self.class_names),
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

    def __repr__(self) -> str:
        shape = "×".join(str(length) for length in self.train.images.shape[1:])
        names = ", ".join(map(shortened, self.class_names[:10])) + (
            ", …" if len(self.class_names) > 10 else ""
        )
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
