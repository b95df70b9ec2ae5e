"""Draw a laboratory as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from siamese_lib.images import without_gray_axis
from siamese_lib.lab.state import FIRST
from siamese_lib.views.fine_picture import FINE, FinePicture
from siamese_lib.views.wire import Classes

_WIDTH, _TILE, _LINE, _ROWS = 760, 38, 22, 3  # pixels, and rows of images
_COLUMNS = _WIDTH // _TILE
_NAMES = {
    "learning_rate": "learning rate",
    "flipped": "wrong labels",
    "similar": "similar pairs",
    "dim": "dimensions",
}
_LEFT_OUT = ("changes", "classes", "turned")


def still_png(
    state: Mapping[str, Any], images: np.ndarray, labels: np.ndarray, classes: Classes
) -> bytes:
    """Draw some of the images, with what was set below, on a transparent background.

    Args:
        state: of the laboratory.
        images: uint8 (N, H, W, 1 or 3), those that are shown.
        labels: int (N,).
        classes: their names and colours.

    Returns:
        A PNG below 60 kB.
    """
    rows = [np.flatnonzero(labels == number)[:_COLUMNS] for number in range(len(classes.names))]
    rows = [row for row in rows if len(row)][:_ROWS]
    lines = _lines(state)
    top = _TILE * len(rows) + 14
    picture = FinePicture(_WIDTH, top + _LINE * (len(lines) + 1) + 6)
    for at, row in enumerate(rows):
        for column, image in enumerate(row):
            pixels = Image.fromarray(without_gray_axis(images[image])).convert("RGBA")
            side = (_TILE - 4) * FINE
            small = pixels.resize((side, side), Image.Resampling.BILINEAR)
            picture.image.paste(small, (column * _TILE * FINE, at * _TILE * FINE))
    picture.write((0, top), "A training in the page: play it where this notebook is open.", 16)
    for at, line in enumerate(lines):
        picture.write((0, top + _LINE * (at + 1) + 4), line, 14)
    return picture.png()


def _lines(state: Mapping[str, Any]) -> Sequence[str]:
    words = [
        f"{_NAMES.get(name, name)} {state[name]:g}"
        if isinstance(state[name], float)
        else f"{_NAMES.get(name, name)} {state[name]}"
        for name in FIRST
        if name not in _LEFT_OUT
    ]
    half = (len(words) + 1) // 2
    return [", ".join(words[:half]), ", ".join(words[half:]), f"step {state['step']:,}"]
