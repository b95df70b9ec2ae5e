"""How points, classes and images travel to the page: few bytes, checked before they leave.

What `packed_film`, `about` and `packed_images` return is all that the JavaScript module is given,
in a notebook as in an exported page. Numbers are little-endian.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import traitlets

from siamese_lib.checks import whole_number
from siamese_lib.colors import class_color, class_colors
from siamese_lib.images import checked_images

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

LEVELS = 65_535  # of a coordinate
_MOST_CLASSES = 65_536
_LARGEST = 1e30  # so that differences of coordinates fit single precision


class ViewError(traitlets.TraitError, ValueError):
    """What a film or a view was given does not fit it."""


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
    """Write points as whole numbers, at one scale a frame for both axes.

    Args:
        frames: float (F, N, 2).

    Returns:
        Bounds, float64 (F, 5), and levels, uint16 (F, N, 2). Bounds are x and y of a frame's
        corner, the size of one level, and x and y of the opposite corner:
        ``coordinate = corner + size * level``. A coordinate is off by half a level at most, which
        is 1/131,070 of the frame's longer side.
    """
    count, points = frames.shape[:2]
    if not points:
        return np.zeros((count, 5)), np.zeros((count, 0, 2), "<u2")
    # One axis after the other, which numpy reduces a hundred times as fast as pairs of numbers.
    wide = np.ascontiguousarray(frames.transpose(0, 2, 1), np.float64)
    low, high = wide.min(axis=2), wide.max(axis=2)
    size = (high - low).max(axis=1, keepdims=True) / LEVELS
    levels = np.rint((wide - low[..., None]) / np.where(size > 0, size, 1)[..., None])
    return np.hstack([low, size, high]), levels.transpose(0, 2, 1).astype("<u2", order="C")


def unpack(bounds: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Read what `pack` wrote: float64 (F, N, 2)."""
    return bounds[:, None, :2] + bounds[:, None, 2:3] * levels


def packed_film(frames: np.ndarray) -> dict[str, Any]:
    """Pack frames (F, N, 2): ``count`` is N, ``bounds`` and ``frames`` have one item a frame."""
    bounds, levels = pack(frames)
    return {
        "count": frames.shape[1],
        "bounds": bounds.tolist(),
        "frames": [frame.tobytes() for frame in levels],
    }


