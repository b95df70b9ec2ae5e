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
SAME, DIFFERENT = "#009E73", "#D55E00"
INK, FAINT = "#7A7F87", "rgba(122, 127, 135, 0.25)"


def class_color(number: int) -> str:
    """Colour of one class, by its number; after ten the colours come round again."""
    return PALETTE[number % len(PALETTE)]


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
