"""How a character is written: its slant, its width and the width of its strokes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.pixels import as_array, described


class Handwriting(NamedTuple):
    """What `handwriting` measures, float64 (N,) each.

    Attributes:
        slant: degrees from upright, above 0 if the top leans to the right.
        width: of the character without its slant, in pixels: four times the standard deviation of
            its ink from left to right, which is the width of an ellipse that is full of ink.
        stroke: mean width of the strokes, in pixels.
    """

    slant: np.ndarray
    width: np.ndarray
    stroke: np.ndarray


def handwriting(images: ArrayLike) -> Handwriting:
    """Measure bright characters on a black ground, without knowing which ones they are.

    Slant and width come from the second moments of the ink around its centre: xx, xy and yy. A
    shear by ``xy / yy`` pixels for each pixel of height makes xy 0. This is the slant, and what is
    left of xx without it is the squared standard deviation of the width.

    A long stroke of width w has ink of w and two edges for each pixel of its length. So the width
    is twice the ink divided by the length of all edges, which is the sum of the sizes of all
    gradients. Each gradient is that of a block of 2×2 pixels. At the ends of strokes, and where
    they meet, this is only nearly so, and a stroke of 1 pixel may be measured as 1.5.

    Args:
        images: real numbers (N, H, W) or (N, H, W, 1), finite and 0 or more. The brightest pixel
            of an image counts as full ink.

    Raises:
        ValueError: the images are not such, or one has no ink, or all its ink in a single row.

    Example:
        >>> bar = np.zeros((1, 28, 28), np.uint8)
        >>> bar[:, 4:24, 12:15] = 255
        >>> measured = sl.metrics.handwriting(bar)
        >>> abs(measured.slant).round(6), measured.stroke.round(1)
        (array([0.]), array([2.7]))
    """
    given = as_array(images)
    flat = given[..., 0] if given.ndim == 4 and given.shape[-1] == 1 else given
    if flat.ndim != 3 or flat.dtype.kind not in "buif" or not flat.size:
        raise ValueError(
            f"images: got {described(given)}; expected numbers of shape (N, H, W) or (N, H, W, 1)."
        )
    most = flat.max(axis=(1, 2), initial=0, keepdims=True)
    if not (np.isfinite(flat).all() and (flat >= 0).all()):
        raise ValueError("images hold NaN, infinity or numbers below 0; expected ink of 0 or more.")
    if not (most > 0).all():
        raise ValueError(
            f"image {int(np.argmin(most))} has no ink; expected a character. Leave it out."
        )
    if np.mean(flat > most / 2) > 0.5:
        raise ValueError(
            "images are bright in more than half of their pixels; expected bright characters on a "
            "black ground. If the ink is dark, invert them: 255 - images."
        )
    ink = flat / most
    weight = ink.sum(axis=(1, 2))
    y, x = np.indices(ink.shape[1:])
    dx = x - (np.sum(ink * x, axis=(1, 2)) / weight)[:, None, None]
    dy = y - (np.sum(ink * y, axis=(1, 2)) / weight)[:, None, None]
    xx, xy, yy = (
        np.sum(ink * product, axis=(1, 2)) / weight for product in (dx * dx, dx * dy, dy * dy)
    )
    if not (yy > 1e-9).all():
        raise ValueError(
            f"image {int(np.argmin(yy))} has all its ink in a single row; expected a character, as "
            "a line that lies down has no slant. Leave such images out."
        )
    framed = np.pad(ink, [(0, 0), (1, 1), (1, 1)])
    across, down = np.diff(framed, axis=2), np.diff(framed, axis=1)
    edges = np.hypot(across[:, 1:] + across[:, :-1], down[:, :, 1:] + down[:, :, :-1]) / 2
    return Handwriting(
        slant=-np.degrees(np.arctan(xy / yy)),
        width=4 * np.sqrt(np.maximum(xx - xy * xy / yy, 0)),
        stroke=2 * weight / edges.sum(axis=(1, 2)),
    )
