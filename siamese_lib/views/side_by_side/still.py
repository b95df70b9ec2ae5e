"""Draw films side by side as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from siamese_lib.views.film import Film
from siamese_lib.views.still import row_png


def still_png(films: Mapping[str, Film], scale: str, selected: Sequence[int]) -> bytes:
    """Draw the last frame of each film in a row, over its name; at its own scale, with its width.

    Args:
        films: matched films, by name.
        scale: "same", or "own" to draw each as large as its panel.
        selected: points to draw a ring around, if they are few.

    Returns:
        A PNG below 60 kB, on a transparent background.
    """
    maps = [film.frames[-1].astype(float) for film in films.values()]
    words = list(films)
    if scale == "own":
        widths = [float(np.ptp(points, axis=0).max()) for points in maps]
        words = [f"{name}, {width:.2g} wide" for name, width in zip(films, widths, strict=True)]
        maps = [_filling(points, width) for points, width in zip(maps, widths, strict=True)]
    box = np.stack([np.min(maps, axis=(0, 1)), np.max(maps, axis=(0, 1))])
    classes = next(iter(films.values())).classes
    return row_png(np.array(maps), classes, words, box, list(selected)[:8])


def _filling(points: np.ndarray, width: float) -> np.ndarray:
    """Move and zoom points (N, 2), of a width, into a square of side 1 around the origin."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return (points - middle) / max(width, 1e-12)
