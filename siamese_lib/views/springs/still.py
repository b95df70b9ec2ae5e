"""Draw the springs as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.colors import DIFFERENT, INK, SAME
from siamese_lib.images import without_gray_axis
from siamese_lib.views.fine_picture import FINE, FinePicture, fine
from siamese_lib.views.springs.start import inks_of
from siamese_lib.views.springs.state import Moment
from siamese_lib.views.wire import Classes

_MAP, _SIDE, _GAP, _ROOM = 420, 250, 24, 60  # pixels: the map, the words next to it, gaps
_RADIUS, _PICTURE = 11, 32  # pixels: of a point, and the side of an image
_LONG = 2 / 3  # an arrow is this times the number of points times the force, as in the page


def still_png(
    moment: Moment, classes: Classes, marks: Sequence[str], images: np.ndarray | None
) -> bytes:
    """Draw points and forces, and the loss in its two parts, on a transparent background.

    Args:
        moment: what the reader has set.
        classes: of the points.
        marks: the letters that stand in the points of each class.
        images: uint8 (N, H, W, 1 or 3), or None.

    Returns:
        A PNG below 60 kB.
    """
    picture = FinePicture(_MAP + _GAP + _SIDE, _MAP)
    _draw_map(picture, moment, classes, marks, images)
    _draw_words(picture, moment, classes)
    return picture.png()


def _draw_map(
    picture: FinePicture,
    moment: Moment,
    classes: Classes,
    marks: Sequence[str],
    images: np.ndarray | None,
) -> None:
    pen, numbers = picture.pen, np.asarray(classes.numbers)
    places, forces = moment.places(), moment.forces(numbers)
    low, high = places.min(axis=0), places.max(axis=0)
    scale = (_MAP - 2 * _ROOM) / max(float((high - low).max()), 1e-12)
    at = (places - (low + high) / 2) * [scale, -scale] + _MAP / 2
    if moment.selected is not None and moment.push:
        _draw_ring(pen, at[moment.selected], moment.margin * scale)
    long = _LONG * len(places) * scale * np.array([1, -1])
    for force, color in ((forces.pull, SAME), (forces.push, DIFFERENT)):
        for start, arrow in zip(at, force * long, strict=True):
            _draw_arrow(pen, start, arrow, color)
    for number, (x, y) in enumerate(at):
        color = classes.colors[numbers[number]]
        if moment.pictures and images is not None:
            pixels = Image.fromarray(without_gray_axis(images[number])).convert("RGBA")
            large = pixels.resize((_PICTURE * FINE, _PICTURE * FINE), Image.Resampling.NEAREST)
            half = _PICTURE / 2
            pen.rectangle(fine(x - half - 2, y - half - 2, x + half + 2, y + half + 2), color)
            picture.image.paste(large, (round((x - half) * FINE), round((y - half) * FINE)))
        else:
            pen.ellipse(fine(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), color)
            picture.write((x, y), marks[int(numbers[number])], 13, "mm", inks_of([color])[0])


def _draw_ring(pen: ImageDraw.ImageDraw, middle: np.ndarray, radius: float) -> None:
    """Draw a dashed circle, of which the part on the map is seen."""
    (x, y), r = middle, min(radius, 4.0 * _MAP)
    for start in range(0, 360, 6):
        pen.arc(fine(x - r, y - r, x + r, y + r), start, start + 3, INK, FINE)
    pen.rectangle(fine(_MAP, 0, _MAP + _GAP + _SIDE, _MAP), (0, 0, 0, 0))


def _draw_arrow(pen: ImageDraw.ImageDraw, start: np.ndarray, way: np.ndarray, color: str) -> None:
    """Draw an arrow from the edge of a point; one shorter than a pixel is left out."""
    length = float(np.hypot(*way))
    if length < 1:
        return
    along = way / length
    across = np.array([-along[1], along[0]])
    tip = start + way + along * (_RADIUS + 4)
    pen.line(fine(*(start + along * _RADIUS), *(tip - 5 * along)), color, 2 * FINE)
    head = [tip, tip - 8 * along + 4 * across, tip - 8 * along - 4 * across]
    pen.polygon([fine(*corner) for corner in head], color)


def _draw_words(picture: FinePicture, moment: Moment, classes: Classes) -> None:
    pen = picture.pen
    forces = moment.forces(np.asarray(classes.numbers))
    left, top = _MAP + _GAP, 40
    picture.write((left, top), f"loss {forces.loss:.4f}", 20)
    whole = max(forces.loss, 1e-12)
    middle = left + _SIDE * forces.pull_loss / whole
    pen.rectangle(fine(left, top + 32, middle, top + 50), SAME)
    pen.rectangle(fine(middle, top + 32, left + _SIDE, top + 50), DIFFERENT)
    off = "" if moment.push else " (off)"
    lines = (
        f"pull {forces.pull_loss:.4f}",
        f"push {forces.push_loss:.4f}{off}",
        f"{forces.similar} similar pairs pull",
        f"{forces.pushing} of {forces.different} different pairs push",
        f"margin {moment.margin:.3g}, {moment.means} mean{'s' * (moment.means == 'two')}",
        f"step {moment.step:,}",
    )
    keys = (SAME, DIFFERENT)
    for row, words in enumerate(lines):
        under = top + 62 + 24 * row
        if row < len(keys):
            picture.key((left, under + 4), keys[row])
        picture.write((left + (16 if row < len(keys) else 0), under), words, 14)
