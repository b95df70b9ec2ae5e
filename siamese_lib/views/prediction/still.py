"""Draw a question and its answer, and the measured value if it is known, as a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from siamese_lib.colors import INK, PALETTE
from siamese_lib.views.fine_picture import FINE, FinePicture, fine
from siamese_lib.views.prediction.question import Answer, Question

SAID = PALETTE[8]  # colour of the reader's answer; what was measured is in the colour of the text
_WIDTH, _EDGE, _LINE, _CHART = 760, 70, 24, 200  # pixels
_LETTERS = 96  # in a line


def still_png(question: Question, answer: Answer, words: str, truth: Answer = None) -> bytes:
    """Draw a question, what was said and measured, and words below, on a transparent background.

    Args:
        question: what was asked.
        answer: what the reader said, or None.
        words: written below.
        truth: what was measured, or None if it is not to be shown.

    Returns:
        A PNG.
    """
    title, below = (textwrap.wrap(text, _LETTERS) for text in (question.text, words))
    rows = {"choice": _LINE * len(question.choices), "number": 90, "curve": _CHART + 2 * _LINE}
    top = _LINE * len(title) + 8
    height = top + rows[question.kind] + _LINE * len(below) + 8
    drawing = _Drawing(_WIDTH, height)
    drawing.lines(0, title, 16)
    draw = {"choice": _draw_choices, "number": _draw_line, "curve": _draw_curve}
    draw[question.kind](drawing, top, question, answer, truth)
    drawing.lines(height - _LINE * len(below), below, 15)
    return drawing.png()


class _Drawing(FinePicture):
    """Draw lines of text, paths, discs and diamonds."""

    def lines(self, top: float, lines: Sequence[str], size: int) -> None:
        for row, words in enumerate(lines):
            self.write((0, top + _LINE * row), words, size)

    def path(self, points: Sequence[tuple[float, float]], ink: str, width: float) -> None:
        self.pen.line([fine(*point) for point in points], ink, round(FINE * width), joint="curve")

    def disc(self, x: float, y: float, radius: float, ink: str, *, filled: bool) -> None:
        box = fine(x - radius, y - radius, x + radius, y + radius)
        self.pen.ellipse(box, ink if filled else None, ink, 2 * FINE)

    def diamond(self, x: float, y: float, radius: float, ink: str) -> None:
        corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
        self.pen.polygon([fine(*corner) for corner in corners], ink)


def _draw_choices(
    drawing: _Drawing, top: float, question: Question, answer: Any, truth: Any
) -> None:
    """Write the choices under each other; a disc marks what was said, a diamond the truth."""
    for row, choice in enumerate(question.choices):
        middle = top + _LINE * row + 9
        said = choice == answer
        drawing.disc(22, middle, 6, SAID if said else INK, filled=said)
        if choice == truth:
            drawing.diamond(8, middle, 6, INK)
        drawing.write((38, middle), choice, 14, "lm")


def _draw_line(drawing: _Drawing, top: float, question: Question, answer: Any, truth: Any) -> None:
    """Draw a number line, what was said above it, and what was measured below."""
    middle = top + 40
    drawing.path([(_EDGE, middle), (_WIDTH - _EDGE, middle)], INK, 1.5)
    drawing.write((_EDGE - 12, middle), question.words(question.low), 14, "rm")
    drawing.write((_WIDTH - _EDGE + 12, middle), question.words(question.high), 14, "lm")
    if answer is not None:
        x = _along(question, answer)
        drawing.disc(x, middle, 7, SAID, filled=True)
        drawing.write((x, middle - 12), f"you said {question.words(answer)}", 14, "mb")
    if truth is not None:
        x = _along(question, truth)
        drawing.diamond(x, middle, 8, INK)
        drawing.write((x, middle + 14), f"measured {question.words(truth, more=1)}", 14, "ma")


def _draw_curve(drawing: _Drawing, top: float, question: Question, answer: Any, truth: Any) -> None:
    """Draw a chart with both curves."""
    bottom = top + _CHART
    drawing.path([(_EDGE, top), (_EDGE, bottom), (_WIDTH - _EDGE, bottom)], INK, 1.5)
    drawing.write((_EDGE - 8, top), question.words(question.high), 14, "rm")
    drawing.write((_EDGE - 8, bottom), question.words(question.low), 14, "rm")
    drawing.write((_EDGE, bottom + 6), f"{question.x[0]:g}", 14)
    drawing.write((_WIDTH - _EDGE, bottom + 6), f"{question.x[-1]:g}", 14, "ra")
    drawing.write((_WIDTH / 2, bottom + 6), question.axes[0], 14, "ma")
    drawing.write((_EDGE + 10, top), question.axes[1], 14, "lm")
    name_at = {"you": "rt", "measured": "rb"}
    both = ((answer, SAID, 2.5, "you"), (truth, INK, 1.5, "measured"))
    for values, ink, width, name in both:
        if values is None:
            continue
        points = [
            (_across(question, x), bottom - (y - question.low) / _range(question) * _CHART)
            for x, y in zip(question.x, values, strict=True)
            if y is not None
        ]
        drawing.path(points, ink, width)
        for x, y in points:
            if name == "you":
                drawing.disc(x, y, 3.5, ink, filled=True)
            else:
                drawing.diamond(x, y, 4, ink)
        x, y = points[-1]
        drawing.write((x - 8, y + (8 if name == "you" else -8)), name, 14, name_at[name])


def _range(question: Question) -> float:
    return question.high - question.low


def _along(question: Question, value: float) -> float:
    """Return where a number is on the line; one outside is drawn at the end."""
    share = min(max((value - question.low) / _range(question), 0), 1)
    return _EDGE + share * (_WIDTH - 2 * _EDGE)


def _across(question: Question, x: float) -> float:
    """Return where a point of the curve is."""
    first, last = question.x[0], question.x[-1]
    return _EDGE + (x - first) / (last - first) * (_WIDTH - 2 * _EDGE)
