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
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_lib.data.depths import deep_color, low_bytes, white_in_file, white_level
from siamese_lib.texts import printable

if TYPE_CHECKING:
    from PIL import Image

_JPEG = b"\xff\xd8"  # how such a file begins
_ORIENTATION = 0x0112  # the EXIF tag
_WHITE_IS_ZERO = 0x0106, 0  # a TIFF's tag and its value


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
    colour of the picture's own border, so that neither dark nor light pictures get a frame.

    Args:
        source: path of a file, or its content.
        shape: height, width and channels (1 for grey or 3 for colours) of the result.
        formats: Pillow's names of formats to try; by default all.

    Raises:
        NotAPictureError: Pillow reads no such format.
        PictureError: the picture is damaged, too large, holds numbers without a known range, or
            cannot be opened; or the channels are neither 1 nor 3.
    """
    height, width, channels = shape
    if channels not in (1, 3):
        raise PictureError(f"a picture has 1 or 3 channels; expected {channels}. Give an array.")
    picture, size, white = upright(source, enough=2 * max(height, width), formats=formats)
    return Picture(_fitted(picture, shape), size, white)


def read_with_thumbnail(
    file: Path,
    shape: tuple[int, int, int],
    thumbnail: tuple[int, int, int],
    *,
    formats: tuple[str, ...] | None = None,
) -> tuple[Picture, np.ndarray]:
    """Read a picture, and a thumbnail of it that is the same whatever `shape` is.

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
    opened, size, white = upright(file, enough=enough, formats=formats)
    picture = Picture(_fitted(opened, shape), size, white)
    if shape == thumbnail:
        return picture, picture.pixels
    if enough != for_thumbnail:
        with file.open("rb") as content:
            jpeg = content.read(len(_JPEG)) == _JPEG
        if jpeg:  # it was decoded at a fraction of its size, which depends on `shape`
            opened, _, _ = upright(file, enough=for_thumbnail, formats=formats)
    return picture, _fitted(opened, thumbnail)


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
    from PIL import UnidentifiedImageError  # waits: slow to import

    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of pictures of 90 to 180 megapixels, but still reads
            # the pixels. It refuses larger pictures, as they may be made to fill the memory.
            warnings.simplefilter("ignore")
            return _opened(source, enough, formats)
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
    source: Path | bytes, enough: int | None, formats: tuple[str, ...] | None
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
        # Loading a TIFF reads its EXIF block too, and fails with it.
        opened.getexif = Image.Exif  # type: ignore[method-assign]
        opened.load()
        del opened.getexif
        size = size if fewer else opened.im.size  # a TIFF's size is turned before its pixels are
        turn = _orientation(opened) if tags is None else turn
        picture: Image.Image = opened
        white = None
        if picture.mode.startswith("I") or picture.mode == "F":
            inverted = tags is not None and tags.get(_WHITE_IS_ZERO[0]) == _WHITE_IS_ZERO[1]
            picture, white = _eight_bits(picture, known, inverted)
        elif low and (deep := deep_color(np.asarray(opened), file, low, known)):
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
    return _on_white(picture), size[::-1] if turn in (5, 6, 7, 8) else size, white


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

    deep = np.asarray(picture)
    if deep.dtype.kind == "f":
        deep = _from_floats(deep)
    deep = deep.astype(np.int64)
    if deep.min() < 0 or deep.max() > 65535:
        raise PictureError(
            f"its pixels are from {deep.min():,} to {deep.max():,}; expected 0 to 65,535; save it "
            "with 8 or 16 bits"
        )
    white, guessed = white_level(deep, known)
    grey = (deep * 255 // white).astype(np.uint8)
    return Image.fromarray(255 - grey if inverted else grey), white if guessed else None


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


def _on_white(picture: Image.Image) -> Image.Image:
    """Put white behind the transparent parts of a picture, as a web page would show it."""
    from PIL import Image  # waits: slow to import

    if not picture.has_transparency_data:
        return _from_lab(picture) if picture.mode == "LAB" else picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)


def _from_lab(picture: Image.Image) -> Image.Image:
    """Convert L*a*b* to sRGB, which Pillow's own conversion refuses."""
    from PIL import ImageCms  # waits: slow to import

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(picture)


def _fitted(picture: Image.Image, shape: tuple[int, int, int]) -> np.ndarray:
    """Scale a picture to fit, and centre it: uint8 (H, W, C)."""
    from PIL import Image  # waits: slow to import

    height, width, channels = shape
    if picture.mode == "HSV":
        picture = picture.convert("RGB")  # HSV cannot become grey at once
    picture = picture.convert("L" if channels == 1 else "RGB")
    scale = min(height / picture.height, width / picture.width)
    inner = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture = picture.resize(inner, Image.Resampling.BILINEAR)
    pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    filled = np.empty(shape, np.uint8)
    filled[:] = np.median(border, axis=0)
    top, left = (height - picture.height) // 2, (width - picture.width) // 2
    filled[top : top + picture.height, left : left + picture.width] = pixels
    return filled
