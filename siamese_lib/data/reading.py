"""Read one picture, from a file or from bytes, as an array: the only reader of pictures.

Folders, the terminal's ``retrieve`` and uploads to the explorer all read through `read_image`, so
one file becomes the same array everywhere.

**Grey pictures of more than 8 bits.** A file with 16 bits for each pixel often holds fewer: 10 or
12 bits from a camera. What is white is then, in this order:

1. what the file says, if it says less than 16 bits: a PGM's largest value, a TIFF's BitsPerSample
   or MaxSampleValue, a PNG's chunk sBIT;
2. else the smallest of 255, 1,023, 4,095, 16,383 and 65,535 (8 to 16 bits) that is not below any
   pixel.

Floating-point numbers are read if they are from 0 to 1, of which 1 is white, or whole numbers as
above. Others have no known range and are refused.

So a picture is never stretched to its own brightest pixel: pictures from one camera keep their
relative brightness as long as their brightest pixels need the same number of bits. The rule looks
at one file only, so a picture does not change when others are added. Colours of 16 bits are read
likewise.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from siamese_lib.data.depths import (
    deep_color,
    is_clear,
    is_signed_byte,
    low_bytes,
    scale_key,
    white_in_file,
    white_level,
    whole_numbers,
)
from siamese_lib.data.fitting import fitted, on_white
from siamese_lib.data.room import DECODED
from siamese_lib.texts import printable

if TYPE_CHECKING:
    from PIL import Image

_JPEG = b"\xff\xd8"  # how such a file begins
_ORIENTATION = 0x0112  # the EXIF tag
_WHITE_IS_ZERO = 0x0106, 0  # a TIFF's tag and its value

_Made = TypeVar("_Made")


class PictureError(ValueError):
    """A picture that cannot be read. The message is the reason, without the name of the file."""

    @property
    def sentence(self) -> str:
        """The reason as a sentence."""
        return f"This picture cannot be read: {self}."


class NotAPictureError(PictureError):
    """A file in no format that Pillow reads."""

    @property
    def sentence(self) -> str:
        """What the file is not, and what to do."""
        return f"This is {self}. Save it as one of these."


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was read.

    Attributes:
        pixels: uint8 (H, W, C).
        size: width and height of the picture in the file, upright.
        guessed_white: the value taken as white because the file does not say it; None for
            pictures of 8 bits, and for those that say it.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    guessed_white: int | None = None

    @property
    def done(self) -> str:
        """What was done to the picture, in words."""
        width, height = self.size
        same = (height, width) == self.pixels.shape[:2]
        words = "used unchanged" if same else "scaled to fit and centred"
        if self.guessed_white is not None:
            words = f"{self.guessed_white:,} taken as white, {words}"
        return f"{width} × {height} pixels, {words}"


def read_image(
    source: Path | bytes, shape: tuple[int, int, int], *, formats: tuple[str, ...] | None = None
) -> Picture:
    """Read a picture, scaled to fit and centred.

    A picture is rotated as its EXIF orientation says; an EXIF block that cannot be read is
    ignored. Transparent parts become white. Of a moving picture, the first frame is read. The
    picture is scaled to fit without changing its proportions. The bars that remain get the median
    colour of the picture's own border, so that neither dark nor light pictures get a frame; those
    of a picture with transparent parts are white.

    Args:
        source: path of a file, or its content.
        shape: height, width and channels (1 for grey or 3 for colours) of the result.
        formats: Pillow's names of formats to try; by default all.

    Raises:
        NotAPictureError: Pillow reads no such format.
        PictureError: the picture is damaged, too large, holds numbers without a known range, or
            cannot be opened; or the channels are neither 1 nor 3.
    """
    with quiet():
        return read_in_thread(source, shape, formats)


def read_in_thread(
    source: Path | bytes, shape: tuple[int, int, int], formats: tuple[str, ...] | None
) -> Picture:
    """Read a picture as `read_image` does, in one of several threads that share one `quiet`."""
    height, width, channels = shape
    if channels not in (1, 3):
        raise PictureError(f"a picture has 1 or 3 channels; expected {channels}. Give an array.")
    fit = partial(fitted, shapes=[shape])
    (pixels,), size, white = _opened(source, 2 * max(height, width), formats, fit)
    return Picture(pixels, size, white)


def read_with_thumbnail(
    file: Path,
    shape: tuple[int, int, int],
    thumbnail: tuple[int, int, int],
    *,
    formats: tuple[str, ...] | None = None,
) -> tuple[Picture, np.ndarray]:
    """Read a picture, and a thumbnail of it that is the same whatever `shape` is.

    Several threads may read at once, all of them inside one `quiet`.

    Args:
        file: path of the file.
        shape: as for `read_image`.
        thumbnail: height, width and channels of the thumbnail.
        formats: as for `read_image`.

    Returns:
        The picture, and the thumbnail, uint8.

    Raises:
        PictureError: as for `read_image`.
    """
    enough, for_thumbnail = (2 * max(height, width) for height, width, _ in (shape, thumbnail))
    again = False
    if enough != for_thumbnail:
        with _in_words(file), file.open("rb") as content:
            # A JPEG is decoded at a fraction of its size, which depends on `shape`.
            again = content.read(len(_JPEG)) == _JPEG
    both = partial(fitted, shapes=[shape, thumbnail])
    (pixels, small), size, white = _opened(file, enough, formats, both)
    if again:
        (small,), _, _ = _opened(file, for_thumbnail, formats, partial(fitted, shapes=[thumbnail]))
    return Picture(pixels, size, white), small


def upright(
    source: Path | bytes, *, enough: int | None = None, formats: tuple[str, ...] | None = None
) -> tuple[Image.Image, tuple[int, int], int | None]:
    """Open a picture, and return it upright, with 8 bits and on white.

    Args:
        source: path of a file, or its content.
        enough: pixels that the shorter side needs; a JPEG of more is decoded at a fraction of its
            size.
        formats: as for `read_image`.

    Returns:
        The picture, in any of Pillow's modes of 8 bits without transparency; its width and height
        in the file; and `Picture.guessed_white`.

    Raises:
        PictureError: as for `read_image`.
    """
    with quiet():
        return _opened(source, enough, formats, on_white)


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore what Pillow warns of: odd metadata, and pictures of 90 to 180 megapixels.

    It reads the pixels of both. It refuses larger pictures, as they may be made to fill the memory.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(PIL|siamese_lib\.data)\b")
        yield


@contextmanager
def _in_words(source: Path | bytes) -> Iterator[None]:
    """Turn every error into a PictureError."""
    from PIL import UnidentifiedImageError  # waits: slow to import

    try:
        yield
    except UnidentifiedImageError:
        raise NotAPictureError(
            "not a PNG or JPEG, nor a picture in another format that Pillow reads"
        ) from None
    except PictureError:
        raise
    except Exception as error:  # on bad files, Pillow's readers raise errors of any type
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        name = "" if isinstance(source, bytes) else str(source)
        words = words.replace(name, "the file") if name else words
        raise PictureError(printable(" ".join(words.split()))) from error


def _opened(
    source: Path | bytes,
    enough: int | None,
    formats: tuple[str, ...] | None,
    use: Callable[[Image.Image], _Made],
) -> tuple[_Made, tuple[int, int], int | None]:
    """Open a picture, and make something of it while there is room for it in memory.

    Args:
        source, enough, formats: as for `upright`.
        use: takes the picture, upright and with 8 bits, perhaps with transparent parts.

    Returns:
        What `use` returns; and the size and the white that `upright` returns.
    """
    with _in_words(source), ExitStack() as room:
        picture, size, white = _decoded(source, enough, formats, room)
        made = use(picture)
        del picture  # before others may use its room
        return made, size, white


def _decoded(
    source: Path | bytes, enough: int | None, formats: tuple[str, ...] | None, room: ExitStack
) -> tuple[Image.Image, tuple[int, int], int | None]:
    from PIL import Image  # waits: slow to import

    def file() -> Path | BytesIO:
        return BytesIO(source) if isinstance(source, bytes) else source

    with Image.open(file(), formats=formats) as opened:
        tags = getattr(opened, "tag_v2", None)  # of a TIFF
        turn = 1 if tags is None else _orientation(opened)  # before a TIFF closes its file
        size = opened.size
        # Let JPEG decode fewer pixels.
        fewer = enough is not None and opened.draft(None, (enough, enough)) is not None
        known, low = white_in_file(opened, file), low_bytes(opened)
        scale_key(opened)
        room.enter_context(DECODED.taken(opened.width * opened.height))
        # Loading a TIFF reads its EXIF block too, and fails with it.
        opened.getexif = Image.Exif  # type: ignore[method-assign]
        opened.load()
        del opened.getexif
        size = size if fewer else opened.im.size  # a TIFF's size is turned before its pixels are
        turn = _orientation(opened) if tags is None else turn
        picture: Image.Image = opened
        white = None
        if picture.mode.startswith("I") or picture.mode == "F" or is_signed_byte(opened):
            inverted = tags is not None and tags.get(_WHITE_IS_ZERO[0]) == _WHITE_IS_ZERO[1]
            picture, white = _eight_bits(opened, known, inverted)
        elif low and (deep := deep_color(opened, file, low, known)):
            picture, white = deep
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(turn)
    picture = picture if method is None else picture.transpose(method)
    return picture, size[::-1] if turn in (5, 6, 7, 8) else size, white


def _orientation(opened: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if there is none or it cannot be read."""
    try:
        found = opened.getexif().get(_ORIENTATION, 1)
        return int(found)
    except Exception:  # a damaged block raises errors of many types
        return 1


