"""The shape of images, from the size and the colours that a user asks for."""

from __future__ import annotations

import math
import os

import numpy as np

from siamese_lib.data.data_error import DataError
from siamese_lib.texts import shortened

CHANNELS = {"grayscale": 1, "rgb": 3}
MOST = 4096  # pixels of a side


def checked_shape(image_size: tuple[int, int], color: str) -> tuple[int, int, int]:
    """Return height, width and channels.

    Args:
        image_size: height and width in pixels, up to `MOST`.
        color: "grayscale" (1 channel) or "rgb" (3 channels).

    Raises:
        DataError: they are something else.
    """
    sizes = image_size if isinstance(image_size, tuple | list) else ()
    whole = [isinstance(n, int | np.integer) and not isinstance(n, bool) for n in sizes]
    if len(sizes) != 2 or not all(whole) or not all(0 < n <= MOST for n in sizes):
        raise DataError.about(
            "image_size",
            found=shortened(repr(image_size)),
            expected=f"(height, width), two whole numbers from 1 to {MOST:,}",
            remedy="For example image_size=(28, 28).",
        )
    if not isinstance(color, str) or color not in CHANNELS:
        raise DataError.about(
            "color",
            found=repr(color),
            expected=" or ".join(repr(name) for name in CHANNELS),
            remedy="Choose one of them.",
        )
    return int(sizes[0]), int(sizes[1]), CHANNELS[color]


def check_fits(count: int, shape: tuple[int, int, int]) -> None:
    """Check that images fit into memory twice, as they do while they are put into one array.

    Args:
        count: the number of images.
        shape: height, width and channels.

    Raises:
        DataError: they do not. Nothing is checked where the system does not tell its memory.
    """
    needed, memory = 2 * count * math.prod(shape), memory_bytes()
    if memory is None or needed <= memory:
        return
    side = math.isqrt(memory // (2 * count * shape[2]))
    fits = f"Choose a smaller size; up to {side:,} × {side:,} would fit. " if side else ""
    raise DataError.about(
        "image_size",
        found=f"{described(count, shape)}, which need {needed / 1e9:,.1f} GB to load",
        expected=f"at most {memory / 1e9:,.1f} GB, the memory of this machine",
        remedy=f"{fits}Or leave the images on disk: load_folder with on_disk=True, or siamese "
        "train --on-disk.",
    )


def check_readable(count: int, shape: tuple[int, int, int], name: str) -> None:
    """Check that images on disk fit into memory when they are read all at once.

    Args:
        count: the number of images.
        shape: height, width and channels.
        name: what the error message calls them.

    Raises:
        DataError: they do not.
    """
    needed, memory = count * math.prod(shape), memory_bytes()
    if memory is None or needed <= memory:
        return
    most = memory // math.prod(shape)
    raise DataError.about(
        name,
        found=f"{described(count, shape)} to read at once, which take {needed / 1e9:,.1f} GB",
        expected=f"at most {memory / 1e9:,.1f} GB, the memory of this machine",
        remedy=f"Take fewer, up to {most:,}, such as images[:{most // 10}]; or load the folder at "
        "a smaller image_size.",
    )


def described(count: int, shape: tuple[int, int, int]) -> str:
    """Say how many images of which shape there are, such as "20 images of 28×28×1"."""
    return f"{count:,} images of {'×'.join(map(str, shape))}"


def memory_bytes() -> int | None:
    """Return the memory of this machine; None if the system does not tell it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # other systems than Linux and macOS
        return None
