"""Images with one label each: `Split`.

A `Split` checks itself when it is made, so the rest of the library can rely on its shapes and
dtypes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import check_unmasked, real_array, taken
from siamese_lib.checks import checked_labels
from siamese_lib.data.data_error import DataError
from siamese_lib.data.stored_images import StoredImages
from siamese_lib.pixels import described, is_channels_first, remedy, warn_if_black


@dataclass(frozen=True, eq=False)
class Split:
    """Images with one label each.

    Images of which all pixels are 0 or 1 are taken, with a warning, as 255 stands for white.

    Attributes:
        images: uint8 (N, H, W, C), 0 to 255: an array, or `StoredImages`, which are read from disk
            when they are asked for.
        labels: int64 (N,), each an index into `Dataset.class_names`. Integers of any type are
            taken, and become int64.
        files: of images from a folder, the path of each file from that folder, with slashes;
            otherwise None. A name that is not UTF-8 is as `os.fsdecode` gives it: show it with
            `siamese_lib.texts.printable`, and open `Dataset.path`.
        factors: what is known of each image besides its class, such as the camera's angles: a name
            for each factor, and its numbers, (N,). Empty if nothing is known.

    Raises:
        DataError: another dtype or number of dimensions, masked pixels, channels first, a negative
            label, or not one label, one file and one number of each factor for each image.
    """

    images: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...] | None = None
    factors: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_images(self.images)
        object.__setattr__(self, "labels", _class_indices(self.labels))
        if len(self.images) != len(self.labels):
            raise DataError.about(
                "labels",
                found=f"{len(self.labels)} labels for {len(self.images)} images",
                expected="one label for each image",
                remedy="Check that both belong to the same split.",
            )
        if self.files is not None and len(self.files) != len(self.images):
            raise DataError.about(
                "files",
                found=f"{len(self.files)} files for {len(self.images)} images",
                expected="one file for each image, or None",
                remedy="Check that both belong to the same split.",
            )
        if (self.labels < 0).any():
            raise DataError.about(
                "labels",
                found=f"a label of {self.labels.min()}",
                expected="labels of 0 or more",
                remedy="Number the classes 0, 1, 2 and so on.",
            )
        factors = {name: _factor(name, self.factors[name], len(self)) for name in self.factors}
        object.__setattr__(self, "factors", factors)

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, chosen: np.ndarray) -> Split:
        """Return a split of some images: bool (N,), or their indices, int64 (n,)."""
        at = np.arange(len(self))[chosen]
        files = None if self.files is None else tuple(self.files[row] for row in at.tolist())
        factors = {name: numbers[at] for name, numbers in self.factors.items()}
        return Split(taken(self.images, at), self.labels[at], files, factors)


def joined(splits: Sequence[Split]) -> Split:
    """Return the images of several splits as one. Files and factors that one lacks are left out."""
    files = [split.files for split in splits if split.files is not None]
    names = [n for n in splits[0].factors if all(n in split.factors for split in splits)]
    images: list[Any] = [split.images for split in splits]
    stored = all(isinstance(each, StoredImages) for each in images)
    return Split(
        cast(np.ndarray, StoredImages.joined(images)) if stored else np.concatenate(images),
        np.concatenate([split.labels for split in splits]),
        tuple(chain.from_iterable(files)) if len(files) == len(splits) else None,
        {name: np.concatenate([split.factors[name] for split in splits]) for name in names},
    )


def _class_indices(labels: ArrayLike) -> np.ndarray:
    """Return labels as int64 (N,), or raise DataError."""
    try:
        given = checked_labels(labels)
    except ValueError as error:
        raise DataError(f"labels: {error}") from None
    if given.dtype.kind != "i" and given.size:
        raise DataError.about(
            "labels",
            found=f"{given.dtype} such as {given[0]!r}",
            expected="class numbers from 0 up, each an index into class_names",
            remedy="For words, class_names, labels = numpy.unique(words, return_inverse=True).",
        )
    return given.astype(np.int64, copy=False)


def _check_images(images: Any) -> None:
    wanted = "a NumPy array, uint8 of shape (N, H, W, C), from 0 to 255"
    if not isinstance(images, np.ndarray | StoredImages):
        raise DataError.about(
            "images",
            found=f"a {type(images).__name__}",
            expected=wanted,
            remedy="Convert it with numpy.asarray first.",
        )
    images = cast(np.ndarray, images)
    try:
        check_unmasked("images", images)
    except ValueError as error:
        raise DataError(str(error)) from None
    if images.dtype != np.uint8 or images.ndim != 4 or is_channels_first(images.shape):
        raise DataError.about(
            "images",
            found=described(images),
            expected=wanted,
            remedy=remedy(images, "images", (None, None, None)),
        )
    warn_if_black(images)


def _factor(name: str, values: ArrayLike, count: int) -> np.ndarray:
    """Return the numbers of a factor, (N,), or raise DataError."""
    try:
        given = real_array(f"factors[{name!r}]", values)
    except ValueError as error:
        raise DataError(str(error)) from None
    if given.shape != (count,):
        raise DataError.about(
            f"factors[{name!r}]",
            found=f"numbers of shape {given.shape}",
            expected=f"({count},), one for each image",
            remedy="Check that they belong to the same split.",
        )
    return given