def packed_images(images: np.ndarray | None) -> dict[str, Any] | None:
    """Pack uint8 images (N, H, W, C), deflated in haste: digits shrink to about a fifth."""
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
    height: int,
) -> dict[str, Any]:
    """Say all that is light: each point's class as uint16 bytes, names, colours, steps, curves."""
    return {
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
    """Number the classes, and give each a name and a colour."""
    if labels is None:
        return Classes(None, [], [])
    if class_names is not None:
        return Classes(labels, list(class_names), list(colors or class_colors(len(class_names))))
    present, classes = np.unique(labels, return_inverse=True)
    ten = present.dtype.kind == "i" and all(0 <= number < 10 for number in present)
    own = [class_color(number) for number in present] if ten else class_colors(len(present))
    return Classes(classes, [str(name) for name in present], list(colors or own))


def json_numbers(values: Sequence[float]) -> list[float | None]:
    """Numbers that JSON has: None stands for NaN and infinity, a gap in a curve."""
    return [float(value) if math.isfinite(value) else None for value in values]


def checked_frames(frames: ArrayLike) -> np.ndarray:
    """Return frames as read-only float32 (F, N, 2); (N, 2) is one frame."""
    given = np.asarray(frames)
    if given.dtype.kind not in "iuf" or given.ndim not in (2, 3) or given.shape[-1] != 2:
        raise ViewError(
            f"frames must be numbers of shape (F, N, 2), or (N, 2) for a single frame, got "
            f"{given.dtype} of shape {given.shape}. Embed in two dimensions, or project first."
        )
    wild = ~(np.abs(given) <= _LARGEST)
    if wild.any():
        place = np.argwhere(wild)[0].tolist()
        raise ViewError(
            f"frames must be finite and within ±{_LARGEST:g}, got {given[tuple(place)]} at "
            f"{place}. Did the training diverge?"
        )
    return _kept(given if given.ndim == 3 else given[None], np.float32)


def checked_labels(labels: ArrayLike | None) -> np.ndarray | None:
    """Return labels read-only (N,), int64 or str."""
    if labels is None:
        return None
    given = np.asarray(labels)
    if given.ndim != 1 or given.dtype.kind not in "biuU":
        raise ViewError(
            f"labels must be one whole number or string for each point, got {given.dtype} of shape "
            f"{given.shape}."
        )
    if len(given) > _MOST_CLASSES and len(np.unique(given)) > _MOST_CLASSES:
        raise ViewError(f"labels may have {_MOST_CLASSES:,} classes, not more.")
    return _kept(given, given.dtype if given.dtype.kind == "U" else np.int64)


def checked_pictures(images: ArrayLike | None) -> np.ndarray | None:
    """Return images read-only, uint8 (N, H, W, 1 or 3)."""
    if images is None:
        return None
    try:
        return _kept(checked_images(np.asarray(images)), np.uint8)
    except ValueError as error:
        raise ViewError(str(error)) from None


def checked_steps(steps: ArrayLike | None) -> np.ndarray | None:
    """Return steps read-only, int64 (F,), ascending."""
    if steps is None:
        return None
    given = np.asarray(steps)
    if given.size == 0:
        given = np.zeros(0, np.int64)
    if given.ndim != 1 or given.dtype.kind not in "iu" or (np.diff(given) <= 0).any():
        raise ViewError(f"steps must be ascending whole numbers (F,), got {steps!r:.200}.")
    return _kept(given, np.int64)


def checked_curves(curves: Mapping[str, Iterable[float]] | None) -> dict[str, list[float]]:
    """Return curves as a dict of lists of floats."""
    try:
        return {str(n): [float(v) for v in values] for n, values in dict(curves or {}).items()}
    except (TypeError, ValueError):
        raise ViewError(
            f"curves must map a name to one number a frame, got {curves!r:.200}."
        ) from None


def checked_names(names: Iterable[str] | None) -> list[str] | None:
    """Return class names as a list of strings."""
    if names is None:
        return None
    if isinstance(names, str):
        raise ViewError(f"class_names must be several names, got the string {names!r}.")
    return [str(name) for name in names]


def checked_colors(colors: Iterable[str] | None) -> list[str] | None:
    """Return colours as a list of "#rrggbb"."""
    given = None if colors is None else [str(color) for color in colors]
    wrong = [color for color in given or [] if not re.fullmatch("#[0-9a-fA-F]{6}", color)]
    if wrong:
        raise ViewError(f"colors must be like '#1a2b3c', got {wrong[0]!r}.")
    return given


def checked_margin(margin: float | None) -> float | None:
    """Return a margin as a float, 0 or more."""
    if margin is None:
        return None
    try:
        number = float(margin)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise ViewError(f"margin must be a number, 0 or more, got {margin!r:.200}.")
    return number


def checked_height(height: int) -> int:
    """Return a height as a whole number of pixels, 120 or more."""
    try:
        return whole_number("height", height, 120)
    except ValueError as error:
        raise ViewError(str(error)) from None


def checked_points(points: ArrayLike | None) -> list[int]:
    """Return numbers of points as a list; a single number is a list of one, None of none."""
    if points is None:
        return []
    given = np.atleast_1d(np.asarray(points))
    if given.size and (given.ndim != 1 or given.dtype.kind not in "iu"):
        raise ViewError(f"points must be given by their whole numbers, got {points!r:.200}.")
    return [int(number) for number in given]


def check_points(name: str, points: Sequence[int], count: int) -> None:
    """Raise ViewError unless all points are among the first `count`."""
    wrong = [point for point in points if not 0 <= point < count]
    if wrong:
        raise ViewError(f"{name} must be points from 0 to {count - 1}, got {wrong[0]}.")


def check_fit(
    *,
    frames: np.ndarray,
    labels: np.ndarray | None,
    images: np.ndarray | None,
    steps: np.ndarray | None,
    curves: Mapping[str, Sequence[float]],
    class_names: Sequence[str] | None,
    colors: Sequence[str] | None,
) -> None:
    """Raise ViewError unless what there is of the others fits the frames, and each other."""
    count, points = frames.shape[:2]
    counted = (
        ("labels", labels, points, "points"),
        ("images", images, points, "points"),
        ("steps", steps, count, "frames"),
    )
    problems = [
        f"{name} must be one for each of {wanted:,} {what}, got {len(given):,}"
        for name, given, wanted, what in counted
        if given is not None and len(given) != wanted
    ]
    problems += [
        f"the curve {name!r} must have one number for each of {count} frames, got {len(curve)}"
        for name, curve in curves.items()
        if len(curve) != count
    ]
    if colors is not None and labels is not None:
        classes = len(np.unique(labels)) if class_names is None else len(class_names)
        if len(colors) != classes:
            problems.append(f"colors must be one for each of {classes} classes, got {len(colors)}")
    if class_names is not None and labels is not None and len(labels):
        if labels.dtype.kind != "i":
            problems.append("labels must be numbers of class_names, got strings")
        elif labels.min() < 0 or labels.max() >= len(class_names):
            problems.append(
                f"labels must be from 0 to {len(class_names) - 1}, as there are {len(class_names)} "
                f"class_names; got {labels.min()} to {labels.max()}"
            )
    if problems:
        raise ViewError("; ".join(problems) + ".")


def _kept(array: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Copy an array, read-only: a change in place would not reach the page.

    An array that was kept before is returned as it is.
    """
    if array.dtype == dtype and array.flags.owndata and not array.flags.writeable:
        return array
    copy = array.astype(dtype)
    copy.flags.writeable = False
    return copy
