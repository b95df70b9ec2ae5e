"""Read a picture that somebody asks about, as the images to search were read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.data import handwriting
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.reading import read_image


def read_query(
    source: Path | bytes,
    shape: tuple[int, int, int],
    *,
    prepare: bool,
    known: ArrayLike = (),
    light: bool = False,
) -> tuple[np.ndarray, str]:
    """Read a picture as `load_folder` reads it, or prepare it as MNIST's digits were.

    Args:
        source: path of a file, or its content.
        shape: height, width and channels of the result.
        prepare: whether to prepare it as MNIST's digits were.
        known: `fingerprints` of images that are prepared already. A picture that is one of them is
            not prepared a second time.
        light: whether those images are dark on a light ground.

    Returns:
        The image, uint8 (H, W, C), and a text that says what was done to the picture.

    Raises:
        PictureError: the picture cannot be read.
        ValueError: it has nearly one colour, so nothing can be prepared.
    """
    picture = read_image(source, shape)
    if prepare and not np.isin(fingerprints(picture.pixels[None]), known).any():
        return handwriting.from_file(source, shape, light=light)
    return picture.pixels, picture.done
