"""Draw a view as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.colors import INK, PALETTE, rgb
from siamese_lib.data.parts import evenly, is_fair
from siamese_lib.images import png
from siamese_lib.lettering import length, short_names, write
from siamese_lib.views.wire import Classes

LARGEST = 60_000  # bytes of a picture
_SIDE, _CAPTION = 288, 24  # pixels: side of a panel, and height of the words under it
_POINTS = 3_000
_LETTERS = 14  # pixels

# The output that shows a widget: contents by MIME type, and metadata.
MimeBundle = tuple[dict[str, Any], dict[str, Any]]


def with_still(bundle: MimeBundle | dict[str, Any] | None, png: bytes) -> MimeBundle | None:
    """Add a picture to the MIME bundle of a widget. Without a view, a widget's bundle is None."""
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
    """Draw the first, a middle and the last frame side by side, on a transparent background.

    All panels have the same scale.

    Args:
        frames: float (F, N, 2), F and N at least 1.
        classes: of the points.
        steps: int (F,), written under the panels.
        marked: points to draw a ring around.

    Returns:
        A PNG below 60 kB. Of many points, at most 3,000 evenly picked ones and the marked ones are
        drawn; if every so many would leave out a class, they are drawn evenly over the classes.
    """
    chosen = sorted({0, (len(frames) - 1) // 3, len(frames) - 1})
    step = "frame {}" if steps is None else "step {:,}"
    words = [step.format(frame if steps is None else steps[frame]) for frame in chosen]
    box = np.stack([frames.min(axis=(0, 1)), frames.max(axis=(0, 1))])
    return row_png(frames[chosen], classes, words if len(chosen) > 1 else [], box, marked)


def row_png(
    maps: np.ndarray,
    classes: Classes,
    words: Sequence[str],
    box: np.ndarray,
    marked: Sequence[int] = (),
) -> bytes:
    """Draw maps of the same points side by side, on a transparent background.

    Args:
        maps: float (M, N, 2), M and N at least 1.
        classes: of the points.
        words: M texts to write under the maps, or none.
        box: float (2, 2), the lower and the upper corner of what each panel shows.
        marked: points to draw a ring around.

    Returns:
        A PNG below 60 kB, with the points that `still_png` chooses.
    """
    count, points = maps.shape[1], _POINTS
    while True:
        some = np.linspace(0, count - 1, min(count, points)).astype(int)
        if classes.numbers is not None:
            present = np.unique(classes.numbers, return_inverse=True)[1]
            some = some if is_fair(present, some) else evenly(present, points)
        kept = np.array(sorted({*some.tolist(), *marked}))
        numbers = None if classes.numbers is None else classes.numbers[kept]
        rings = np.searchsorted(kept, marked)
        picture = _drawn(maps[:, kept], classes._replace(numbers=numbers), words, box, rings)
        content = png(picture.quantize(64, Image.Quantize.FASTOCTREE))
        if len(content) < LARGEST:
            return content
        points //= 2


def _drawn(
    maps: np.ndarray, classes: Classes, words: Sequence[str], box: np.ndarray, marked: np.ndarray
) -> Image.Image:
    """Draw what `row_png` describes, with all the points that are given."""
    low, high = box.astype(float)
    # The border of 8.6 pixels around the points is wide enough for half a ring.
    scale = 0.94 * _SIDE / max(float((high - low).max()), 1e-12)
    numbers, names, colors = classes
    inks = np.array([rgb(color) for color in colors or [PALETTE[4]]], np.uint8)
    inks = inks[np.zeros(maps.shape[1], int) if numbers is None else numbers]
    pixels = np.zeros((_SIDE + _CAPTION, _SIDE * len(maps), 4), np.uint8)
    middles = [((panel + 0.5) * _SIDE, _SIDE / 2) for panel in range(len(maps))]
    clouds = [
        (points - (low + high) / 2) * [scale, -scale] + middle
        for points, middle in zip(maps, middles, strict=True)
    ]
    for at in clouds:
        _draw_discs(pixels, at, inks, 1.4 if len(at) > 1000 else 2.3)
        _draw_discs(pixels, at[marked], np.array([rgb(INK)], np.uint8), 7, hole=5)
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    if numbers is not None and len(names) <= 20:
        short = short_names(names, _LETTERS, _SIDE / 2)
        for at, (x, _) in zip(clouds, middles, strict=True):
            edges = (x - _SIDE / 2, x + _SIDE / 2)
            # A class of marked points alone, such as the reader's own image, has its ring.
            _write_names(pen, np.delete(at, marked, 0), np.delete(numbers, marked), short, edges)
    for text, (x, _) in zip(words, middles, strict=False):
        write(pen, (x, _SIDE + _CAPTION / 2), text, INK, 13, "mm", width=_SIDE - 8)
    return picture


def _draw_discs(
    pixels: np.ndarray, at: np.ndarray, inks: np.ndarray, radius: float, *, hole: float = -1.0
) -> None:
    """Draw discs or rings with smooth edges. Each pixel shows the disc that covers it most.

    All discs are drawn at once, in a quarter of the time that Pillow takes for one after another.

    Args:
        pixels: uint8 (H, W, 4), changed in place.
        at: float (N, 2), x and y of the centres, at least ``radius + 1`` from every edge.
        inks: uint8 (N, 3), or (1, 3) for all.
        radius: in pixels.
        hole: radius of the hole in the middle of a ring, in pixels; negative for a disc.
    """
    reach = np.arange(-int(radius) - 1, int(radius) + 2)
    corner = np.floor(at).astype(int)
    x, y = (at - corner - 0.5).astype(np.float32).T[:, :, None]  # of the centre in its pixel
    away = np.sqrt(((reach - y) ** 2)[:, :, None] + ((reach - x) ** 2)[:, None, :])
    cover = np.clip(radius + 0.5 - away, 0, 1)
    if hole > 0:
        cover *= np.clip(away + 0.5 - hole, 0, 1)
    alpha = np.rint(255 * cover).astype(np.uint8).ravel()
    seen = np.flatnonzero(alpha)
    seen = seen[np.argsort(alpha[seen], kind="stable")]  # the last ink of a pixel remains
    wide = pixels.shape[1]
    square = (reach[:, None] * wide + reach).ravel()
    place = (corner @ [1, wide])[seen // len(square)] + square[seen % len(square)]
    flat = pixels.reshape(-1, 4)
    flat[place, :3] = np.broadcast_to(inks, (len(at), 3))[seen // len(square)]
    flat[place, 3] = alpha[seen]


def _write_names(
    pen: ImageDraw.ImageDraw,
    at: np.ndarray,
    numbers: np.ndarray,
    names: Sequence[str],
    edges: tuple[float, float],
) -> None:
    """Write each class's name in the middle of its points, unless it would be over another one."""
    middles = []
    for number, name in enumerate(names):
        cloud = at[numbers == number]
        if len(cloud):
            # The median. np.median imports numpy.ma first, for half the time of a whole still.
            ranked = np.sort(cloud, axis=0)
            middle = (ranked[(len(cloud) - 1) // 2] + ranked[len(cloud) // 2]) / 2
            middles.append((name, middle))
    written: list[tuple[float, float, float]] = []
    for name, (x, y) in middles:
        half = length(name, _LETTERS) / 2
        near = sum(np.hypot(*(middle - (x, y))) < _LETTERS for _, middle in middles)
        over = any(abs(x - a) < half + b and abs(y - c) < _LETTERS for a, c, b in written)
        if near > 1 or over:
            continue
        written.append((x, y, half))
        write(
            pen, (x, y), name, "white", _LETTERS, "mm", within=edges,
            stroke_width=2, stroke_fill="#30343A",
        )  # fmt: skip
