"""The shape of images, from the size and the colours that a user asks for."""

from __future__ import annotations

import numpy as np

from siamese_lib.data.dataset import DataError

CHANNELS = {"grayscale": 1, "rgb": 3}


def checked_shape(image_size: tuple[int, int], color: str) -> tuple[int, int, int]:
    """Return height, width and channels.

    Args:
        image_size: height and width in pixels.
        color: "grayscale" (1 channel) or "rgb" (3 channels).

    Raises:
        DataError: they are something else.
    """
    sizes = image_size if isinstance(image_size, tuple | list) else ()
    if len(sizes) != 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
        raise DataError.about(
            "image_size",
            found=repr(image_size),
            expected="(height, width), two whole numbers above 0",
            remedy="For example image_size=(28, 28).",
        )
    if color not in CHANNELS:
        raise DataError.about(
            "color",
            found=repr(color),
            expected=" or ".join(repr(name) for name in CHANNELS),
            remedy="Choose one of them.",
        )
    return int(sizes[0]), int(sizes[1]), CHANNELS[color]
