"""Changes to an image that do not change what it shows, made anew each time it is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siamese_lib._walks import whole_number


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
