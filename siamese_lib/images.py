"""Lay images out side by side, and encode them as PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from itertools import repeat

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.colors import INK
from siamese_lib.lettering import write, write_beside

_SIDE, _GAP, _TEXT = 96, 8, 14  # pixels: a drawn image, a gap, a line of text
LETTERS, NAME_WIDTH = 12, 60  # pixels: letters, and a class name next to a distance
_PAPER, _INK = "#FFFFFF", "#20242B"


def without_gray_axis(image: np.ndarray) -> np.ndarray:
    """Return an image (H, W, 1) as (H, W), which Pillow needs, and any other as it is."""
    return image[..., 0] if image.shape[-1] == 1 else image


def png(picture: Image.Image, *, optimize: bool = False) -> bytes:
    """Write a picture as a PNG; `optimize` takes five times as long, and saves a few percent."""
    buffer = io.BytesIO()
    # A name has Pillow import this one format; asked for a format, it imports five.
    buffer.name = "picture.png"
    picture.save(buffer, optimize=optimize)
    return buffer.getvalue()


def png_uri(pixels: np.ndarray) -> str:
    """Encode uint8 pixels (H, W), (H, W, 3) or (H, W, 4) as a data URI that holds a PNG."""
    content = png(Image.fromarray(pixels), optimize=True)
    return "data:image/png;base64," + base64.b64encode(content).decode()


def sheet(images: np.ndarray, across: int) -> Image.Image:
    """Lay out images in rows of `across`, left to right and top to bottom.

    Args:
        images: uint8 (N, H, W, 1 or 3).
        across: images in a row. The rest of the last row is black.
    """
    count, height, width, channels = images.shape
    rows = -(-count // across)
    full = np.zeros((rows * across, height, width, channels), np.uint8)
    full[:count] = images
    tiles = full.reshape(rows, across, height, width, channels).swapaxes(1, 2)
    pixels = tiles.reshape(rows * height, across * width, channels)
    return Image.fromarray(without_gray_axis(pixels))


def shrunk_to(images: np.ndarray, side: int) -> np.ndarray:
    """Shrink uint8 images (N, H, W, C) so that neither side is longer than `side` pixels."""
    height, width = images.shape[1:3]
    if max(height, width) <= side:
        return images
    wide, high = (max(1, round(x * side / max(height, width))) for x in (width, height))
    small = [
        np.asarray(Image.fromarray(without_gray_axis(image)).resize((wide, high)))
        for image in images
    ]
    return np.stack(small).reshape(len(images), high, wide, images.shape[-1])


def draw_neighbours(
    queries: np.ndarray,
    names: Sequence[str],
    images: np.ndarray,
    captions: Sequence[Sequence[str]],
    distances: Sequence[Sequence[float]] | np.ndarray | None = None,
    *,
    clear: bool = False,
) -> Image.Image:
    """Draw one row for each query: the query, then its neighbours.

    Args:
        queries: uint8 (Q, H, W, C).
        names: Q texts, drawn under the queries. Long ones are shortened, here and below.
        images: uint8 (Q, k, H, W, C), nearest first.
        captions: Q rows of k texts, drawn under the images.
        distances: Q rows of k numbers, drawn to the right of these.
        clear: draw on a transparent ground, in an ink for light and for dark pages.
    """
    rows, columns = images.shape[0], images.shape[1] + 1
    across, down = _SIDE + _GAP, _SIDE + _TEXT + 2 * _GAP
    # An extra gap separates the query from its neighbours.
    size = columns * across + 2 * _GAP, rows * down + _GAP
    picture = Image.new("RGBA", size) if clear else Image.new("RGB", size, _PAPER)
    ink = INK if clear else _INK
    pen = ImageDraw.Draw(picture)
    for row in range(rows):
        away = repeat(None) if distances is None else distances[row]
        found = zip(images[row], captions[row], away, strict=False)
        for column, (pixels, caption, far) in enumerate([(queries[row], names[row], None), *found]):
            left, top = _GAP + column * across + _GAP * (column > 0), _GAP + row * down
            tile = Image.fromarray(without_gray_axis(pixels))
            tile = tile.resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
            picture.paste(tile.convert("RGB"), (left, top))
            place = left + _SIDE / 2, top + _SIDE + _GAP / 2
            if far is None:
                write(pen, place, caption, ink, LETTERS, "ma", width=_SIDE)
            else:
                write_beside(pen, place, caption, f"{far:.2g}", ink, LETTERS, _SIDE)
    return picture
