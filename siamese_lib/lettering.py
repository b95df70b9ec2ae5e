"""Draw text from outside with Pillow, so that it can be read and different texts look different.

Pillow's own font has few letters beyond ASCII, and draws the same box for all others. DejaVu Sans,
which matplotlib ships, has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters.
What neither has is written as Python escapes it: 猫 becomes ``\\u732b``, and a tab ``\\t``.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_NO_LETTER = "\U0010fffe"  # Unicode never gives it a meaning, so a font draws its box for it
_UNSEEN = ("VARIATION SELECTOR", "JOINER", "FILLER")  # letters that only change others
_TRIED = 20  # size at which letters are tried


def write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    ink: str,
    size: float,
    anchor: str = "la",
    *,
    width: float | None = None,
    within: tuple[float, float] | None = None,
    stroke_width: float = 0,
    stroke_fill: str | None = None,
) -> None:
    """Write a line of text.

    Args:
        pen: draws on a picture.
        at: x and y of the anchor, in pixels.
        text: anything. Letters that no font has are escaped.
        ink: colour.
        size: of the letters, in pixels.
        anchor: Pillow's two letters for the place that `at` says.
        width: the longest line, in pixels; a longer one is shortened. None for any length.
        within: x of the edges that a text written around its middle may not cross.
        stroke_width, stroke_fill: those of Pillow's ``text``.
    """
    words = readable(text) if width is None else fitting(text, size, width)
    font, (x, y) = _font(words, size), at
    if within is not None:
        half = font.getlength(words) / 2 + stroke_width
        x = max(within[0] + half, min(x, within[1] - half))
    pen.text((x, y), words, ink, font, anchor, stroke_width=stroke_width, stroke_fill=stroke_fill)


def write_beside(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    name: str,
    number: str,
    ink: str,
    size: float,
    width: float,
) -> None:
    """Write a name and a number to its right, both around the middle of a place.

    They are drawn apart: in one text, a name that is read from right to left would move to the
    right of the number.

    Args:
        pen: draws on a picture.
        at: x of the middle and y of the upper edge, in pixels.
        name: anything; a long one is shortened.
        number: in digits.
        ink: colour.
        size: of the letters, in pixels.
        width: the longest line, in pixels.
    """
    gap = length("n", size)
    name = fitting(name, size, width - gap - length(number, size))
    font, (x, y) = _font(name + number, size), at
    left = x - (font.getlength(name) + gap + font.getlength(number)) / 2
    pen.text((left, y), name, ink, font)
    pen.text((left + font.getlength(name) + gap, y), number, ink, font)


def readable(text: str) -> str:
    """Return text with those letters escaped that cannot be drawn."""
    return "".join(
        letter if any(_has(face, letter) for face in range(_faces())) else _escaped(letter)
        for letter in text
    )


def fitting(text: str, size: float, width: float) -> str:
    """Return readable text of up to `width` pixels, with an ellipsis in the middle if need be."""
    text = readable(text)
    if length(text, size) <= width:
        return text
    few, many = 0, len(text)  # letters that fit, and that do not
    while many - few > 1:
        middle = (few + many) // 2
        if length(_cut(text, middle), size) <= width:
            few = middle
        else:
            many = middle
    return _cut(text, few)


def short_names(names: Sequence[str], size: float, width: float) -> list[str]:
    """Return readable names of up to `width` pixels, different where the names are different.

    Different names that would look alike begin with their number.
    """
    short = [fitting(name, size, width) for name in names]
    looks = [unicodedata.normalize("NFC", name) for name in short]
    seen = Counter(look for look, _ in set(zip(looks, names, strict=True)))
    return [
        name if seen[look] == 1 else fitting(f"{number}: {names[number]}", size, width)
        for number, (name, look) in enumerate(zip(short, looks, strict=True))
    ]


def length(text: str, size: float) -> float:
    """Return how long a readable text is, in pixels."""
    return _font(text, size).getlength(text)


def _cut(text: str, letters: int) -> str:
    head = (letters + 1) // 2
    return f"{text[:head]}…{text[len(text) - (letters - head) :]}"


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


@lru_cache(maxsize=1)
def _faces() -> int:
    """Return how many fonts there are: Pillow's own, and DejaVu Sans if matplotlib is installed."""
    return 1 + (_dejavu() is not None)


def typefaces() -> Path | None:
    """Return the folder of the typefaces that matplotlib ships; None if it is not installed."""
    package = find_spec("matplotlib")  # which is found without importing it
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "mpl-data", "fonts", "ttf")
        if path.is_dir():
            return path
    return None


@lru_cache(maxsize=1)
def _dejavu() -> Path | None:
    folder = typefaces()
    path = folder and folder / "DejaVuSans.ttf"
    return path if path and path.is_file() else None


@lru_cache(maxsize=32)
def _face(number: int, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if number == 0:
        return ImageFont.load_default(size)
    return ImageFont.truetype(str(_dejavu()), size)


def _font(text: str, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the first font that has all letters of a readable text, or else the last."""
    faces = range(_faces())
    number = next((n for n in faces if all(_has(n, letter) for letter in text)), faces[-1])
    return _face(number, size)


@lru_cache(maxsize=4096)
def _has(number: int, letter: str) -> bool:
    """Return whether a font shows a letter: neither as a box, nor as nothing at all."""
    if letter == " ":
        return True
    if unicodedata.category(letter)[0] in "CZ":  # controls, and spaces that look like others
        return False
    if any(word in unicodedata.name(letter, "") for word in _UNSEEN):
        return False
    shown = _drawn(number, letter)
    return any(shown) and shown != _drawn(number, _NO_LETTER)


@lru_cache(maxsize=4096)
def _drawn(number: int, letter: str) -> bytes:
    picture = Image.new("L", (3 * _TRIED, 3 * _TRIED))
    ImageDraw.Draw(picture).text((_TRIED, _TRIED), letter, 255, _face(number, _TRIED))
    return picture.tobytes()
