"""Draw films side by side as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from siamese_lib.views.film import Film
from siamese_lib.views.still import row_png


def still_png(films: Mapping[str, Film], scale: str, selected: Sequence[int]) -> bytes:
    """Draw the last frame of each film in a row, with its name under it.

    Args:
        films: matched films, by name.
        scale: "same", or "own" to draw each as large as its panel.
        selected: points to draw a ring around, if they are few.

    Returns:
        A PNG below 60 kB, on a transparent background.
    """
    maps = [film.frames[-1].astype(float) for film in films.values()]
    if scale == "own":
        maps = [_filling(points) for points in maps]
    box = np.stack([np.min(maps, axis=(0, 1)), np.max(maps, axis=(0, 1))])
    classes = next(iter(films.values())).classes
    return row_png(np.array(maps), classes, list(films), box, list(selected)[:8])


def _filling(points: np.ndarray) -> np.ndarray:
    """Move and zoom points (N, 2) into a square of side 1 around the origin."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) / max(float((high - low).max()), 1e-12)
