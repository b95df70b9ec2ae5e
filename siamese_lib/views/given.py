"""Check what a film or a view is given, and keep it as read-only copies."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import traitlets

from siamese_lib import checks
from siamese_lib.arrays import plain_array, real_array
from siamese_lib.pixels import checked_images
from siamese_lib.texts import printable_names

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

_Checked = TypeVar("_Checked")
_MOST_CLASSES = 65_536  # as many as 16 bits can number
_LAST = 2**32 - 1  # stands for no number
_LARGEST = 1e30  # differences of such coordinates still fit single precision


class ViewError(traitlets.TraitError, ValueError):
    """An argument of a film or a view is not as described, or does not fit the others."""


def checked_frames(frames: ArrayLike) -> np.ndarray:
    """Return frames as read-only float32 (F, N, 2); ViewError if they are not points.

    An array (N, 2) is one frame.
    """
    given = _refusing(real_array, "frames", frames)
    if given.dtype.kind == "b" or given.ndim not in (2, 3) or given.shape[-1] != 2:
        raise ViewError(
            f"frames: got {given.dtype} of shape {given.shape}; expected real numbers of shape "
            "(F, N, 2), or (N, 2) for a single frame. Embed in two dimensions, or project first."
        )
    wild = ~(np.abs(given) <= _LARGEST)
    if wild.any():
        place = np.argwhere(wild)[0].tolist()
        raise ViewError(
            f"frames: got {given[tuple(place)]} at {place}; expected finite numbers within "
            f"±{_LARGEST:g}. Check whether the training diverged."
        )
    return _kept(given if given.ndim == 3 else given[None], np.float32)


def checked_labels(labels: ArrayLike | None) -> np.ndarray | None:
    """Return labels read-only (N,), int64 or str."""
    if labels is None:
        return None
    given = _refusing(checks.checked_labels, labels)
    if given.dtype == object:  # integers beyond 64 bits
        given = given.astype(str)
    if len(given) > _MOST_CLASSES:
        _check_classes("labels", len(np.unique(given)))
    return _kept(given, given.dtype if given.dtype.kind == "U" else np.int64)


def checked_pictures(images: ArrayLike | None) -> np.ndarray | None:
    """Return images read-only, uint8 (N, H, W, 1 or 3)."""
    if images is None:
        return None
    return _kept(_refusing(checked_images, images), np.uint8)


def checked_steps(steps: ArrayLike | None) -> np.ndarray | None:
    """Return steps read-only, int64 (F,), ascending."""
    if steps is None:
        return None
    given = _refusing(plain_array, "steps", steps)
    if given.size == 0:
        given = np.zeros(0, np.int64)
    if given.ndim != 1 or given.dtype.kind not in "iu" or (np.diff(given) <= 0).any():
        raise ViewError(f"steps: got {steps!r:.200}; expected ascending whole numbers (F,).")
    return _kept(given, np.int64)


def steps_with(steps: np.ndarray | None, step: int | None, count: int) -> np.ndarray | None:
    """Return the steps of `count` frames and of one more; ViewError unless `step` fits them."""
    if step is None:
        if steps is not None and len(steps):
            raise ViewError(
                f"step is None; expected a training step, as the other {count} frames have one. "
                "Pass step=."
            )
        return None
    if steps is None and count:
        raise ViewError(
            f"step is {step}; expected None, as the earlier frames have no steps. Leave it out."
        )
    steps = np.zeros(0, np.int64) if steps is None else steps
    return np.append(
        steps, _refusing(checks.whole_number, "step", step, int(steps.max(initial=-1)) + 1)
    )


def checked_curves(curves: Mapping[str, Iterable[float]] | None) -> dict[str, list[float]]:
    """Return curves as a dict of lists of floats."""
    try:
        return {str(n): [float(v) for v in values] for n, values in dict(curves or {}).items()}
    except (TypeError, ValueError):
        raise ViewError(
            f"curves: got {curves!r:.200}; expected one number for each frame under each name."
        ) from None


def checked_names(names: Iterable[str] | None) -> list[str] | None:
    """Return class names as a list of printable strings."""
    if names is None:
        return None
    if isinstance(names, str):
        raise ViewError(f"class_names is the string {names!r}; expected a list of names.")
    named = list(printable_names(names))
    _check_classes("class_names", len(named))
    return named


def checked_colors(colors: Iterable[str] | None) -> list[str] | None:
    """Return colours as a list of "#rrggbb"."""
    given = None if colors is None else [str(color) for color in colors]
    wrong = [color for color in given or [] if not re.fullmatch("#[0-9a-fA-F]{6}", color)]
    if wrong:
        raise ViewError(f"colors: got {wrong[0]!r}; expected colours like '#1a2b3c'.")
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
        raise ViewError(f"margin is {margin!r:.200}; expected a number, 0 or more.")
    return number


def checked_share(name: str, value: float | None) -> float | None:
    """Return a share from 0 to 1 as a float, or None."""
    if value is None:
        return None
    if not isinstance(value, Real) or not -1e-6 <= value <= 1 + 1e-6:  # but for rounding
        raise ViewError(f"{name} is {value!r:.200}; expected a number from 0 to 1, or None.")
    return float(value)


def checked_shares(name: str, values: ArrayLike | None) -> np.ndarray | None:
    """Return shares from 0 to 1 read-only, float32 (N,), or None."""
    if values is None:
        return None
    given = _refusing(real_array, name, values)
    if given.ndim != 1 or not ((given >= -1e-6) & (given <= 1 + 1e-6)).all():  # but for rounding
        raise ViewError(f"{name}: got {values!r:.200}; expected numbers from 0 to 1, one a point.")
    return _kept(np.clip(given, 0, 1), np.float32)


def checked_height(height: int | None) -> int | None:
    """Return a height as a whole number of pixels, 120 or more, or None."""
    return None if height is None else _refusing(checks.whole_number, "height", height, 120)


def checked_numbers(numbers: ArrayLike | None) -> np.ndarray | None:
    """Return numbers of points in their data set read-only, int64 (N,), or None."""
    if numbers is None:
        return None
    given = _refusing(plain_array, "numbers", numbers)
    whole = given.ndim == 1 and (given.dtype.kind in "iu" or not given.size)
    if not whole or (given.size and not -1 <= given.min() <= given.max() < _LAST):
        raise ViewError(
            f"numbers: got {numbers!r:.200}; expected whole numbers from 0 to {_LAST - 1:,}, one "
            "for each point, or -1 for a point that has none."
        )
    return _kept(given, np.int64)


def checked_points(points: ArrayLike | None) -> list[int]:
    """Return numbers of points as a list. A single number is a list of one; None is empty."""
    if points is None:
        return []
    given = np.atleast_1d(_refusing(plain_array, "points", points))
    if given.size and (given.ndim != 1 or given.dtype.kind not in "iu"):
        raise ViewError(f"points: got {points!r:.200}; expected whole numbers, one for each point.")
    return [int(number) for number in given]


def check_points(name: str, points: Sequence[int], count: int) -> None:
    """Raise ViewError unless all points are from 0 to `count` - 1."""
    wrong = [point for point in points if not 0 <= point < count]
    if wrong:
        raise ViewError(f"{name}: got point {wrong[0]}; expected points from 0 to {count - 1}.")


def checked_hidden(hidden: object, classes: Sequence[str]) -> list[str]:
    """Return names of classes as a list without repeats; ViewError unless all are in `classes`."""
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        raise ViewError(f"hidden is {hidden!r:.100}; expected a list of class names.")
    listed = list(hidden)
    for name in listed:
        if name not in classes:
            known = f"names of classes, such as {classes[0]!r}" if classes else "[]: no classes"
            raise ViewError(f"hidden holds {name!r:.100}; expected {known}.")
    return list(dict.fromkeys(listed))


def checked_camera(camera: object) -> list[float] | None:
    """Return x, y and a length, which say what a map shows, as a list; or None, for all of it."""
    if camera is None:
        return None
    numbers = list(camera) if isinstance(camera, Iterable) else []
    real = all(isinstance(n, Real) and math.isfinite(n) for n in numbers)
    if len(numbers) != 3 or not real or not numbers[2] > 0:
        raise ViewError(f"camera is {camera!r:.200}; expected x, y and a length above 0, or None.")
    return [float(number) for number in numbers]


def check_fit(
    *,
    frames: np.ndarray,
    labels: np.ndarray | None,
    images: np.ndarray | None,
    steps: np.ndarray | None,
    curves: Mapping[str, Sequence[float]],
    class_names: Sequence[str] | None,
    colors: Sequence[str] | None,
    trust: np.ndarray | None,
    numbers: np.ndarray | None,
) -> None:
    """Raise ViewError unless the other arguments fit the frames and each other."""
    count, points = frames.shape[:2]
    counted = (
        ("labels", labels, points, "points"),
        ("images", images, points, "points"),
        ("trust", trust, points, "points"),
        ("numbers", numbers, points, "points"),
        ("steps", steps, count, "frames"),
    )
    problems = [
        f"{name}: got {len(given):,}; expected one for each of {wanted:,} {what}."
        for name, given, wanted, what in counted
        if given is not None and len(given) != wanted
    ]
    problems += [
        f"curves: got {len(curve)} numbers under {name!r}; expected one for each of {count} frames."
        for name, curve in curves.items()
        if len(curve) != count
    ]
    if colors is not None and labels is not None:
        classes = len(np.unique(labels)) if class_names is None else len(class_names)
        if len(colors) != classes:
            problems.append(
                f"colors: got {len(colors)}; expected one for each of {classes} classes."
            )
    if class_names is not None and labels is not None and len(labels):
        if labels.dtype.kind != "i":
            problems.append("labels: got strings; expected numbers that index class_names.")
        elif labels.min() < 0 or labels.max() >= len(class_names):
            problems.append(
                f"labels: got {labels.min()} to {labels.max()}; expected numbers from 0 to "
                f"{len(class_names) - 1}, as there are {len(class_names)} class_names."
            )
    if problems:
        raise ViewError(" ".join(problems))


def _refusing(check: Callable[..., _Checked], *arguments: object) -> _Checked:
    """Return what a check returns, and raise its ValueError as ViewError."""
    try:
        return check(*arguments)
    except ValueError as error:
        raise ViewError(str(error)) from None


def _check_classes(name: str, count: int) -> None:
    """Raise ViewError for more classes than the 16 bits of a point's class can number."""
    if count > _MOST_CLASSES:
        raise ViewError(
            f"{name}: got {count:,} classes; expected at most {_MOST_CLASSES:,}, as many as a page "
            "can number. Show a part of the classes."
        )


def _kept(array: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Return a read-only copy of an array, as a change in place would not reach the page.

    An array that is such a copy is returned as it is.
    """
    if array.dtype == dtype and array.flags.owndata and not array.flags.writeable:
        return array
    copy = array.astype(dtype)
    copy.flags.writeable = False
    return copy
