"""Random changes that leave an image's class as it is, drawn again for each training step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from numbers import Real

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.pixels import white_of


@dataclass(frozen=True)
class RandomShift:
    """Shift each image by a whole number of pixels, vertically and horizontally.

    Shifts of up to one pixel make nine versions of an image, up to two pixels 25. The strip that
    a shift uncovers repeats the pixels at the edge.

    Give it to `ImageBatches` as ``augment=sl.RandomShift(1)``.

    Args:
        pixels: the largest shift in each direction, a whole number, 0 or more.

    Raises:
        ValueError: `pixels` is not a whole number, or is below 0.
    """

    pixels: int = 1

    def __post_init__(self) -> None:
        whole_number("pixels", self.pixels, 0)

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Shift a batch of images.

        Args:
            images: (N, H, W, C) of any dtype.
            rng: draws the shifts, all from -pixels to pixels equally likely.

        Returns:
            New images of the same shape and dtype.
        """
        count, height, width, _ = images.shape
        rows, columns = rng.integers(-self.pixels, self.pixels + 1, (2, count, 1))
        rows = np.clip(np.arange(height) + rows, 0, height - 1)
        columns = np.clip(np.arange(width) + columns, 0, width - 1)
        return images[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


@dataclass(frozen=True)
class RandomAffine:
    """Rotate, stretch, slant and shift each image a little, as handwriting and cameras do.

    The new pixel at x, measured from the middle of the image, is taken from (I + E) x + t in the
    old image, interpolated between the four nearest pixels (bilinear). Outside the old image, the
    pixels at its edge are repeated.

    Give it to `ImageBatches` as ``augment=sl.RandomAffine()``. It helps most when images are few.

    Args:
        spread: standard deviation of the four entries of E, from 0 to 1. With 0.08, the standard
            deviation of the rotation is about 3 degrees, and that of the stretch is 8 %.
        shift: the largest shift t, vertically and horizontally, in pixels; 0 or more.

    Raises:
        ValueError: `spread` or `shift` is not a number, or is out of range.
    """

    spread: float = 0.08
    shift: float = 1.0

    def __post_init__(self) -> None:
        _check_numbers(spread=(self.spread, 1), shift=(self.shift, np.inf))

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Distort a batch of images.

        Args:
            images: (N, H, W, C) of any real dtype.
            rng: draws E and t.

        Returns:
            New images of the same shape and dtype. Of an integer dtype or booleans, they are
            rounded.
        """
        count, height, width, _ = images.shape
        matrix = rng.normal(0, self.spread, (count, 2, 2))
        shift = rng.uniform(-self.shift, self.shift, (count, 2))
        sizes = np.concatenate([shift[..., None], matrix], axis=2).astype(np.float32)
        return _resampled(images, sizes @ _smooth_fields(height, width)[:3])


@dataclass(frozen=True)
class ElasticDistortion:
    """Distort each image as `RandomAffine` does, and bend it, as no two hands draw alike.

    To the place in the old image, the sum of a few waves is added, both vertically and
    horizontally: products of a cosine along the rows and one along the columns, of up to
    one and a half periods. So near pixels move alike, and far ones do not.

    Give it to `ImageBatches` as ``augment=sl.ElasticDistortion()``.

    Args:
        spread: as of `RandomAffine`, from 0 to 1.
        shift: as of `RandomAffine`, in pixels.
        bend: standard deviation of the amplitude of the longest waves, in pixels, 0 or more;
            shorter waves have less, in proportion to their length. With 0.5, the waves move a
            pixel by 0.7 pixels in each direction (root mean square).

    Raises:
        ValueError: an argument is not a number, or is out of range.

    References:
        Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to
        visual document analysis", ICDAR 2003, for elastic distortions of MNIST. There the field is
        noise, smoothed by a Gaussian.
    """

    spread: float = 0.08
    shift: float = 1.0
    bend: float = 0.5

    def __post_init__(self) -> None:
        _check_numbers(
            spread=(self.spread, 1), shift=(self.shift, np.inf), bend=(self.bend, np.inf)
        )

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Distort a batch of images; as `RandomAffine`, with the bend drawn as well."""
        count, height, width, _ = images.shape
        matrix = rng.normal(0, self.spread, (count, 2, 2))
        shift = rng.uniform(-self.shift, self.shift, (count, 2))
        bends = rng.normal(0, self.bend, (count, 2, len(_WAVES)))
        sizes = np.concatenate([shift[..., None], matrix, bends], axis=2).astype(np.float32)
        return _resampled(images, sizes @ _smooth_fields(height, width))


@dataclass(frozen=True)
class PhotoDistortion:
    """Change each image as another photograph of the same thing differs: crop, side, colours.

    The part of the image that is kept is `zoom` times as wide, and is somewhere in the image. It is
    scaled to the size of the image (bilinear). Where it is wider than the image, the pixels at the
    edge are repeated. Then colours change: saturation, contrast, brightness and a cast.

    Give it to `ImageBatches` as ``augment=sl.PhotoDistortion()``. Turn `flip` off for letters and
    signs, which change their meaning in a mirror.

    Args:
        zoom: from 0 to 1. The part is between ``exp(-zoom)`` and ``exp(zoom / 2)`` times as wide as
            the image: with 0.3, between 0.74 and 1.16 times.
        stretch: from 0 to 1. Height and width of the part differ by up to this share.
        flip: whether half of the images are mirrored, left for right.
        color: how much colours change, from 0 to 1. With 1, saturation changes by up to 40 %,
            contrast by up to 30 %, each channel by up to 10 %, and brightness by up to 12 % of
            white. Grey images have no saturation to change.

    Raises:
        ValueError: `zoom`, `stretch` or `color` is not a number from 0 to 1.

    References:
        Chen, Kornblith, Norouzi and Hinton, "A Simple Framework for Contrastive Learning of Visual
        Representations", 2020, section 3: crops together with changes of colour teach most.

    Example:
        >>> images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
        >>> other = sl.PhotoDistortion()(images, np.random.default_rng(1))
        >>> other.shape, other.dtype
        ((4, 32, 32, 3), dtype('uint8'))
    """

    zoom: float = 0.3
    stretch: float = 0.3
    flip: bool = True
    color: float = 1.0

    def __post_init__(self) -> None:
        for name in ("zoom", "stretch", "color"):
            value = getattr(self, name)
            if not isinstance(value, int | float | np.floating) or not 0 <= value <= 1:
                raise ValueError(f"{name} is {value!r}; expected a number from 0 to 1.")

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Distort a batch of images.

        Args:
            images: (N, H, W, C) of any real dtype; floats in 0..255 or in 0..1.
            rng: draws the changes.

        Returns:
            New images of the same shape, dtype and range. Of an integer dtype or booleans, they
            are rounded.
        """
        white = 255 if images.dtype.kind in "iu" else white_of(images) or 255
        changed = self._recolored(self._cropped(images.astype(np.float32), rng), rng, white)
        if images.dtype.kind in "biu":
            changed = np.rint(changed)
        return changed.astype(images.dtype)

    def _cropped(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        count, height, width, channels = images.shape
        zoom = np.exp(rng.uniform(-self.zoom, self.zoom / 2, count))
        stretch = np.exp(rng.uniform(-self.stretch, self.stretch, count) / 2)
        places = rng.uniform(-1, 1, (2, count))
        mirrored = self.flip & (rng.random(count) < 0.5)
        rows = _resampling(height, zoom * stretch, places[0])
        columns = _resampling(width, zoom / stretch, places[1])
        columns[mirrored] = columns[mirrored, ::-1]
        images = rows @ images.reshape(count, height, width * channels)
        turned = images.reshape(count, height, width, channels).swapaxes(1, 2)
        turned = columns @ turned.reshape(count, width, height * channels)
        return turned.reshape(count, width, height, channels).swapaxes(1, 2)

    def _recolored(self, images: np.ndarray, rng: np.random.Generator, white: int) -> np.ndarray:
        count, _, _, channels = images.shape

        def factor(most: float, columns: int = 1) -> np.ndarray:
            by = 1 + self.color * rng.uniform(-most, most, (count, 1, 1, columns))
            return by.astype(np.float32)

        saturation, contrast, brightness, cast = (
            factor(0.4), factor(0.3), factor(0.12) - 1, factor(0.1, channels)
        )  # fmt: skip
        if not self.color:
            return images
        grey = images.mean(axis=3, keepdims=True)
        images = grey + saturation * (images - grey)
        mean = images.mean(axis=(1, 2, 3), keepdims=True)
        images = (mean + contrast * (images - mean) + white * brightness) * cast
        return np.clip(images, 0, white)


def _resampling(side: int, zoom: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return matrices that scale one axis of images, float32 (N, side, side).

    Args:
        side: length of the axis, in pixels.
        zoom: float (N,), length of the part to keep, as a multiple of `side`.
        place: float (N,), where the part is, from -1 to 1: from one end of the axis to the other.
    """
    middle = (side - 1) / 2
    shift = place * np.abs(1 - zoom) * side / 2
    position = (np.arange(side) - middle) * zoom[:, None] + shift[:, None] + middle
    position = np.clip(position, 0, side - 1)
    return np.maximum(0, 1 - np.abs(position[..., None] - np.arange(side))).astype(np.float32)


# Half periods of the waves along rows and columns, the longest first.
_WAVES = [(i, total - i) for total in (2, 3, 4) for i in range(4) if total - i in range(4)]


@lru_cache(maxsize=8)
def _smooth_fields(height: int, width: int) -> np.ndarray:
    """Return the fields that move pixels: float32 (3 + waves, height * width).

    They are 1, the vertical and the horizontal distance from the middle in pixels, and the waves,
    each as high as it is long: those of two half periods have an amplitude of 1.
    """
    down, along = np.mgrid[:height, :width].astype(np.float64)
    waves = [
        2 / (i + j) * np.cos(np.pi * i * (down + 0.5) / height)
        * np.cos(np.pi * j * (along + 0.5) / width)
        for i, j in _WAVES
    ]  # fmt: skip
    flat = [np.ones_like(down), down - (height - 1) / 2, along - (width - 1) / 2]
    fields = np.stack([*flat, *waves]).reshape(len(flat) + len(waves), -1).astype(np.float32)
    fields.setflags(write=False)
    return fields


def _resampled(images: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Take each pixel from another place, interpolated between the four nearest pixels.

    Args:
        images: (N, H, W, C) of any real dtype.
        moved: float32 (N, 2, H * W), how far below and to the right of each pixel its place is.

    Returns:
        New images of the same shape and dtype. Outside the old image, the pixels at its edge are
        repeated.
    """
    count, height, width, channels = images.shape
    down, along = np.divmod(np.arange(height * width, dtype=np.int32), width)
    rows = np.clip(moved[:, 0] + down.astype(np.float32), 0, height - 1)
    columns = np.clip(moved[:, 1] + along.astype(np.float32), 0, width - 1)
    top = np.minimum(rows.astype(np.int32), max(height - 2, 0))
    left = np.minimum(columns.astype(np.int32), max(width - 2, 0))
    rows, columns = ((rows - top)[..., None], (columns - left)[..., None])
    place = top * width + left + np.arange(count, dtype=np.intp)[:, None] * (height * width)
    below, right = width * (height > 1), int(width > 1)
    pixels = images.reshape(-1, channels).astype(np.result_type(images.dtype, np.float32))

    def between(place: np.ndarray) -> np.ndarray:
        mixed, other = pixels.take(place, axis=0), pixels.take(place + right, axis=0)
        other -= mixed
        other *= columns
        mixed += other
        return mixed

    upper = between(place)
    mixed = between(place + below)
    mixed -= upper
    mixed *= rows
    mixed += upper
    if images.dtype.kind in "biu":
        np.rint(mixed, out=mixed)
    return mixed.reshape(images.shape).astype(images.dtype)


def _check_numbers(**limits: tuple[float, float]) -> None:
    """Raise ValueError unless each value is from 0 to its limit, and finite."""
    for name, (value, most) in limits.items():
        if not isinstance(value, Real) or not 0 <= value <= most or value == np.inf:
            limit = "that is finite and 0 or more" if most == np.inf else f"from 0 to {most}"
            raise ValueError(f"{name} is {value!r}; expected a number {limit}.")


# Augmentations that leave the largest pixel what it was, 255 or 1.
KEEP_WHITE = (RandomShift, RandomAffine, ElasticDistortion, PhotoDistortion)
