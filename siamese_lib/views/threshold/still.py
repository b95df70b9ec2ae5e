"""Draw the threshold explorer as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

import numpy as np
from PIL import Image

from siamese_lib.colors import DIFFERENT, INK, SAME
from siamese_lib.images import without_gray_axis
from siamese_lib.views.fine_picture import FINE, FinePicture, fine
from siamese_lib.views.threshold import mistakes
from siamese_lib.views.threshold.mistakes import Choice, JudgedPairs

_WIDTH, _CHART = 860, 230  # pixels
_CARDS, _CARD, _IMAGE, _ROW = 8, 110, 44, 116
_FADED = "60"  # opacity, in hexadecimal


def still_png(pairs: JudgedPairs, choice: Choice) -> bytes:
    """Draw the histograms, the threshold and the first mistakes, on a transparent background.

    Returns:
        A PNG below 60 kB.
    """
    height = _CHART + 2 * _ROW + 24
    picture = FinePicture(_WIDTH, height)
    _draw_bars(picture, pairs, choice)
    at = pairs.verification.at(choice.threshold)
    said = {
        "accepts": f"{at.false_accepts:,} false accepts: {at.fpr:.1%} of different pairs",
        "rejects": f"{at.false_rejects:,} false rejects: {1 - at.tpr:.1%} of same pairs",
    }
    shown = mistakes.mistakes(pairs, choice)
    for number, (kind, words) in enumerate(said.items()):
        top = _CHART + 28 + number * _ROW
        picture.key((0, top + 5), (DIFFERENT, SAME)[number])
        picture.write((16, top), words, 15)
        for place, card in enumerate(shown[kind][:_CARDS]):
            _draw_card(picture, pairs, card, (place * _CARD, top + 24))
    return picture.png()


def _draw_bars(picture: FinePicture, pairs: JudgedPairs, choice: Choice) -> None:
    """Draw same pairs upwards and different pairs downwards; wrongly judged pairs are opaque."""
    pen = picture.pen
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
            if share:
                pen.line(fine(left, end, right, end), color, 2 * FINE)
            for (start, stop), ink in (((left, right), color + _FADED), (inside, color)):
                if stop > start and share:
                    rows = sorted((middle, end))
                    pen.rectangle(fine(start, rows[0], stop, rows[1]), fill=ink)
    pen.line(fine(0, middle, _WIDTH, middle), INK, FINE)
    pen.line(fine(line, 0, line, _CHART), INK, 2 * FINE)
    picture.write((_WIDTH - 4, 10), "same pairs", 14, "rt")
    picture.write((_WIDTH - 4, _CHART - 10), "different pairs", 14, "rb")
    side = "lb" if line < _WIDTH / 2 else "rb"
    digits = mistakes.digits_up_to(pairs.limit)
    words = f"threshold {choice.threshold:.{digits}f}"
    picture.write((line + (6 if side == "lb" else -6), _CHART - 2), words, 13, side)
    picture.write((0, _CHART + 4), "distance 0", 12)
    picture.write((_WIDTH, _CHART + 4), f"{pairs.limit:.{digits}f}", 12, "ra")


def _draw_card(
    picture: FinePicture,
    pairs: JudgedPairs,
    card: dict,
    corner: tuple[float, float],
) -> None:
    left, top = corner
    for side, number in enumerate(card["images"]):
        image = pairs.images[number]
        pixels = Image.fromarray(without_gray_axis(image)).convert("RGBA")
        large = pixels.resize((_IMAGE * FINE, _IMAGE * FINE), Image.Resampling.NEAREST)
        picture.image.paste(large, (round((left + side * (_IMAGE + 2)) * FINE), round(top * FINE)))
    words = "" if card["words"] is None else " · ".join(dict.fromkeys(card["words"]))
    picture.write((left, top + _IMAGE + 4), words, 13, width=2 * _IMAGE + 12)
    distance = f"{card['distance']:.{mistakes.digits_up_to(pairs.limit)}f}"
    picture.write((left, top + _IMAGE + 20), distance, 12)
