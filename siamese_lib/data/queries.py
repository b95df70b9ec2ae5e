"""Read a picture that somebody asks about, as the images to search were read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.data import handwriting
from siamese_lib.data.dataset import DataError
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.paths import given_path
from siamese_lib.data.reading import PictureError, read_image
from siamese_lib.data.shapes import checked_shape

_LOOKED_AT = 64, 64, 3  # the size at which a picture is looked at for colours
_COLORED, _MANY = 48, 0.1


def prepare(
    source: str | os.PathLike[str] | bytes,
    *,
    image_size: tuple[int, int] = (28, 28),
    color: str = "grayscale",
) -> np.ndarray:
    """Read one picture as `load_folder` reads those of a folder: the very same pixels.

    So a picture of the folder is found as itself, at distance 0, and a new one is compared fairly.

    Args:
        source: path of a file, or its content as bytes.
        image_size: height and width in pixels, as given to `load_folder`.
        color: "grayscale" or "rgb", as given to `load_folder`.

    Returns:
        uint8 (height, width, 1 or 3). A tower takes several: ``run.embed(image[None])``.

    Raises:
        DataError: there is no such file, it is no picture that can be read, or an argument is out
            of range.

    Example:
        >>> from PIL import Image
        >>> Image.new("L", (40, 30), 200).save("one.png")
        >>> image = sl.prepare("one.png", image_size=(32, 32))
        >>> image.shape, int(image[0, 0, 0])
        ((32, 32, 1), 200)
    """
    shape = checked_shape(image_size, color)
    file = source if isinstance(source, bytes) else given_path(source)
    try:
        return read_image(file, shape).pixels
    except PictureError as error:
        raise DataError.about(
            f"{len(file):,} bytes" if isinstance(file, bytes) else file,
            found=str(error),
            expected="a picture in a format that Pillow reads",
            remedy="Check the path, or save the picture as a PNG or JPEG.",
        ) from error


def in_color(source: Path | bytes) -> bool:
    """Return whether a picture has colours that would be missed if it were turned grey.

    They are missed if more than a tenth of its pixels are coloured: if their red, green and blue
    are more than 48 levels of 255 apart. Those of cream paper are closer, and the strokes of a pen
    cover less of a page.

    Args:
        source: path of a file, or its content.

    Raises:
        PictureError: the picture cannot be read.
    """
    pixels = read_image(source, _LOOKED_AT).pixels
    return bool((np.ptp(pixels, axis=-1) > _COLORED).mean() > _MANY)


def read_query(
    source: Path | bytes,
    shape: tuple[int, int, int],
    *,
    prepare: bool,
    known: ArrayLike = (),
    paper: handwriting.Paper = handwriting.BLACK,
) -> tuple[np.ndarray, str]:
    """Read a picture as `load_folder` reads it, or prepare it as MNIST's digits were.

    Args:
        source: path of a file, or its content.
        shape: height, width and channels of the result.
        prepare: whether to prepare it as MNIST's digits were.
        known: `fingerprints` of images that are prepared already. A picture that is one of them is
            not prepared a second time.
        paper: colours of ground and ink of those images.

    Returns:
        The image, uint8 (H, W, C), and a text that says what was done to the picture.

    Raises:
        PictureError: the picture cannot be read.
        ValueError: it has nearly one colour, so nothing can be prepared.
    """
    picture = read_image(source, shape)
    if prepare and not np.isin(fingerprints(picture.pixels[None]), known).any():
        return handwriting.from_file(source, shape, paper=paper)
    return picture.pixels, picture.done