def _eight_bits(
    picture: Image.Image, known: int | None, inverted: bool
) -> tuple[Image.Image, int | None]:
    """Scale greys of more than 8 bits; Pillow's own conversion clips them at 255.

    Returns:
        The picture in mode L, and `Picture.guessed_white`.
    """
    from PIL import Image  # waits: slow to import

    deep = whole_numbers(picture)
    if deep.dtype.kind == "f":
        deep = _from_floats(deep)
    deep = deep.astype(np.int64)
    if deep.min() < 0 or deep.max() > 65535:
        raise PictureError(
            f"its pixels are from {deep.min():,} to {deep.max():,}; expected 0 to 65,535; save it "
            "with 8 or 16 bits"
        )
    clear = is_clear(deep, picture)
    white, guessed = white_level(deep[~clear], known)
    grey = (np.minimum(deep, white) * 255 // white).astype(np.uint8)
    grey = 255 - grey if inverted else grey
    grey[clear] = 255
    return Image.fromarray(grey), white if guessed else None


def _from_floats(pixels: np.ndarray) -> np.ndarray:
    """Return floating-point pixels of a known range as whole numbers; see the top of this file."""
    if not np.isfinite(pixels).all():
        raise PictureError("it holds pixels that are not finite numbers; save it with 8 or 16 bits")
    low, high = float(pixels.min()), float(pixels.max())
    if low >= 0 and 0 < high <= 1:
        return np.rint(pixels * 255.0)
    if high == 0 or not (pixels == np.rint(pixels)).all():
        raise PictureError(
            f"floating-point pixels from {low:g} to {high:g} have no known range; expected 0 to 1, "
            "or whole numbers to 65,535; save it with 8 or 16 bits"
        )
    return pixels
