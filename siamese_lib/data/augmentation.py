"""Changes to an image that do not change what it shows, made anew each time it is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np

from siamese_lib.checks import whole_number


@dataclass(frozen=True)
class RandomShift:
    """Move each image by whole pixels, up or down and left or right.

    One pixel makes nine versions of an image, two make 25. The pixels at the edge are repeated
    into the strip that is laid bare.

    Give it to `ImageBatches` as ``augment=sl.RandomShift(1)``.

    Args:
        pixels: the largest shift in each direction, 0 or more.

    Raises:
        ValueError: `pixels` is not such a number.
    """

    pixels: int = 1

    def __post_init__(self) -> None:
        whole_number("pixels", self.pixels, 0)

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Shift a batch of images.

        Args:
            images: (N, H, W, C) of any dtype.
            rng: where the shifts are drawn from, all of -pixels to pixels equally likely.

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
    """Turn, stretch, slant and move each image a little, as hands and cameras do.

    The pixel at x, measured from the middle of the image, is taken from (I + E) x + t in the old
    one, between its four nearest pixels (bilinear); the pixels at the edge reach on outwards.

    Give it to `ImageBatches` as ``augment=sl.RandomAffine()``. Where images are few it helps most.

    Args:
        spread: standard deviation of the four entries of E, from 0 to 1. With 0.08, two images
            in three are turned by less than about 3 degrees and stretched by less than 8 %.
        shift: t is this many pixels at most, up or down and left or right; 0 or more.

    Raises:
        ValueError: one of them is not such a number.
    """

    spread: float = 0.08
    shift: float = 1.0

    def __post_init__(self) -> None:
        for name, value, most in (("spread", self.spread, 1), ("shift", self.shift, np.inf)):
            if not isinstance(value, Real) or not 0 <= value <= most or value == np.inf:
                limit = "a number from 0 up" if most == np.inf else f"a number from 0 to {most}"
                raise ValueError(f"{name} must be {limit}, got {value!r}.")

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Change a batch of images.

        Args:
            images: (N, H, W, C) of any real dtype.
            rng: where E and t are drawn from.

        Returns:
            New images of the same shape and dtype; whole numbers are rounded.
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
