"""Draw the threshold explorer as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.colors import DIFFERENT, INK, SAME
from siamese_lib.images import png, without_gray_axis
from siamese_lib.lettering import write
from siamese_lib.views.still import LARGEST
from siamese_lib.views.threshold import mistakes
from siamese_lib.views.threshold.mistakes import Choice, JudgedPairs

_WIDTH, _CHART = 860, 230  # pixels
_CARDS, _CARD, _IMAGE, _ROW = 8, 110, 44, 104
_WORDS = 54  # pixels, next to a distance
_FINE = 2  # drawn at this many times the size, then reduced
_FADED = "60"  # opacity, in hexadecimal


def still_png(pairs: JudgedPairs, choice: Choice) -> bytes:
    """Draw the histograms, the threshold and the first mistakes, on a transparent background.

    Returns:
        A PNG below 60 kB.
    """
    height = _CHART + 2 * _ROW + 24
    picture = Image.new("RGBA", (_WIDTH * _FINE, height * _FINE))
    pen = ImageDraw.Draw(picture)
    _draw_bars(pen, pairs, choice)
    at = pairs.verification.at(choice.threshold)
    said = {
        "accepts": f"{at.false_accepts:,} false accepts: {at.fpr:.1%} of different pairs",
        "rejects": f"{at.false_rejects:,} false rejects: {1 - at.tpr:.1%} of same pairs",
    }
    shown = mistakes.mistakes(pairs, choice)
    for number, (kind, words) in enumerate(said.items()):
        top = _CHART + 28 + number * _ROW
        _write(pen, (0, top), words, (DIFFERENT, SAME)[number], 15)
        for place, card in enumerate(shown[kind][:_CARDS]):
            _draw_card(picture, pen, pairs, card, (place * _CARD, top + 24))
    small = picture.resize((_WIDTH, height), Image.Resampling.BOX)
    for colors in (256, 64, 16):
        content = png(small.quantize(colors, Image.Quantize.FASTOCTREE), optimize=True)
        if len(content) < LARGEST:
            break
    return content


def _draw_bars(pen: ImageDraw.ImageDraw, pairs: JudgedPairs, choice: Choice) -> None:
    """Draw same pairs upwards and different pairs downwards; wrongly judged pairs are opaque."""
    bars = mistakes.chart(pairs)["bars"]
    middle, step = _CHART / 2, _WIDTH / mistakes.BINS
    line = choice.threshold / pairs.limit * _WIDTH
    most = np.sqrt(max(map(max, bars.values())))
    kinds = (("same", SAME, -1, (line, _WIDTH)), ("different", DIFFERENT, 1, (0, line)))
    for kind, color, way, wrong in kinds:
        for number, share in enumerate(bars[kind]):
            end = middle + way * np.sqrt(share) / most * (middle - 8)
            left, right = number * step, (number + 1) * step
            inside = max(left, wrong[0]), min(right, wrong[1])
            for (start, stop), ink in (((left, right), color + _FADED), (inside, color)):
                if stop > start and share:
                    rows = sorted((middle, end))
                    pen.rectangle(_fine(start, rows[0], stop, rows[1]), fill=ink)
    pen.line(_fine(0, middle, _WIDTH, middle), INK, _FINE)
    pen.line(_fine(line, 0, line, _CHART), INK, 2 * _FINE)
    _write(pen, (_WIDTH - 4, 10), "same pairs", SAME, 14, "rt")
    _write(pen, (_WIDTH - 4, _CHART - 10), "different pairs", DIFFERENT, 14, "rb")
    side = "lb" if line < _WIDTH / 2 else "rb"
    words = f"threshold {mistakes.short(choice.threshold, pairs.limit)}"
    _write(pen, (line + (6 if side == "lb" else -6), _CHART - 2), words, INK, 13, side)
    _write(pen, (0, _CHART + 4), "distance 0", INK, 12)
    _write(pen, (_WIDTH, _CHART + 4), mistakes.short(pairs.limit, pairs.limit), INK, 12, "ra")


def _draw_card(
    picture: Image.Image,
    pen: ImageDraw.ImageDraw,
    pairs: JudgedPairs,
    card: dict,
    corner: tuple[float, float],
) -> None:
    left, top = corner
    for side, number in enumerate(card["images"]):
        image = pairs.images[number]
        pixels = Image.fromarray(without_gray_axis(image)).convert("RGBA")
        large = pixels.resize((_IMAGE * _FINE, _IMAGE * _FINE), Image.Resampling.NEAREST)
        picture.paste(large, (round((left + side * (_IMAGE + 2)) * _FINE), round(top * _FINE)))
    words = "" if card["words"] is None else " · ".join(card["words"])
    _write(pen, (left, top + _IMAGE + 4), words, INK, 13, width=_WORDS)
    _write(pen, (left + 2 * _IMAGE + 2, top + _IMAGE + 4), card["distance"], INK, 12, "ra")


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    words: str,
    ink: str,
    size: int,
    anchor: str = "la",
    width: float | None = None,
) -> None:
    left, top = at
    width = None if width is None else _FINE * width
    write(pen, (_FINE * left, _FINE * top), words, ink, size * _FINE, anchor, width=width)


def _fine(*pixels: float) -> tuple[float, ...]:
    return tuple(_FINE * pixel for pixel in pixels)
