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
_BITS_PER_SAMPLE, _MAX_SAMPLE_VALUE = 258, 281  # tags of a TIFF
# Pillow keeps the high byte of a colour of 16 bits. These raw modes give the low one: of RGB and
# RGBA those of the other order of bytes. Grey with alpha has four bytes, as RGBA of 8 bits has.
_LOW_BYTES = {
    "RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B",
    "LA;16B": "RGBA",
}  # fmt: skip


def white_level(values: np.ndarray, known: int | None) -> tuple[int, bool]:
    """Return the number that is white, and whether it was guessed from the values.

    Args:
        values: whole numbers, 0 to 65,535.
        known: what the file says; ignored if a value is larger.
    """
    highest = values.max()
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
    if 8 < bits < 16:
        return 2**bits - 1
    highest = np.ravel(tags.get(_MAX_SAMPLE_VALUE, 0)).max()
    return next((white for white in _WHITES[1:-1] if 255 < highest <= white), None)


def low_bytes(opened: Image.Image) -> str | None:
    """Return the raw mode that gives the low bytes of colours of 16 bits; None for 8 bits.

    Args:
        opened: the picture, not loaded yet.
    """
    raw = {_raw(tile.args) for tile in getattr(opened, "tile", [])}
    kind = raw.pop() if len(raw) == 1 else ""
    # libtiff gives the bytes in the machine's order.
    return _LOW_BYTES.get(kind.replace(";16N", ";16L" if np.little_endian else ";16B"))


def deep_color(
    high: np.ndarray, file: Opener, low: str, known: int | None
) -> tuple[Image.Image, int | None] | None:
    """Scale the colours of 16 bits of a dark picture, which Pillow makes nearly black.

    Args:
        high: the high bytes, which Pillow reads, uint8 (H, W, 3 or 4).
        file: opens the file again.
        low: the raw mode that gives the low bytes.
        known: what the file says is white, or None.

    Returns:
        The picture, and the guessed white or None; None if Pillow's own 8 bits are right.
    """
    from PIL import Image  # waits: slow to import

    if high[..., :3].max() > _WHITES[-2] >> 8:
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
    white, guessed = white_level(deep, known)
    pixels = high.copy()
    pixels[..., :3] = deep * 255 // white
    return Image.fromarray(pixels), white if guessed else None


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
