"""Move and rotate images, and give them a wider border to move in.

`siamese_lib.RandomShift` draws a shift for each training step. Here the shift is chosen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import real_number, whole_number
from siamese_lib.pixels import as_array, described


def shifted(images: ArrayLike, right: int, down: int = 0) -> np.ndarray:
    """Shift images by whole pixels. What the shift uncovers is black.

    Pixels that leave the image are lost. A digit of MNIST may be 20 pixels wide in an image of 28,
    so `padded` should come first if it is shifted by more than 4.

    Args:
        images: numbers (N, H, W, C), or (N, H, W), of any dtype.
        right: pixels to the right; below 0 to the left.
        down: pixels downwards; below 0 upwards.

    Returns:
        New images of the same shape and dtype.

    Raises:
        ValueError: these are not images, or a shift is not a whole number.

    Example:
        >>> sl.shifted(np.array([[[1, 2, 3]]]), 1)
        array([[[0, 1, 2]]])
    """
    given = _checked(images)
    moved = np.zeros_like(given)
    size = given.shape[1:3]
    # A shift by the whole side, or more, leaves nothing.
    by = [
        max(-side, min(side, whole_number(name, shift, -(2**31))))
        for name, shift, side in zip(("down", "right"), (down, right), size, strict=True)
    ]
    to = (
        slice(None),
        *(slice(max(n, 0), side + min(n, 0)) for n, side in zip(by, size, strict=True)),
    )
    of = (
        slice(None),
        *(slice(max(-n, 0), side + min(-n, 0)) for n, side in zip(by, size, strict=True)),
    )
    moved[to] = given[of]
    return moved


def rotated(images: ArrayLike, degrees: float) -> np.ndarray:
    """Rotate images counter-clockwise about their middle. What the rotation uncovers is black.

    Each new pixel is interpolated between the four nearest old ones (bilinear). Pixels that leave
    the image are lost.

    Args:
        images: numbers (N, H, W, C), or (N, H, W), of any dtype. Integers are rounded.
        degrees: the angle; below 0 clockwise.

    Returns:
        New images of the same shape and dtype.

    Raises:
        ValueError: these are not images, or the angle is not a finite number.

    Example:
        >>> sl.rotated(np.array([[[1, 2], [3, 4]]]), 90)
        array([[[2, 4],
                [1, 3]]])
    """
    given = _checked(images)
    angle = np.radians(real_number("degrees", degrees) % 360)
    height, width = given.shape[1:3]
    up = (height - 1) / 2 - np.arange(height)[:, None]
    right = np.arange(width) - (width - 1) / 2
    # Where the new pixel comes from, in an image with a black border of one pixel.
    rows = (height + 1) / 2 - (up * np.cos(angle) - right * np.sin(angle))
    columns = (width + 1) / 2 + (right * np.cos(angle) + up * np.sin(angle))
    bordered = np.pad(given, [(0, 0), (1, 1), (1, 1), *[(0, 0)] * (given.ndim - 3)])
    (row, below), (column, beside) = _split(rows, height), _split(columns, width)
    made = np.zeros(given.shape)
    for down in (0, 1):
        for aside in (0, 1):
            corner = bordered[:, row + down, column + aside]
            weight = abs(1 - down - below) * abs(1 - aside - beside)
            made += corner * weight.reshape(height, width, *[1] * (given.ndim - 3))
    return (made if given.dtype.kind == "f" else np.rint(made)).astype(given.dtype)


def padded(images: ArrayLike, side: int = 32) -> np.ndarray:
    """Put images in the middle of larger black ones.

    Args:
        images: numbers (N, H, W, C), or (N, H, W), of any dtype.
        side: height and width of the new images, in pixels, at least those of the old ones. If
            the border cannot be equally wide, it is one pixel wider below and to the right.

    Returns:
        Images (N, side, side, C), or (N, side, side), of the same dtype.

    Raises:
        ValueError: these are not images, or `side` is smaller than they are.

    Example:
        >>> sl.padded(np.zeros((5, 28, 28, 1), np.uint8), 32).shape
        (5, 32, 32, 1)
    """
    given = _checked(images)
    height, width = given.shape[1:3]
    if whole_number("side", side, 1) < max(height, width):
        raise ValueError(
            f"side is {side}; expected at least {max(height, width)}, as the images have "
            f"{height}×{width} pixels. Choose a larger side, or make the images smaller first."
        )
    border = [((side - n) // 2, (side - n + 1) // 2) for n in (height, width)]
    return np.pad(given, [(0, 0), *border, *[(0, 0)] * (given.ndim - 3)])


def _split(places: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel before each place in a bordered image, and the share of the next one."""
    inside = np.clip(places.round(9), 0, side + 1)  # beyond the border, all is black
    whole = np.minimum(inside.astype(int), side)
    return whole, inside - whole


def _checked(images: ArrayLike) -> np.ndarray:
    given = as_array(images)
    if given.ndim not in (3, 4) or given.dtype.kind not in "buif":
        raise ValueError(
            f"images: got {described(given)}; expected numbers of shape (N, H, W, C) or (N, H, W). "
            "Pass a single image as image[None]."
        )
    return given
