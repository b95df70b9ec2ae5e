"""The colours of the book, shared by figures, views and moving pictures."""

from __future__ import annotations

import numpy as np

# Okabe and Ito's palette with a darker yellow and without black, which a dark page hides, plus
# three more colours. They were chosen so that no two look alike to colour-blind readers.
PALETTE = (
    "#E69F00", "#56B4E9", "#009E73", "#D6C400", "#0072B2",
    "#D55E00", "#CC79A7", "#AAAAAA", "#7B61FF", "#8C564B",
)  # fmt: skip
EXTRA = "#E5007D"  # the reader's own image, shown among the classes
SAME, DIFFERENT = "#009E73", "#D55E00"
INK, FAINT = "#7A7F87", "rgba(122, 127, 135, 0.25)"


def class_color(number: int) -> str:
    """Return the colour of one class, by its number; after ten classes the colours repeat."""
    return PALETTE[number % len(PALETTE)]


def class_colors(count: int) -> list[str]:
    """Return the colours of `count` classes, each as "#rrggbb".

    Up to ten classes take the palette. More are spread evenly over the hues of Oklab (Ottosson,
    2020), and their lightness cycles through three values. So adjacent classes differ in both
    hue and lightness, and none stands out.
    """
    if count <= len(PALETTE):
        return list(PALETTE[:count])
    number = np.arange(count)
    light, hue = np.array([0.66, 0.78, 0.54])[number % 3], 2 * np.pi * number / count
    a, b = 0.12 * np.cos(hue), 0.12 * np.sin(hue)
    cones = np.stack([light, light, light]) + np.array(
        [
            0.3963377774 * a + 0.2158037573 * b,
            -0.1055613458 * a - 0.0638541728 * b,
            -0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(to_rgb @ cones**3, 0, 1)
    curved = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return ["#{:02X}{:02X}{:02X}".format(*pixel) for pixel in np.rint(255 * curved).astype(int).T]


def rgb(color: str) -> tuple[int, int, int]:
    """Split "#rrggbb" into its red, green and blue, integers in 0..255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
