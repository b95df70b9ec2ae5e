"""The colours of the book, shared by figures, views and moving pictures."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

# Of the colours that can be seen on light and on dark pages (CONTRAST on both GROUNDS), ten that
# differ most, for readers who see all colours and for those who do not see red or green.
PALETTE = (
    "#C08418", "#309CCC", "#007818", "#24A86C", "#3C48FF",
    "#D81800", "#FF48B4", "#A824B4", "#9078FF", "#6C6C6C",
)  # fmt: skip
EXTRA = "#CC4296"  # the reader's own image, shown among the classes
SAME, DIFFERENT = "#009E73", "#D55E00"
GROUNDS = ("#FFFFFF", "#14171C")  # of light and of dark pages
CONTRAST = 3.0  # of a mark on its ground, as WCAG 2.2 asks for (1.4.11)
INK, FAINT = "#7A7F87", "rgba(122, 127, 135, 0.25)"


_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of the light of red, green and blue
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_TOO_ALIKE = 0.03  # in Oklab: nobody tells such colours apart


def class_color(number: int) -> str:
    """Return the colour of one class, by its number; after ten classes the colours repeat."""
    return PALETTE[number % len(PALETTE)]


def class_colors(count: int) -> list[str]:
    """Return the colours of `count` classes, each as "#rrggbb".

    Up to ten classes take the palette. For more, each colour is the one that differs most from all
    before it, in Oklab, among those with enough contrast on white and on dark pages. So adjacent
    classes look different. Above ten classes, a class keeps its colour when others are added. There
    are some hundreds of such colours; after these they repeat.

    References:
        Glasbey, van der Heijden, Toh and Gray, "Colour Displays for Categorical Images", 2007, for
        the choice of one colour after the other. Ottosson, "A perceptual color space for image
        processing", 2020, for Oklab.
    """
    if count <= len(PALETTE):
        return list(PALETTE[:count])
    many = _many_colors()
    return [many[number % len(many)] for number in range(count)]


def contrast(color: str, ground: str) -> float:
    """Return the contrast of two colours "#rrggbb" as the WCAG defines it, from 1 to 21."""
    one, other = sorted(map(_light, (color, ground)))
    return (other + 0.05) / (one + 0.05)


@cache
def _many_colors() -> list[str]:
    """Return all colours for many classes, each the farthest from those before it."""
    levels = np.arange(0, 256, 17)
    pixels = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 3)
    light = _linear(pixels) @ _LUMINANCE
    white, dark = map(_light, GROUNDS)
    seen = ((white + 0.05) / (light + 0.05) >= CONTRAST) & (
        (light + 0.05) / (dark + 0.05) >= CONTRAST
    )
    pixels = pixels[seen]
    places = _oklab(pixels)
    first = int(np.linalg.norm(places - _oklab(np.array([rgb(PALETTE[4])])), axis=1).argmin())
    # The reader's own image is shown among the classes.
    nearest = np.linalg.norm(places - _oklab(np.array([rgb(EXTRA)])), axis=1)
    order = [first]
    while len(order) < len(places):
        nearest = np.minimum(nearest, np.linalg.norm(places - places[order[-1]], axis=1))
        order.append(int(nearest.argmax()))
        if nearest[order[-1]] < _TOO_ALIKE:
            order.pop()
            break
    return ["#{:02X}{:02X}{:02X}".format(*pixels[number]) for number in order]


def _light(color: str) -> float:
    """Return the relative luminance of "#rrggbb", from 0 to 1."""
    return float(_linear(np.array(rgb(color))) @ _LUMINANCE)


def _linear(pixels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return sRGB pixels (..., 3) in 0..255 as amounts of light in 0..1."""
    shares = pixels / 255
    return np.where(shares > 0.04045, ((shares + 0.055) / 1.055) ** 2.4, shares / 12.92)


def _oklab(pixels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return pixels (N, 3) in 0..255 as places in Oklab, in which distances are differences."""
    cones = np.cbrt(_linear(pixels) @ _TO_CONES.T)
    return cones @ _TO_OKLAB.T


def rgb(color: str) -> tuple[int, int, int]:
    """Split "#rrggbb" into its red, green and blue, integers in 0..255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
