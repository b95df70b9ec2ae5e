"""A view as a small picture, for where no JavaScript runs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from siamese_lib.colors import INK, PALETTE
from siamese_lib.views.wire import Classes

LARGEST = 60_000  # bytes of a picture
_SIDE, _CAPTION = 288, 24  # pixels of a panel, and of the words under it
_FINE = 3  # times finer than that it is drawn
_POINTS = 3_000
_ROOM = 60  # pixels of a cloud below which names would lie on each other


def unseen(words: str = "", png: bytes | None = None) -> dict[str, Any]:
    """Bundle words and a picture as an output that a page with widgets hides.

    It calls itself the view of a widget that was removed, by an empty ``model_id``: JupyterLab's
    widget manager hides such an output. Where no widgets run, the picture is seen, or the words.
    """
    removed = {"model_id": "", "version_major": 2, "version_minor": 0}
    picture = {} if png is None else {"image/png": base64.b64encode(png).decode()}
    return {"application/vnd.jupyter.widget-view+json": removed, **picture, "text/plain": words}


def with_still(bundle: Any, png: bytes) -> Any:
    """Add a picture to the MIME bundle of a widget; that of a widget without a view is None."""
    if bundle is None:
        return None
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return {**data, "image/png": base64.b64encode(png).decode()}, metadata


def still_png(
    frames: np.ndarray,
    classes: Classes,
    steps: np.ndarray | None = None,
    marked: Sequence[int] = (),
) -> bytes:
    """Draw the first, a middle and the last frame side by side, at one scale, on a clear ground.

    Args:
        frames: float (F, N, 2), F and N at least 1.
        classes: of the points.
        steps: int (F,), written under the panels.
        marked: points that are ringed.

    Returns:
        A PNG below 60 kB. Of many points only some thousand, evenly picked, are drawn.
    """
    count = frames.shape[1]
    chosen = sorted({0, (len(frames) - 1) // 3, len(frames) - 1})
    low, high = frames.min(axis=(0, 1)).astype(float), frames.max(axis=(0, 1)).astype(float)
    scale = 0.94 * _SIDE * _FINE / max(float((high - low).max()), 1e-12)
    points = _POINTS
    while True:
        evenly = np.linspace(0, count - 1, min(count, points)).astype(int)
        kept = np.array(sorted({*evenly.tolist(), *marked}))
        numbers = None if classes.numbers is None else classes.numbers[kept]
        picture = Image.new("RGBA", (_SIDE * len(chosen) * _FINE, (_SIDE + _CAPTION) * _FINE))
        pen = ImageDraw.Draw(picture)
        for panel, frame in enumerate(chosen):
            at = (frames[frame, kept] - (low + high) / 2) * [scale, -scale] + _SIDE * _FINE / 2
            at[:, 0] += panel * _SIDE * _FINE
            _draw_panel(pen, at, classes._replace(numbers=numbers))
            for x, y in at[np.searchsorted(kept, marked)].tolist():
                radius = 7 * _FINE
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), None, INK, 2 * _FINE)
            if len(chosen) > 1:
                words = f"frame {frame}" if steps is None else f"step {steps[frame]:,}"
                place = ((panel + 0.5) * _SIDE * _FINE, (_SIDE + _CAPTION / 2) * _FINE)
                pen.text(place, words, INK, ImageFont.load_default(13 * _FINE), anchor="mm")
        small = picture.reduce(_FINE).quantize(64, Image.Quantize.FASTOCTREE)
        buffer = io.BytesIO()
        small.save(buffer, format="PNG")
        if buffer.tell() < LARGEST:
            return buffer.getvalue()
        points //= 2


def _draw_panel(pen: ImageDraw.ImageDraw, at: np.ndarray, classes: Classes) -> None:
    """Draw points at pixels (N, 2), and each class's name at the middle of its cloud."""
    numbers, names, colors = classes
    radius = (1.3 if len(at) > 1000 else 2.2) * _FINE
    inks = [PALETTE[4]] * len(at) if numbers is None else [colors[k] for k in numbers.tolist()]
    for (x, y), ink in zip(at.tolist(), inks, strict=True):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    if numbers is None or len(names) > 20 or np.ptp(at, axis=0).max() < _ROOM * _FINE:
        return
    font = ImageFont.load_default(14 * _FINE)
    for number, name in enumerate(names):
        cloud = at[numbers == number]
        if len(cloud):
            x, y = np.median(cloud, axis=0)
            pen.text(
                (x, y), name, "white", font, anchor="mm",
                stroke_width=2 * _FINE, stroke_fill="#30343A",
            )  # fmt: skip
