"""Draw at twice the size and reduce, so that lines and letters have smooth edges."""

from __future__ import annotations

from PIL import Image, ImageDraw

from siamese_lib.colors import INK
from siamese_lib.images import png
from siamese_lib.lettering import write
from siamese_lib.views.still import LARGEST

_KEY = 10  # pixels
FINE = 2  # drawn at this many times the size, then reduced


class FinePicture:
    """A transparent picture to draw on, in pixels of the reduced one.

    Args:
        width, height: of the reduced picture.

    Attributes:
        image: the picture at `FINE` times the size.
        pen: draws on it.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self.image = Image.new("RGBA", (width * FINE, height * FINE))
        self.pen = ImageDraw.Draw(self.image)

    def write(
        self,
        at: tuple[float, float],
        words: str,
        size: int,
        anchor: str = "la",
        ink: str = INK,
        width: float | None = None,
    ) -> None:
        """Write words, as `siamese_lib.lettering.write` does."""
        left, top = at
        wide = None if width is None else FINE * width
        write(self.pen, (FINE * left, FINE * top), words, ink, size * FINE, anchor, width=wide)

    def key(self, at: tuple[float, float], color: str) -> None:
        """Draw a small square that gives the words next to it a colour's meaning.

        Words themselves are in `INK`: colours have too little contrast on one of both grounds.
        """
        left, top = at
        self.pen.rectangle(fine(left, top, left + _KEY, top + _KEY), color)

    def png(self) -> bytes:
        """Return the reduced picture as a PNG below 60 kB."""
        small = self.image.resize(self._size, Image.Resampling.BOX)
        content = b""
        for colors in (256, 64, 16):
            content = png(small.quantize(colors, Image.Quantize.FASTOCTREE), optimize=True)
            if len(content) < LARGEST:
                break
        return content


def fine(*pixels: float) -> tuple[float, ...]:
    """Return pixels of the reduced picture as those of the large one."""
    return tuple(FINE * pixel for pixel in pixels)
