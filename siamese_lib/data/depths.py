"""Decide which number is white in a picture of more than 8 bits, as `reading` describes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    Opener = Callable[[], Path | BytesIO]  # gives what `Image.open` takes, anew each time

_WHITES = (255, 1023, 4095, 16383, 65535)  # of 8, 10, 12, 14 and 16 bits
_BITS_PER_SAMPLE, _MAX_SAMPLE_VALUE, _SAMPLE_FORMAT = 258, 281, 339  # tags of a TIFF
_UNSIGNED, _SIGNED = 1, 2  # values of the last one
# Pillow keeps the high byte of a colour of 16 bits. These raw modes give the low one: of RGB and
# RGBA those of the other order of bytes. Grey with alpha has four bytes, as RGBA of 8 bits has.
_LOW_BYTES = {
    "RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B",
    "LA;16B": "RGBA",
}  # fmt: skip


def white_level(values: np.ndarray, known: int | None) -> tuple[int, bool]:
    """Return the number that is white, and whether it was guessed from the values.

    Args:
        values: whole numbers, 0 to 65,535, of the pixels that are not transparent.
        known: what the file says; ignored if a value is larger.
    """
    highest = values.max(initial=0)
    if known is not None and highest <= known:
        return known, False
    return next(white for white in _WHITES if highest <= white), True


def white_in_file(opened: Image.Image, file: Opener) -> int | None:
    """Return the number that a file says is white; None if it does not say it.

    Args:
        opened: the picture, not loaded yet.
        file: opens the file again.
    """
    if opened.format == "PNG":
        return _png_white(file)
    if opened.format == "PPM":  # of other largest values than 65,535, Pillow scales the pixels
        tiles = getattr(opened, "tile", [])
        return 65535 if tiles and tiles[0].codec_name.startswith("ppm") else None
    tags = getattr(opened, "tag_v2", None)
    if tags is None:
        return None
    bits = int(np.ravel(tags.get(_BITS_PER_SAMPLE, 1)).max())
    if 8 < bits < 16 or is_signed_byte(opened):
        return 2**bits - 1
    highest = np.ravel(tags.get(_MAX_SAMPLE_VALUE, 0)).max()
    return next((white for white in _WHITES[1:-1] if 255 < highest <= white), None)


def is_signed_byte(opened: Image.Image) -> bool:
    """Return whether a picture is a TIFF of 8 bits with a sign, which Pillow reads without it."""
    return opened.mode == "L" and _sample_format(opened) == _SIGNED


def whole_numbers(picture: Image.Image) -> np.ndarray:
    """Return the greys of a picture as its file means them, where Pillow takes or drops a sign."""
    values = np.asarray(picture)
    kind = _sample_format(picture)
    if is_signed_byte(picture):
        values = values.view(np.int8)
    elif values.dtype == np.int32 and kind == _UNSIGNED:
        values = values.view(np.uint32)
    return values


def is_clear(values: np.ndarray, opened: Image.Image) -> np.ndarray:
    """Return which pixels have the one colour that a PNG's chunk tRNS makes transparent.

    Args:
        values: the pixels as the file has them, (H, W) or (H, W, 3).
        opened: the picture.

    Returns:
        bool (H, W).
    """
    key = opened.info.get("transparency") if opened.format == "PNG" else None
    if key is None:
        return np.zeros(values.shape[:2], bool)
    same = values == np.array(key)
    return same.all(-1) if same.ndim > 2 else same


def scale_key(opened: Image.Image) -> None:
    """Scale the transparent grey of a PNG of 2 or 4 bits, as Pillow scales its pixels.

    Args:
        opened: the picture, not loaded yet. Its `info` is changed.
    """
    scale = {"L;2": 85, "L;4": 17}.get(_raw_mode(opened))
    if scale and "transparency" in opened.info and opened.format == "PNG":
        opened.info["transparency"] *= scale


def low_bytes(opened: Image.Image) -> str | None:
    """Return the raw mode that gives the low bytes of colours of 16 bits; None for 8 bits.

    Args:
        opened: the picture, not loaded yet.
    """
    # libtiff gives the bytes in the machine's order.
    return _LOW_BYTES.get(_raw_mode(opened).replace(";16N", ";16L" if np.little_endian else ";16B"))


def deep_color(
    opened: Image.Image, file: Opener, low: str, known: int | None
) -> tuple[Image.Image, int | None] | None:
    """Scale the colours of 16 bits of a dark picture, which Pillow makes nearly black.

    A colour that is transparent is compared with all of its 16 bits, and becomes white.

    Args:
        opened: the picture with the high bytes, which Pillow reads.
        file: opens the file again.
        low: the raw mode that gives the low bytes.
        known: what the file says is white, or None.

    Returns:
        The picture, and the guessed white or None; None if Pillow's own 8 bits are right.
    """
    from PIL import Image  # waits: slow to import

    high = np.asarray(opened)
    keyed = "transparency" in opened.info
    if not keyed and high[..., :3].max() > _WHITES[-2] >> 8:
        return None
    with Image.open(file()) as again:
        again.tile = [  # type: ignore[attr-defined]
            tile._replace(args=low if isinstance(tile.args, str) else (low, *tile.args[1:]))
            for tile in again.tile  # type: ignore[attr-defined]
        ]
        again.getexif = Image.Exif  # type: ignore[method-assign]
        again.load()
        rest = np.asarray(again)
    rest = rest[..., [1, 1, 1]] if low == "RGBA" else rest[..., :3]
    deep = high[..., :3].astype(np.int64) << 8 | rest
    clear = is_clear(deep, opened)
    pixels, white, guessed = high.copy(), _WHITES[-1], False
    if deep[~clear].max(initial=0) <= _WHITES[-2]:
        white, guessed = white_level(deep[~clear], known)
        pixels[..., :3] = np.minimum(deep, white) * 255 // white
    pixels[clear] = 255
    return Image.fromarray(pixels), white if guessed else None


def _sample_format(picture: Image.Image) -> int:
    """Return what a TIFF says of the sign of its numbers; 0 for other formats."""
    tags = getattr(picture, "tag_v2", None)
    return 0 if tags is None else int(np.ravel(tags.get(_SAMPLE_FORMAT, _UNSIGNED))[0])


def _raw_mode(opened: Image.Image) -> str:
    """Return the raw mode that all parts of a picture have; "" if they differ."""
    raw = {_raw(tile.args) for tile in getattr(opened, "tile", [])}
    return raw.pop() if len(raw) == 1 else ""


def _raw(arguments: object) -> str:
    """Return the raw mode among the arguments of a decoder."""
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def _png_white(file: Opener) -> int | None:
    """Return what a PNG's chunk sBIT says, for 9 to 15 bits; else None."""
    source = file()
    if isinstance(source, BytesIO):
        return _significant(source)
    with source.open("rb") as stream:
        return _significant(stream)


def _significant(stream: BinaryIO) -> int | None:
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        length, name = cast("tuple[int, bytes]", struct.unpack(">I4s", head))
        if name == b"sBIT" and length <= 4:
            bits = max(stream.read(length), default=0)
            return 2**bits - 1 if 8 < bits < 16 else None
        if name in (b"IDAT", b"IEND"):
            break
        stream.seek(length + 4, 1)
    return None
