"""Check images at the boundary: dtype, shape and range of the pixels, and how to mend them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import OnDisk, as_numbers, plain_array

_LOOKED_AT = 1 << 20  # pixels looked at in one go
# How the last axis is changed: channels given and wanted, in words, and as code.
_CHANNELS = (
    (1, 3, "grey", "numpy.repeat({}, 3, axis=-1)"),
    (2, 1, "grey with an alpha channel", "{}[..., :1]"),
    (2, 3, "grey with an alpha channel", "numpy.repeat({}[..., :1], 3, axis=-1)"),
    (3, 1, "coloured", "({} @ [0.299, 0.587, 0.114])[..., None]"),
    (4, 3, "coloured with an alpha channel", "{}[..., :3]"),
    (4, 1, "coloured with an alpha channel", "({}[..., :3] @ [0.299, 0.587, 0.114])[..., None]"),
)


def checked_images(images: ArrayLike, name: str = "images") -> np.ndarray:
    """Check images to be shown, and return them as uint8 (N, H, W, 1 or 3).

    Args:
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3).
        name: what the error message calls the argument.

    Raises:
        ValueError: another dtype or shape. The message says how to convert the images.
    """
    given = as_array(images, name)
    shown = given[..., None] if given.ndim == 3 else given
    if shown.ndim != 4 or shown.shape[-1] not in (1, 3) or given.dtype != np.uint8:
        raise ValueError(
            f"{name}: got {described(given)}; expected uint8 of shape (N, H, W), (N, H, W, 1) or "
            f"(N, H, W, 3). {remedy(given, name, (None, None, None), flat=True)}"
        )
    return shown


def checked_pixels(
    images: ArrayLike, shape: tuple[int, int, int], white: int | None = 255, name: str = "images"
) -> np.ndarray:
    """Check images for a tower, and return them as (N, H, W, C), from 0 to `white`.

    Images from 0 to 255 and images from 0 to 1 are told apart by the largest pixel of them all.
    If it is below 2, they are taken to be from 0 to 1, except that all may be 0. For uint8 there
    is only a warning then, as the images may be dark. For a tower that expects pixels from 0 to 1,
    uint8 images are divided by 255. Interpolation may have left a little more or less than the
    range: 1/510 of the largest pixel.

    Images on disk are returned as they are, except for a tower that expects pixels from 0 to 1.

    Args:
        images: real numbers (N, H, W, C), or (N, H, W) for one channel.
        shape: height, width and channels (H, W, C) of an image.
        white: the largest pixel, 255 or 1; None if it is not known. Then pixels only have to be
            finite.
        name: what the error message calls the argument.

    Raises:
        ValueError: another shape, dtype or range. The message says how to convert the images.
    """
    given = images if isinstance(images, OnDisk) and white != 1 else as_array(images, name)
    given = cast(np.ndarray, given)
    if len(shape) != 3:
        raise ValueError(
            f"{name}: got {described(given)}; expected numbers of shape (N, H, W, C). "
            f"{remedy(given, name, (None, None, None))}"
        )
    flat = given.ndim == 3 and shape[-1] == 1
    shaped = given[..., None] if flat else given
    bytes_for_floats = white == 1 and given.dtype == np.uint8
    good = bytes_for_floats or _in_range(given, white)
    if not good or shaped.ndim != 4 or shaped.shape[1:] != shape:
        wanted = f"(N, {', '.join(map(str, shape))}), as in training"
        numbers = "finite numbers" if white is None else f"numbers from 0 to {white}"
        found = f"shape {given.shape}" if good else described(given)
        asked = wanted if good else f"{numbers} of shape {wanted}"
        mend = remedy(given, name, shape, white)
        raise ValueError(f"{name}: got {found}; expected {asked}. {mend}")
    warn_if_black(shaped, name)
    return shaped / np.float32(255) if bytes_for_floats else shaped


def as_array(images: ArrayLike, name: str = "images") -> np.ndarray:
    """Return images as an array; ValueError if pixels are masked, or if images differ in shape."""
    shape = "one array of shape (N, H, W, C). Resize them to one shape first, as load_folder does"
    return plain_array(name, images, "images", shape)


def white_of(images: np.ndarray) -> int | None:
    """Return the largest pixel that images (N, ...) are scaled to, 255 or 1; None if neither."""
    if not images.size or not images.any():
        return None
    if images.dtype.kind == "b":
        return 1
    return next((white for white in (255, 1) if _in_range(images, white)), None)


def pictures_of(images: np.ndarray) -> np.ndarray | None:
    """Return a tower's images (N, H, W, C) as uint8, to be shown; None unless C is 1 or 3."""
    if images.shape[-1] not in (1, 3):
        return None
    if images.dtype == np.uint8:
        return images
    levels = images * 255.0 if white_of(images) == 1 else images
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def warn_if_black(images: np.ndarray, name: str = "images") -> None:
    """Warn of uint8 images (N, ...) that hold nothing but 0 and 1, and both of them."""
    if images.dtype != np.uint8 or not images.size:
        return
    step = max(1, _LOOKED_AT * len(images) // images.size)  # most often the first part is enough
    if any((images[i : i + step] > 1).any() for i in range(0, len(images), step)):
        return
    if images.any() and not images.all():
        warnings.warn(
            f"{name}: got uint8 of shape {images.shape} that hold nothing but 0 and 1; expected "
            f"numbers from 0 to 255, where 1 is black. If 1 is to be white, pass {name} * 255.",
            stacklevel=3,
        )


def described(images: np.ndarray) -> str:
    """Describe an array in words: dtype, shape, range, and which images are not finite."""
    words = f"{images.dtype} of shape {images.shape}"
    if images.dtype.kind not in "uif" or not images.size:
        return words
    low, high, holes = _range(images)
    words += f", from {low:g} to {high:g}"
    if len(holes):
        words += f", with NaN or infinity in {len(holes)} of {len(images)} images, first {holes[0]}"
    return words


def is_channels_first(shape: tuple[int, ...]) -> bool:
    """Return whether images of this shape are (N, C, H, W), with one or three channels."""
    return len(shape) == 4 and shape[1] in (1, 3) and min(shape[2:]) >= 8


def remedy(
    images: np.ndarray,
    name: str,
    shape: tuple[int | None, int | None, int | None],
    white: int | None = None,
    *,
    flat: bool = False,
) -> str:
    """Say how to convert images that were refused, in full sentences.

    Args:
        images: as they were given.
        name: what the sentences call them.
        shape: (H, W, C) of an image, None for what is not known. If nothing is known, the images
            are to be uint8.
        white: the largest pixel, as for `checked_pixels`.
        flat: whether the images are to be shown: (N, H, W) is a good shape, too, and there are one
            or three channels.
    """
    if images.dtype.kind not in "buif":
        return as_numbers(images, name)
    words, passed, rest = [], name, []
    exact = shape == (None, None, None)
    shown = not flat or images.shape[-1:] in ((1,), (3,))
    if not ((_fits(images.shape, shape) and shown) or (flat and images.ndim == 3)):
        found = _arranged(images.shape, name, shape)
        if found is not None:
            words, passed = [found[0]], found[1]
        else:
            rest = [_other_images(images.shape, shape)]
    bytes_for_floats = white == 1 and images.dtype == np.uint8
    if (exact and images.dtype != np.uint8) or not (bytes_for_floats or _in_range(images, white)):
        scale = _rescaled(images, passed, 255 if exact else white)
        if scale is None:
            rest += ["Undo what was done to the pixels first, such as subtracting a mean."]
        else:
            words, passed = [*words, scale[0]], scale[1]
    known = [] if passed == name else [f"These are {' and '.join(words)}: pass {passed}."]
    return " ".join(known + rest)


def remedy_for_one(image: np.ndarray, name: str, shape: tuple[int, int, int]) -> str:
    """Say how to convert one image, which is to be uint8 (H, W, C), in a full sentence."""
    ways = {name: image.shape}
    if image.ndim == 2:
        ways = {name if shape[2] == 1 else f"{name}[..., None]": (*image.shape, 1)}
    elif image.ndim == 3:
        ways[f"numpy.moveaxis({name}, 0, -1)"] = np.moveaxis(image, 0, -1).shape
    for code, found in ways.items():
        change = ("", "{}") if found == shape else _channels(found[-1:], shape[2:])
        if found[:2] == shape[:2] and change is not None:
            passed = change[1].format(code)
            break
    else:
        return "Resize it first."
    if image.dtype == np.uint8 and "@" in passed:
        return f"Pass {_byte(f'{passed}.round()')}."
    scale = None if image.dtype == np.uint8 else _rescaled(image, passed, 255)
    passed = passed if scale is None else scale[1]
    return "Undo what was done to its pixels first." if passed == name else f"Pass {passed}."


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    """Return whether a shape is that of a batch of the wanted images."""
    if len(shape) != 4 or (None in wanted and is_channels_first(shape)):
        return False
    return all(want in (None, got) for got, want in zip(shape[1:], wanted, strict=True))


def _channels(given: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[str, str] | None:
    """Return what images of so many channels are called, and the code that changes the number."""
    return next((way[2:] for way in _CHANNELS if way[:2] == (*given, *wanted)), None)


def _other_images(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> str:
    """Say what to do with images that no code turns into the wanted shape."""
    if None in wanted:
        return "Bring them into this shape first."
    if len(shape) == 4 and shape[1:3] == wanted[:2]:
        return f"Choose {wanted[2]} of their {shape[3]} channels, or train on images like these."
    return "Resize the images, or train on images of this size."


def _arranged(
    shape: tuple[int, ...], name: str, wanted: tuple[int | None, ...]
) -> tuple[str, str] | None:
    """Find what an array of another shape may be: in words, and as code that mends it."""
    known = None not in wanted
    side = math.isqrt(shape[-1]) if shape else 0
    # Of pixels, if the images are flattened.
    row = (side, side, 1) if not known else tuple(length or 0 for length in wanted)
    ways: tuple[tuple[int, str, str, Callable[..., tuple[int, ...]]], ...] = (
        (4, "channels first", "numpy.moveaxis({}, 1, -1)", lambda n, c, h, w: (n, h, w, c)),
        (3, "one image", "{}[None]", lambda *s: (1, *s)),
        (3, "without an axis of channels", "{}[..., None]", lambda *s: (*s, 1)),
        (3, "one image with channels first", "numpy.moveaxis({}, 0, -1)[None]",
         lambda c, h, w: (1, h, w, c)),
        (2, "flattened", f"{{}}.reshape(-1, {', '.join(map(str, row))})",
         lambda n, d: (n, *row) if d == math.prod(row) and (known or (d >= 64 and n != d)) else ()),
        (2, "one image without an axis of channels", "{}[None, ..., None]",
         lambda h, w: (1, h, w, 1) if known or max(h, w) < 4 * min(h, w) else ()),
        (4, "stacked along the last axis", "numpy.moveaxis({}, -1, 0)",
         lambda h, w, c, n: (n, h, w, c)),
    )  # fmt: skip
    found = [
        (words, code.format(name), new)
        for axes, words, code, turned in ways
        if len(shape) == axes and len(new := turned(*shape)) == 4
    ]
    for words, code, new in found:
        if _fits(new, wanted) and (known or new[-1] in (1, 3)):
            return words, code
    for words, code, new in [("", name, shape), *(found if known else [])]:
        for have, want, kind, change in _CHANNELS:
            if new[3:] == (have,) and _fits((*new[:3], want), wanted):
                return f"{words} and {kind}" if words else kind, change.format(code)
    return None


def _in_range(images: np.ndarray, white: int | None) -> bool:
    """Return whether pixels are finite numbers from 0 to white, by the rule of `checked_pixels`."""
    if images.dtype.kind not in ("buif" if white is None else "uif"):
        return False
    if not images.size or (images.dtype == np.uint8 and white != 1):
        return True
    low, high = float(images.min()), float(images.max())
    if white is None:
        return math.isfinite(low) and math.isfinite(high)
    little = high / 510
    if not -little <= low <= high < white * 511 / 510:
        return False
    return white == 1 or high >= 2 or high <= 0


def _range(images: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return the least and the largest finite pixel, and the images (M,) that hold another."""
    low, high = float(images.min()), float(images.max())
    if math.isfinite(low) and math.isfinite(high):
        return low, high, np.zeros(0, np.int64)
    finite = np.isfinite(images)
    holes = np.flatnonzero(~finite.reshape(len(images), -1).all(axis=1))
    some = images[finite]
    return (float(some.min()), float(some.max()), holes) if some.size else (low, high, holes)


def _rescaled(images: np.ndarray, pixels: str, white: int | None) -> tuple[str, str] | None:
    """Find how pixels of another dtype or range are scaled: in words, and as code that mends it."""
    if images.dtype.kind == "b":
        return "boolean", f'{pixels}.astype("float32")' if white == 1 else f"{_byte(pixels)} * 255"
    if not images.size:
        return "not uint8", _byte(pixels)
    low, high, holes = _range(images)
    if len(holes):
        pixels = f"numpy.nan_to_num({pixels}, posinf={high:g}, neginf={low:g})"
    holed = ", with holes that this fills" if len(holes) else ""
    whole = images.dtype.kind in "ui"
    if white is None and len(holes) and math.isfinite(low):
        return f"finite{holed}", pixels
    little = abs(high) / 510
    ways = (
        (low == high == 0, "all 0", "{}"),
        (low >= 0 and high <= 1, "from 0 to 1", "({} * 255).round()"),
        (low >= -0.1 and high <= 1.1, "about from 0 to 1", "({}.clip(0, 1) * 255).round()"),
        (low >= -little and high < 255.5, "from 0 to 255", "{}" if whole else "{}.round()"),
        (low < 0 and high - low <= 1.001, "from 0 to 1, less a mean",
         "(({0} - {0}.min()) * 255).round()"),
        (low >= -1 and high <= 1, "from -1 to 1", "(({} + 1) * 127.5).round()"),
        (-128 <= low <= -16 and 16 <= high <= 127, "from -128 to 127", "({}.astype(int) + 128)"),
        (low >= 0 and high < 1 << 10, "of 10 bits", "({} // 4)"),
        (low >= 0 and high < 1 << 12, "of 12 bits", "({} // 16)"),
        (low >= 0 and high < 1 << 14, "of 14 bits", "({} // 64)"),
        (low >= 0 and high < 1 << 16, "of 16 bits", "({} // 257)"),
    )  # fmt: skip
    for holds, words, code in ways:
        if holds:
            levels = _byte(code.format(pixels))
            return words + holed, f"{levels} / 255" if white == 1 else levels
    return None


def _byte(pixels: str) -> str:
    return f'{pixels}.astype("uint8")'
