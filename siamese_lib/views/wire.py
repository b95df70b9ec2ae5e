"""Pack points, classes and images into few bytes for the page.

The JavaScript module gets what `packed_film`, `about` and `packed_images` return, and nothing else,
both in a notebook and in an exported page. Numbers are little-endian.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from siamese_lib.colors import class_color, class_colors
from siamese_lib.texts import printable_names

LEVELS = 65_535  # the largest packed coordinate, in 16 bits


class Classes(NamedTuple):
    """The classes of points.

    Attributes:
        numbers: int (N,), the class of each point, from 0 to K - 1; None without labels.
        names: K names.
        colors: K colours, "#rrggbb".
    """

    numbers: np.ndarray | None
    names: list[str]
    colors: list[str]


def pack(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pack points as 16-bit whole numbers, at one scale for both axes of a frame.

    Args:
        frames: float (F, N, 2).

    Returns:
        Bounds, float64 (F, 5), and levels, uint16 (F, N, 2). Bounds are x and y of a frame's
        lower corner, the size of one level, and x and y of the opposite corner:
        ``coordinate = corner + size * level``. The error of a coordinate is at most half a level,
        which is 1/131,070 of the frame's longer side.
    """
    count, points = frames.shape[:2]
    if not points:
        return np.zeros((count, 5)), np.zeros((count, 0, 2), "<u2")
    # numpy reduces each axis on its own a hundred times as fast as pairs of numbers.
    wide = np.ascontiguousarray(frames.transpose(0, 2, 1), np.float64)
    low, high = wide.min(axis=2), wide.max(axis=2)
    size = (high - low).max(axis=1, keepdims=True) / LEVELS
    levels = np.rint((wide - low[..., None]) / np.where(size > 0, size, 1)[..., None])
    return np.hstack([low, size, high]), levels.transpose(0, 2, 1).astype("<u2", order="C")


def unpack(bounds: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the points that `pack` packed, float64 (F, N, 2)."""
    return bounds[:, None, :2] + bounds[:, None, 2:3] * levels


def packed_film(frames: np.ndarray) -> dict[str, Any]:
    """Pack frames (F, N, 2).

    Returns:
        ``count``, which is N; ``bounds`` and ``frames``, with one item for each frame.
    """
    bounds, levels = pack(frames)
    return {
        "count": frames.shape[1],
        "bounds": bounds.tolist(),
        "frames": [frame.tobytes() for frame in levels],
    }


def packed_images(images: np.ndarray | None) -> dict[str, Any] | None:
    """Pack uint8 images (N, H, W, C), deflated at the fastest level.

    Digits shrink to about a fifth.
    """
    if images is None:
        return None
    return {"shape": list(images.shape), "data": zlib.compress(images.tobytes(), 1)}


def about(
    *,
    classes: Classes,
    marked: Sequence[int],
    steps: np.ndarray | None,
    curves: Mapping[str, Sequence[float]],
    margin: float | None,
    note: str,
    height: int | None,
    trust: np.ndarray | None,
    noun: str,
    numbers: np.ndarray | None,
) -> dict[str, Any]:
    """Pack everything except frames and images; each point's class becomes uint16 bytes."""
    return {
        **({} if trust is None else {"trust": trust.astype("<f4").tobytes()}),
        **({} if numbers is None else {"numbers": numbers.astype("<u4").tobytes()}),
        "noun": noun,
        "labels": None if classes.numbers is None else classes.numbers.astype("<u2").tobytes(),
        "names": classes.names,
        "colors": classes.colors,
        "marked": list(marked),
        "steps": None if steps is None else steps.tolist(),
        "curves": {name: json_numbers(values) for name, values in curves.items()},
        "margin": margin,
        "note": note,
        "height": height,
    }


def classes_of(
    labels: np.ndarray | None,
    class_names: Sequence[str] | None,
    colors: Sequence[str] | None = None,
) -> Classes:
    """Return the classes of points by number, with a name and a colour for each class."""
    if labels is None:
        return Classes(None, [], [])
    if class_names is not None:
        return Classes(labels, list(class_names), list(colors or class_colors(len(class_names))))
    present, classes = np.unique(labels, return_inverse=True)
    ten = present.dtype.kind == "i" and all(0 <= number < 10 for number in present)
    own = [class_color(number) for number in present] if ten else class_colors(len(present))
    return Classes(classes, list(printable_names(present.tolist())), list(colors or own))


def json_numbers(values: Sequence[float]) -> list[float | None]:
    """Return numbers for JSON; None stands for NaN and infinity, which are gaps in a curve."""
    return [float(value) if math.isfinite(value) else None for value in values]
