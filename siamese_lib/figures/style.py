"""What all figures share: colours, type, and pictures as small PNG files.

Backgrounds are clear and the ink is a middle grey, so that a figure reads on a light page and
on a dark one. Colour never speaks alone: a word or a sign says the same.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go

# Okabe and Ito's palette without its black, which a dark page hides, and three more, chosen so that
# no two come near each other for colour-blind eyes.
PALETTE = (
    "#E69F00", "#56B4E9", "#009E73", "#D6C400", "#0072B2",
    "#D55E00", "#CC79A7", "#AAAAAA", "#7B61FF", "#8C564B",
)  # fmt: skip
EXTRA = "#E5007D"  # an image of the reader's own among classes
SAME, DIFFERENT = "#009E73", "#D55E00"
INK, FAINT = "#7A7F87", "rgba(122, 127, 135, 0.25)"


def class_color(number: int) -> str:
    """Colour of one class, by its number; after ten the colours come round again."""
    return PALETTE[number % len(PALETTE)]


def class_colors(count: int) -> list[str]:
    """Colours of `count` classes: the palette, or as many hues as are needed.

    More than ten are spread evenly over the hues of Oklab (Ottosson, 2020) in three steps of
    lightness, so that neighbours differ in both and none stands out.
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


def styled(figure: go.Figure, *, height: int, **layout: Any) -> go.Figure:
    """Give a figure the book's look."""
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 20, "t": 30, "b": 55},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 14, "color": INK},
        legend={"itemsizing": "constant"},
        hoverlabel={"font": {"size": 14}},
        # On the page's own ground, where plotly would lay a dark bar over the picture.
        modebar={
            "bgcolor": "rgba(0,0,0,0)",
            "color": INK,
            "activecolor": class_color(4),
            "remove": ["sendcharttocloud"],
        },
    )
    axis = {"gridcolor": FAINT, "zerolinecolor": FAINT, "linecolor": FAINT}
    figure.update_xaxes(**axis).update_yaxes(**axis)
    return figure.update_layout(**layout)


def png_uri(pixels: np.ndarray) -> str:
    """Encode uint8 pixels (H, W), (H, W, 3) or (H, W, 4) as a PNG in a data URI."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def rgb(color: str) -> tuple[int, int, int]:
    """Split "#rrggbb" into three numbers in 0..255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def checked_images(images: np.ndarray, name: str = "images") -> np.ndarray:
    """Return images as uint8 (N, H, W, 1 or 3), or raise ValueError."""
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or images.dtype != np.uint8:
        raise ValueError(
            f"{name} must be uint8 of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), got "
            f"{images.dtype} {images.shape}."
        )
    return images
