"""An explorer as a picture, for where no JavaScript runs."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from siamese_lib.images import draw


def explorer_png(
    query: np.ndarray,
    name: str,
    neighbours: np.ndarray,
    labels: Sequence[str],
    distances: Sequence[float],
    map_png: bytes,
) -> bytes:
    """Draw a query and its neighbours in a row, and the map under them.

    Args:
        query: uint8 (H, W, C).
        name: of the query.
        neighbours: uint8 (k, H, W, C), nearest first; seven at most are drawn.
        labels: k names.
        distances: k numbers.
        map_png: the map, as a PNG.

    Returns:
        A PNG.
    """
    captions = [f"{label}  {away:.2g}" for label, away in zip(labels, distances, strict=True)]
    row = draw(query[None], [name], neighbours[None, :7], [captions[:7]])
    with Image.open(io.BytesIO(map_png)) as file:
        below = file.convert("RGBA")
    paper = Image.new("RGB", (max(row.width, below.width), row.height + below.height), "white")
    paper.paste(row, (0, 0))
    paper.paste(below, ((paper.width - below.width) // 2, row.height), below)
    buffer = io.BytesIO()
    paper.quantize(64).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
