"""Scale a picture that was opened to fit into an image, centred, on white.

A large picture is scaled in strips, so that its pixels are in memory only once: first the rows of
each strip, then the columns of all. Pillow itself chooses which comes first, from the sizes. For
pictures that are no narrow columns, both ways give the very same pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

_LARGE = 2**22  # pixels from which on a picture is scaled in strips
_STRIP = 2**17  # pixels of a strip: they fit into a processor's cache
_CLEAR = 0.01  # share of transparent pixels from which on a picture has no ground of its own


def fitted(picture: Image.Image, shapes: Sequence[tuple[int, int, int]]) -> list[np.ndarray]:
    """Scale a picture to fit, centre it, and fill the bars at its sides.

    Where one pixel of a hundred or more is transparent, the bars are white, as these pixels are.
    Other pictures get bars of the median colour of their border.

    Args:
        picture: in any of Pillow's modes of 8 bits.
        shapes: height, width and channels (1 for grey or 3 for colours) of each result.

    Returns:
        One image for each shape, uint8 (H, W, C).
    """
    from PIL import Image  # waits: slow to import

    wanted = [(_inner(picture, shape), "L" if shape[2] == 1 else "RGB") for shape in shapes]
    if picture.width * picture.height > _LARGE:
        parts, clear = _narrowed(picture, [(size[0], mode) for size, mode in wanted])
    else:
        white, clear = on_white(picture), _clear_pixels(picture)
        parts = [white.convert(mode) for _, mode in wanted]
    white_bars = clear >= _CLEAR * picture.width * picture.height
    return [
        _centred(np.asarray(part.resize(size, Image.Resampling.BILINEAR)), shape, white_bars)
        for part, (size, _), shape in zip(parts, wanted, shapes, strict=True)
    ]


def _narrowed(
    picture: Image.Image, wanted: Sequence[tuple[int, str]]
) -> tuple[list[Image.Image], int]:
    """Scale the rows of a picture to each width, in each mode, on white.

    Also returns the number of transparent pixels.
    """
    from PIL import Image  # waits: slow to import

    clear = 0
    parts = [Image.new(mode, (width, picture.height)) for width, mode in wanted]
    rows = max(1, _STRIP // picture.width)
    for top in range(0, picture.height, rows):
        bottom = min(top + rows, picture.height)
        strip = picture.crop((0, top, picture.width, bottom))
        clear += _clear_pixels(strip)
        strip = on_white(strip)
        for part in parts:
            size = part.width, strip.height
            part.paste(strip.convert(part.mode).resize(size, Image.Resampling.BILINEAR), (0, top))
    return parts, clear


def _clear_pixels(picture: Image.Image) -> int:
    """Return how many pixels are more transparent than not."""
    if not picture.has_transparency_data:
        return 0
    return int((np.asarray(picture.convert("RGBA").getchannel("A")) < 128).sum())


def on_white(picture: Image.Image) -> Image.Image:
    """Put white behind the transparent parts of a picture, as a web page would show it.

    The result is in a mode that can become grey or RGB.
    """
    from PIL import Image  # waits: slow to import

    if not picture.has_transparency_data:
        if picture.mode == "HSV":
            return picture.convert("RGB")  # HSV cannot become grey at once
        return _from_lab(picture) if picture.mode == "LAB" else picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)


def _from_lab(picture: Image.Image) -> Image.Image:
    """Convert L*a*b* to sRGB, which Pillow's own conversion refuses."""
    from PIL import ImageCms  # waits: slow to import

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(picture)


def _inner(picture: Image.Image, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Return width and height of a picture that is scaled to fit, in pixels."""
    scale = min(shape[0] / picture.height, shape[1] / picture.width)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _centred(pixels: np.ndarray, shape: tuple[int, int, int], white_bars: bool) -> np.ndarray:
    """Put pixels (h, w) or (h, w, C) into the middle of an image: uint8 (H, W, C)."""
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    filled = np.empty(shape, np.uint8)
    filled[:] = 255 if white_bars else np.median(border, axis=0)
    height, width = pixels.shape[:2]
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    filled[top : top + height, left : left + width] = pixels
    return filled
