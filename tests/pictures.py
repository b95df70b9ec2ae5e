"""Files of pictures, written byte by byte where Pillow cannot write them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


def content(picture: np.ndarray | Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture's file, as Pillow writes it."""
    buffer = io.BytesIO()
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png16(pixels: np.ndarray, significant: bytes = b"", clear: tuple[int, ...] = ()) -> bytes:
    """A PNG of 16 bits: uint16 (H, W, 1 to 4).

    It has a chunk sBIT if there are significant bits, and tRNS if there is a transparent colour.
    """
    height, width, channels = pixels.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = [row.astype(">u2").tobytes() for row in pixels]
    return _png((width, height, 16, kind), rows, significant, clear)


def png4(pixels: np.ndarray, clear: int) -> bytes:
    """A PNG of 4 bits: uint8 (H, W) below 16, W even, with a transparent grey."""
    height, width = pixels.shape
    rows = [(row[::2] << 4 | row[1::2]).tobytes() for row in pixels]
    return _png((width, height, 4, 0), rows, b"", (clear,))


def _png(
    head: tuple[int, ...], rows: list[bytes], significant: bytes, clear: tuple[int, ...]
) -> bytes:

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    extra = chunk(b"sBIT", significant) if significant else b""
    extra += chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear)) if clear else b""
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *head, 0, 0, 0)) + extra
        + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b"")
    )  # fmt: skip


def tiff(
    data: bytes, size: tuple[int, int], bits: int, channels: int = 1, photometric: int = 1,
    sample_format: int = 1,
) -> bytes:  # fmt: skip
    """An uncompressed little-endian TIFF around the bytes of its pixels."""
    entries = {
        256: (3, 1, size[0]), 257: (3, 1, size[1]), 259: (3, 1, 1), 262: (3, 1, photometric),
        277: (3, 1, channels), 278: (3, 1, size[1]), 279: (4, 1, len(data)),
        339: (3, 1, sample_format),
    }  # fmt: skip
    count = len(entries) + 2
    after = 8 + 2 + 12 * count + 4
    entries[258] = (3, channels, bits if channels == 1 else after)
    entries[273] = (4, 1, after + 2 * channels)
    body = b"".join(struct.pack("<HHII", tag, *value) for tag, value in sorted(entries.items()))
    head = b"II*\0" + struct.pack("<IH", 8, count) + body + bytes(4)
    return head + struct.pack(f"<{channels}H", *[bits] * channels) + data


def packed12(values: np.ndarray) -> bytes:
    """Numbers below 4,096, of an even count in each row, two in three bytes as a TIFF has them."""
    first, second = values.reshape(-1, 2).astype(int).T
    triples = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], 1)
    return triples.astype(np.uint8).tobytes()
