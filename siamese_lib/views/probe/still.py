"""Draw a probe as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from siamese_lib.colors import INK, PALETTE
from siamese_lib.images import without_gray_axis
from siamese_lib.views.fine_picture import FINE, FinePicture, fine
from siamese_lib.views.probe.dials import Dial
from siamese_lib.views.probe.grid import ProbeMap
from siamese_lib.views.probe.state import Setting
from siamese_lib.views.wire import Classes

_PICTURE, _SIDE, _GAP, _WORDS, _TITLE = 150, 300, 20, 40, 24  # pixels
_POINTS = 1_500


def still_png(
    images: np.ndarray,
    maps: Sequence[ProbeMap],
    dials: Sequence[Dial],
    setting: Setting,
    classes: Classes,
) -> bytes:
    """Draw the picture, and each map with its cloud, the path and the point, without a ground.

    Returns:
        A PNG below 60 kB.
    """
    width = _PICTURE + len(maps) * (_SIDE + _GAP)
    picture = FinePicture(width, _TITLE + _SIDE + _WORDS)
    pixels = Image.fromarray(without_gray_axis(images[setting.at])).convert("RGBA")
    scale = _PICTURE * FINE / max(pixels.size)
    size = (round(pixels.width * scale), round(pixels.height * scale))
    picture.image.paste(pixels.resize(size, Image.Resampling.NEAREST), (0, _TITLE * FINE))
    for number, (dial, place) in enumerate(zip(dials, setting.places, strict=True)):
        top = _TITLE + _PICTURE + 10 + 42 * number
        picture.write((0, top), dial.name, 14, width=_PICTURE)
        picture.write((0, top + 19), dial.words[place], 14, width=_PICTURE)
    for number, each in enumerate(maps):
        left = _PICTURE + _GAP + number * (_SIDE + _GAP)
        picture.write((left, 2), each.name, 15, width=_SIDE)
        _draw_map(picture, each, setting, dials[setting.dial], classes, left)
        lines = sentence_lines(dials[setting.dial], each.travel(each.points[setting.path]))
        for line, words in enumerate(lines):
            picture.write((left, _TITLE + _SIDE + 4 + 18 * line), words, 13, width=_SIDE)
    return picture.png()


def sentence_lines(dial: Dial, travel: float) -> tuple[str, str]:
    """Say in two lines how far a point moves; probe_words.js says the same on the page."""
    ends = f"{dial.words[0]} to {dial.words[-1]}{' and round' * dial.periodic}"
    return f"{dial.name[:1].upper()}{dial.name[1:]}, {ends}:", f"the point {share_words(travel)}."


def share_words(travel: float) -> str:
    """Say how far a point moves."""
    if not travel:
        return "stands still"
    if math.isinf(travel):
        return "moves, and the map's other points are all in one place"
    percent = 100 * travel
    number = f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}"
    share = "less than 0.1" if percent < 0.05 else number
    return f"moves over {share} % of the map's spread"


def seen(points: np.ndarray, turn: tuple[float, float]) -> np.ndarray:
    """Return points (..., 3) as an eye sees them: to the right, up and towards it."""
    azimuth, elevation = np.radians(turn)
    (sin_a, cos_a), (sin_e, cos_e) = ((np.sin(a), np.cos(a)) for a in (azimuth, elevation))
    axes = [
        [-sin_a, cos_a, 0],
        [-sin_e * cos_a, -sin_e * sin_a, cos_e],
        [cos_e * cos_a, cos_e * sin_a, sin_e],
    ]
    return points @ np.transpose(axes)


def _draw_map(
    picture: FinePicture,
    each: ProbeMap,
    setting: Setting,
    dial: Dial,
    classes: Classes,
    left: float,
) -> None:
    own = each.points[setting.subject].reshape(-1, each.dim)
    cloud = own[:0] if each.cloud is None else each.cloud
    every = np.concatenate([own, cloud]).astype(np.float64)
    low, high = every.min(axis=0), every.max(axis=0)
    middle = (low + high) / 2
    if each.dim == 3:
        reach = float(np.linalg.norm(every - middle, axis=1).max())
    else:
        reach = float((high - low).max()) / 2
    scale = 0.46 * _SIDE / max(reach, 1e-12)

    def places(points: np.ndarray) -> np.ndarray:
        away = points.astype(np.float64) - middle
        flat = seen(away, setting.turn) if each.dim == 3 else away
        return flat[..., :2] * [scale, -scale] + [left + _SIDE / 2, _TITLE + _SIDE / 2]

    pen = picture.pen
    some = np.linspace(0, len(cloud) - 1, min(len(cloud), _POINTS)).astype(int)
    numbers = np.zeros(len(cloud), int) if classes.numbers is None else classes.numbers
    colors = classes.colors or [PALETTE[4]]
    for (x, y), number in zip(places(cloud[some]), numbers[some], strict=True):
        pen.ellipse(fine(x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=colors[number])
    path = places(each.points[setting.path])
    line = [*path, path[0]] if dial.periodic else [*path]
    corners = [fine(*place) for place in line]
    pen.line([(x, y) for x, y in corners], fill=INK, width=2 * FINE)
    for x, y in path:
        pen.ellipse(fine(x - 2.5, y - 2.5, x + 2.5, y + 2.5), fill=INK)
    x, y = places(each.points[setting.at])
    pen.ellipse(fine(x - 7, y - 7, x + 7, y + 7), fill=PALETTE[5], outline="white", width=2 * FINE)
