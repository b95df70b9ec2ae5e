"""Random changes that leave an image's class as it is, drawn again for each training step."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np

from siamese_lib.checks import whole_number


@dataclass(frozen=True)
class RandomShift:
    """Shift each image by a whole number of pixels, vertically and horizontally.

    Shifts of up to one pixel make nine versions of an image, up to two pixels 25. The strip that
    a shift uncovers repeats the pixels at the edge.

    Give it to `ImageBatches` as ``augment=sl.RandomShift(1)``.

    Args:
        pixels: the largest shift in each direction, a whole number, 0 or more.

    Raises:
        ValueError: `pixels` is not a whole number, or is below 0.
    """

    pixels: int = 1

    def __post_init__(self) -> None:
        whole_number("pixels", self.pixels, 0)

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Shift a batch of images.

        Args:
            images: (N, H, W, C) of any dtype.
            rng: draws the shifts, all from -pixels to pixels equally likely.

        Returns:
            New images of the same shape and dtype.
        """
        count, height, width, _ = images.shape
        rows, columns = rng.integers(-self.pixels, self.pixels + 1, (2, count, 1))
        rows = np.clip(np.arange(height) + rows, 0, height - 1)
        columns = np.clip(np.arange(width) + columns, 0, width - 1)
        return images[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


@dataclass(frozen=True)
class RandomAffine:
    """Rotate, stretch, slant and shift each image a little, as handwriting and cameras do.

    The new pixel at x, measured from the middle of the image, is taken from (I + E) x + t in the
    old image, interpolated between the four nearest pixels (bilinear). Outside the old image, the
    pixels at its edge are repeated.

    Give it to `ImageBatches` as ``augment=sl.RandomAffine()``. It helps most when images are few.

    Args:
        spread: standard deviation of the four entries of E, from 0 to 1. With 0.08, the standard
            deviation of the rotation is about 3 degrees, and that of the stretch is 8 %.
        shift: the largest shift t, vertically and horizontally, in pixels; 0 or more.

    Raises:
        ValueError: `spread` or `shift` is not a number, or is out of range.
    """

    spread: float = 0.08
    shift: float = 1.0

    def __post_init__(self) -> None:
        for name, value, most in (("spread", self.spread, 1), ("shift", self.shift, np.inf)):
            if not isinstance(value, Real) or not 0 <= value <= most or value == np.inf:
                limit = "that is finite and 0 or more" if most == np.inf else f"from 0 to {most}"
                raise ValueError(f"{name} is {value!r}; expected a number {limit}.")

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Distort a batch of images.

        Args:
            images: (N, H, W, C) of any real dtype.
            rng: draws E and t.

        Returns:
            New images of the same shape and dtype. Of an integer dtype, they are rounded.
        """
        count, height, width, _ = images.shape
        matrix = np.eye(2) + rng.normal(0, self.spread, (count, 2, 2))
        shift = rng.uniform(-self.shift, self.shift, (count, 2))
        middle = np.array([height - 1, width - 1]) / 2
        place = np.moveaxis(np.indices((height, width)), 0, -1) - middle
        source = np.einsum("nij,hwj->inhw", matrix, place)
        source += (middle + shift).T[:, :, None, None]
        rows, columns = (
            np.clip(at, 0, side - 1) for at, side in zip(source, (height, width), strict=True)
        )
        top, left = rows.astype(np.intp), columns.astype(np.intp)
        bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
        down, along = ((at - at.astype(np.intp))[..., None] for at in (rows, columns))
        which = np.arange(count)[:, None, None]
        upper = (1 - along) * images[which, top, left] + along * images[which, top, right]
        lower = (1 - along) * images[which, bottom, left] + along * images[which, bottom, right]
        mixed = (1 - down) * upper + down * lower
        if images.dtype.kind in "iu":
            mixed = np.rint(mixed)
        return mixed.astype(images.dtype)
