"""Turn strokes and pictures into images like those that the tower was trained on.

MNIST's digits were scaled smoothly to fit a box of 20 by 20 pixels, without changing their
proportions. They were placed so that their centre of mass is the middle of the 28 by 28 image
(LeCun, Bottou, Bengio and Haffner, 1998). Images of another size get a box in the same proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.data.reading import PictureError, read_image, upright

_BOX = 20 / 28  # side of the box, as a share of the shorter side of the image
_PEN = 2.8 / 28  # width of a stroke, likewise; typical of MNIST
_ENOUGH = 25  # a picture needs so many times the sides of the image; more takes time for nothing
_FINE = 8  # strokes are drawn at so many times the resolution of the image
_FAINT = 0.15  # share of full ink; anything fainter is the grain of the paper
_LEAST = 25  # smallest difference between ink and ground, in grey levels
_CLEAR = 60  # grey levels: colours of a drawing that are closer are hard to see
_LOOKED_AT = 500  # images, of which the colours are taken


@dataclass(frozen=True)
class Paper:
    """The two colours of a drawing.

    Attributes:
        ground, ink: levels in 0..255, one for each channel of the images (1 or 3).
    """

    ground: tuple[int, ...] = (0,)
    ink: tuple[int, ...] = (255,)

    @property
    def light(self) -> bool:
        """Whether the ground is lighter than the ink."""
        return sum(self.ground) > sum(self.ink)

    @property
    def colors(self) -> list[str]:
        """Ground and ink as "#rrggbb"."""
        return [
            "#" + "".join(f"{level:02x}" for level in (each * 3)[:3])
            for each in (self.ground, self.ink)
        ]


BLACK = Paper()  # white ink on black, as in MNIST
_WHITE = Paper((255,), (0,))


def paper_of(images: np.ndarray) -> Paper:
    """Find the colours of ground and ink of images, so that a drawing looks like them.

    Each image has a ground of its own: the median of its border. The one that is nearest to all
    others is taken. The ink is the median of what differs most from it in each image with such a
    ground. An ink that differs from the ground by less than 60 levels in each channel gives way to
    black or white.

    Args:
        images: uint8 (N, H, W, C), of which up to 500 are looked at, evenly.

    Returns:
        A `Paper` with C levels each; `BLACK` in C channels if there are no images.
    """
    channels = images.shape[-1]
    if not images.size:
        return Paper((0,) * channels, (255,) * channels)
    rows = np.linspace(0, len(images) - 1, min(len(images), _LOOKED_AT)).astype(int)
    some = images[rows].astype(np.int16)
    edges = np.concatenate([some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1]], axis=1)
    grounds = np.median(edges, axis=1)
    apart = np.abs(grounds[:, None] - grounds)
    # Not the median of all: between black and white pages, that may be a grey that none has.
    ground = grounds[apart.sum(axis=(1, 2)).argmin()]
    alike = np.abs(grounds - ground).max(axis=1) < _CLEAR
    pixels = some.reshape(len(some), -1, channels)[alike]
    farthest = np.abs(pixels - ground).sum(axis=-1).argmax(axis=1)
    ink = np.median(pixels[np.arange(len(pixels)), farthest], axis=0)
    if np.abs(ink - ground).max() < _CLEAR:
        ink = np.full(channels, 0 if ground.mean() > 127 else 255)
    return Paper(tuple(map(int, ground)), tuple(map(int, ink)))


def from_strokes(
    strokes: Sequence[Sequence[Sequence[float]]],
    shape: tuple[int, int, int],
    *,
    light: bool = False,
) -> np.ndarray:
    """Draw strokes, prepared as MNIST's digits were.

    Args:
        strokes: each a list of points (x, y), with y pointing down, in any unit.
        shape: height, width and channels (1 or 3) of the image.
        light: draw black ink on a white ground instead of white ink on a black ground.

    Returns:
        uint8 (H, W, C).

    Raises:
        ValueError: there are no strokes, or some points are not pairs of finite numbers.

    Example:
        >>> seven = [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.9]]]
        >>> image = sl.from_strokes(seven, (28, 28, 1))
        >>> image.shape, image.dtype
        ((28, 28, 1), dtype('uint8'))
    """
    return drawn(strokes, shape, _WHITE if light else BLACK)


def drawn(
    strokes: Sequence[Sequence[Sequence[float]]], shape: tuple[int, int, int], paper: Paper
) -> np.ndarray:
    """Draw strokes as `from_strokes` does, with the ink and on the ground of some images."""
    lines = [np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not lines:
        raise ValueError("The pad is empty. Draw something on it first.")
    points = np.concatenate(lines)
    if not np.isfinite(points).all():
        raise ValueError("The strokes hold points that are not numbers. Clear the pad, draw again.")
    low, side = points.min(axis=0), float(np.ptp(points, axis=0).max())
    pen = _PEN * min(shape[:2]) * _FINE
    room = _BOX * min(shape[:2]) * _FINE - pen
    size = int(room + 2 * pen) + 2
    picture = Image.new("L", (size, size))
    draw = ImageDraw.Draw(picture)
    for line in lines:
        at = (line - low) * (room / side if side else 0) + pen
        draw.line([*map(tuple, at.tolist())], 255, round(pen), joint="curve")
        for x, y in at.tolist():  # round ends
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), 255)
    grown = side > 0  # a dot is not enlarged
    placed = _placed(np.asarray(picture) / 255, shape, grow=grown)
    return _finished(placed, shape, paper)


def from_file(
    source: Path | bytes, shape: tuple[int, int, int], *, paper: Paper = BLACK
) -> tuple[np.ndarray, str]:
    """Read a picture, and prepare it as MNIST's digits were.

    For three channels, a picture is read as `load_folder` reads it, as those digits are grey.

    Args:
        source: path of a file, or its content.
        shape: as for `from_strokes`.
        paper: colours of ground and ink of the image.

    Returns:
        The image, uint8 (H, W, C), and a text that says what was done to the picture.

    Raises:
        ValueError: the picture cannot be read, or has nearly one colour.
    """
    try:
        if shape[2] == 3:
            read = read_image(source, shape)
            return read.pixels, read.done
        grey, size = _grey(source, _ENOUGH * min(shape[:2]))
    except PictureError as error:
        raise ValueError(error.sentence) from error
    before = f"{size[0]} × {size[1]} pixels"
    # The border shows the ground. Ink is what differs most from it.
    ground, ink = _ground(grey), np.percentile(grey, [0.5, 99.5])
    turned = ground - ink[0] > ink[1] - ground
    kinds = ("dark on light", "light on dark")
    words = "" if turned == paper.light else f"{kinds[not turned]}, inverted; "
    contrast = ground - ink[0] if turned else ink[1] - ground
    if contrast < _LEAST:
        raise ValueError(
            f"This picture has nearly one colour: its ink and its ground differ by {contrast:.0f} "
            f"grey levels; expected at least {_LEAST}. Choose one with more contrast."
        )
    if grey.shape == shape[:2]:
        levels = grey if turned == paper.light else 255 - grey
        as_given = np.repeat(levels.astype(np.uint8)[..., None], shape[2], axis=2)
        return as_given, f"{before}, {words}taken as it is"
    inked = np.clip((ground - grey if turned else grey - ground) / contrast, 0, 1)
    inked = np.clip((inked - _FAINT) / (1 - _FAINT), 0, 1)
    box = round(_BOX * min(shape[:2]))
    return _finished(_placed(inked, shape), shape, paper), (
        f"{before}, {words}cropped to what is drawn, scaled to {box} pixels along its longer side, "
        "centre of mass in the middle"
    )


def _grey(source: Path | bytes, enough: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Read a picture as grey levels, float64 (H, W); also returns its size in the file.

    A large one is reduced by a whole number, as long as its shorter side keeps `enough` pixels.
    """
    picture, size, _ = upright(source, enough=enough)
    grey = picture.convert("RGB").convert("L")
    return np.asarray(grey.reduce(max(1, min(grey.size) // enough)), np.float64), size


def like_mnist(images: np.ndarray) -> bool:
    """Return whether images look as MNIST's digits do: light ink in the box, its mass centred.

    Args:
        images: uint8 (N, H, W, C), of which up to 500 are looked at.
    """
    if images.shape[-1] != 1 or not len(images):
        return False
    some = images[np.linspace(0, len(images) - 1, min(len(images), 500)).astype(int), ..., 0]
    return float(np.mean([_looks_prepared(image) for image in some])) > 0.9


def _looks_prepared(image: np.ndarray) -> bool:
    """Return whether an image, uint8 (H, W), has its ink in the box and its mass in the middle."""
    side = min(image.shape)
    ink = np.where(image > 255 * _FAINT, image, 0).astype(float)
    if not ink.any():
        return False
    for axis, length in enumerate(image.shape):
        mass = ink.sum(axis=1 - axis)
        drawn = np.flatnonzero(mass)
        middle = float(mass @ (np.arange(length) + 0.5)) / mass.sum()
        if np.ptp(drawn) + 1 > _BOX * side + 1 or abs(middle - length / 2) > 1.5 * side / 28:
            return False
    return True


def _placed(ink: np.ndarray, shape: tuple[int, int, int], *, grow: bool = True) -> np.ndarray:
    """Scale ink (h, w) in 0..1 to the box; return (H, W) with its centre of mass in the middle."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = _BOX * min(shape[:2])
    scale = box / max(ink.shape) if grow else 1 / _FINE
    size = [max(1, round(length * scale)) for length in ink.shape[::-1]]
    small = Image.fromarray((255 * ink).astype(np.float32)).resize(
        (size[0], size[1]), Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    )
    part = np.clip(np.asarray(small) / 255, 0, 1)
    part = part / max(part.max(), 1e-9)
    image = np.zeros(shape[:2])
    corner = []
    for axis, length in enumerate(part.shape):
        mass = part.sum(axis=1 - axis)
        middle = float(mass @ (np.arange(length) + 0.5)) / mass.sum()
        # A half is rounded as a half, whatever the sums' last digits are.
        start = round(round(shape[axis] / 2 - middle, 4))
        corner.append(int(np.clip(start, 0, shape[axis] - length)))
    top, left = corner
    image[top : top + part.shape[0], left : left + part.shape[1]] = part
    return image


def _finished(ink: np.ndarray, shape: tuple[int, int, int], paper: Paper) -> np.ndarray:
    """Turn ink (H, W) in 0..1 into uint8 (H, W, C)."""
    ground, full = (np.broadcast_to(level, shape[2]) for level in (paper.ground, paper.ink))
    return np.rint(ground + ink[..., None] * (full - ground)).astype(np.uint8)


def _ground(grey: np.ndarray) -> float:
    """Return the median level of the border of an image (H, W)."""
    return float(int(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))))
