"""Find pictures that are there several times: scaled, compressed, shifted or made brighter.

Two steps find them. First, each picture is blurred and shrunk, and a gallery finds the few pictures
with the most similar pixels. Then each such pair is compared closely, with all that a copy may have
suffered taken out: a small shift, turn and change of size, and another brightness and contrast. All
is done once more with white bars. A picture that is not square has bars at two of its sides, of
which a copy may have others: a letter on a transparent ground has white ones, and its JPEG may have
black ones, as most of its border is black.

References:
    Simard, LeCun and Denker, "Efficient Pattern Recognition Using a New Transformation Distance",
    1993: the tangent distance.
    Breunig, Kriegel, Ng and Sander, "LOF: Identifying Density-Based Local Outliers", 2000:
    distances in units of those to the nearest neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_labels, whole_number
from siamese_lib.curation.findings import Findings
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.images import shrunk_to
from siamese_lib.pixels import checked_images
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import blocks

_SIDE = 32  # pixels: the longer side of what is compared
_BLUR = np.array([0.06, 0.24, 0.4, 0.24, 0.06], np.float32)  # about a Gaussian of 1 pixel
_NEAREST = 8  # pictures that each picture is compared with
# How much a copy may differ: shifts and changes of size in pixels at the border, turns likewise,
# contrast as a share, and brightness in levels of 256. More than that counts as a difference.
_ALLOWED = np.array([1, 1, 1, 1, 0.2, 30])
_NOISE = 3.0  # levels: differences of a pixel that compression leaves
_FLOOR = 20.0  # squared levels: contrast below which pictures count as flat


def near_duplicates(
    images: ArrayLike, labels: ArrayLike | None = None, *, count: int = 100
) -> Findings:
    """Find pairs of images that are nearly the same, the most alike first.

    Identical images come first. Of three copies or more, each is paired with the first.

    10,000 images of 64 by 64 pixels take some 13 seconds of a processor and 0.6 GiB, and twice as
    long and 0.8 GiB if any of them has bars. Images on disk are read into memory first.

    Args:
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3).
        labels: integers or strings (N,), for `Findings.labels` and `Findings.other_labels`.
        count: largest number of pairs, at least 1.

    Returns:
        `Findings`, whose `indices` are the later image of each pair and `others` the earlier one.
        So the images without `indices` still have one of each. The scores are from 0 to 1: 1 for
        identical images, 0.5 for two images that are as different as each is from the few most
        like it, and 0.9 if their squared difference is a ninth of that.

    Raises:
        ValueError: an argument is not as described.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> photos = rng.integers(0, 256, (50, 16, 16, 3), np.uint8)
        >>> photos[30] = photos[7]
        >>> photos[40] = photos[20] // 16 * 16
        >>> found = sl.curation.near_duplicates(photos, count=2)
        >>> found.others, found.indices
        (array([ 7, 20]), array([30, 40]))
    """
    pixels = checked_images(images)
    whole_number("count", count, 1)
    known = None if labels is None else checked_labels(labels, count=len(pixels))
    _, first, which = np.unique(fingerprints(pixels), return_index=True, return_inverse=True)
    earlier = first[which]
    copies = np.flatnonzero(earlier != np.arange(len(pixels)))
    distinct = np.unique(first)
    left, right, scores = _best_of(_alike(each) for each in _with_white_bars(pixels[distinct]))
    others = np.concatenate([earlier[copies], distinct[left]])
    indices = np.concatenate([copies, distinct[right]])
    scores = np.concatenate([np.ones(len(copies)), scores])
    order = np.argsort(-scores, kind="stable")[:count]
    indices, others = indices[order], others[order]
    return Findings(
        kind="near duplicate",
        indices=indices,
        scores=scores[order],
        others=others,
        labels=None if known is None else known[indices],
        other_labels=None if known is None else known[others],
    )


def _with_white_bars(pixels: np.ndarray) -> list[np.ndarray]:
    """Return pictures (N, H, W, C) as they are, and once more with white bars if any has bars.

    Bars are rows or columns of one colour, as many at one side as at the other, that end at a
    straight edge: at one of the sides, most pixels of the next line have another colour. The even
    ground of a drawing has no such edge.
    """
    white = pixels.copy()
    for axis in (1, 2):
        lines = np.moveaxis(pixels, axis, 1)
        count = lines.shape[1]
        other = (lines != lines[:, :1, :1]).any(axis=3).mean(axis=2)  # share of each line
        same = other == 0
        wide = np.minimum(
            *(np.logical_and.accumulate(side, axis=1).sum(axis=1) for side in (same, same[:, ::-1]))
        )
        wide[same.all(axis=1)] = 0
        everyone = np.arange(len(lines))
        edge = np.maximum(other[everyone, wide], other[everyone, count - 1 - wide])
        wide[edge <= 0.5] = 0
        from_border = np.minimum(np.arange(count), np.arange(count)[::-1])
        np.moveaxis(white, axis, 1)[from_border < wide[:, None]] = 255
    return [pixels] if np.array_equal(white, pixels) else [pixels, white]


def _best_of(
    found: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join pairs (left, right, scores), each with the highest of its scores."""
    left, right, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
    pairs, place = np.unique(np.stack([left, right]), axis=1, return_inverse=True)
    best = np.zeros(pairs.shape[1])
    np.maximum.at(best, place, scores)
    return pairs[0], pairs[1], best


def _alike(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of neighbours among different images, int64 (P,) twice, and scores (P,)."""
    nearest = min(_NEAREST, len(pixels) - 1)
    if nearest < 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    small = _blurred(shrunk_to(pixels, _SIDE).astype(np.float32))
    looks = _looks(small)
    found, _ = Gallery(looks).nearest(looks, nearest, exclude_self=True)
    both = np.stack([np.repeat(np.arange(len(found)), nearest), found.ravel()])
    pairs, place = np.unique(np.sort(both, axis=0), axis=1, return_inverse=True)
    differences = _differences(small, *pairs)
    usual = np.median(differences[place].reshape(found.shape), axis=1)
    scale = np.sqrt(usual[pairs[0]] * usual[pairs[1]])
    tiny = np.finfo(float).tiny  # two differences of 0: as alike as usual
    scores = (scale + tiny) / (scale + differences + 2 * tiny)
    return pairs[0], pairs[1], scores


def _blurred(pictures: np.ndarray) -> np.ndarray:
    """Blur float32 pictures (N, H, W, C), so that fine detail and noise count less."""
    reach = len(_BLUR) // 2
    for axis in (1, 2):
        margins = [(0, 0)] * 4
        margins[axis] = (reach, reach)
        padded = np.pad(pictures, margins, mode="edge")
        size = pictures.shape[axis]
        pictures = np.zeros_like(pictures)
        for start, weight in enumerate(_BLUR):
            pictures += weight * np.take(padded, range(start, start + size), axis=axis)
    return pictures


def _looks(small: np.ndarray) -> np.ndarray:
    """Return every other pixel, without brightness and contrast: unit vectors (N, dim)."""
    flat = small[:, ::2, ::2].reshape(len(small), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.maximum(lengths, np.sqrt(_FLOOR * flat.shape[1]))


def _differences(small: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Compare pairs of pictures, and return their squared differences as a share of their contrast.

    The difference d of two pictures is explained by what a copy may have suffered: the mean of
    (d − Σ pₖ·tₖ)² + noise²·Σ(pₖ/allowedₖ)² is made least over all p. The tₖ are how the mean of the
    two pictures changes with a small shift, turn, and so on.

    Args:
        small: float32 (N, H, W, C), blurred.
        left, right: int64 (P,), the pairs.

    Returns:
        float64 (P,).
    """
    size = small[0].size
    contrast = small.reshape(len(small), -1).var(axis=1, dtype=np.float64) + _FLOOR
    differences = np.empty(len(left))
    for part in blocks(len(left), 48 * size):
        first, second = small[left[part]], small[right[part]]
        changes = _changes((first + second) / 2)
        apart = (first - second).reshape(len(first), size, 1)
        products = (changes @ changes.transpose(0, 2, 1)).astype(np.float64) / size
        products += np.diag((_NOISE / _ALLOWED) ** 2)
        fitted = (changes @ apart).astype(np.float64) / size
        explained = (fitted * np.linalg.solve(products, fitted)).sum(axis=(1, 2))
        differences[part] = np.maximum((apart**2).mean(axis=(1, 2)) - explained, 0)
    return differences / np.sqrt(contrast[left] * contrast[right])


def _changes(pictures: np.ndarray) -> np.ndarray:
    """Return how pictures (B, H, W, C) change with each of `_ALLOWED`, float32 (B, 6, H·W·C)."""
    count, height, width, _ = pictures.shape
    down, across = _slope(pictures, 1), _slope(pictures, 2)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[:, None]
    contrast = pictures - pictures.mean(axis=(1, 2, 3), keepdims=True)
    made = (across, down, x * across + y * down, x * down - y * across, contrast)
    return np.stack([*made, np.ones_like(pictures)], axis=1).reshape(count, 6, -1)


def _slope(pictures: np.ndarray, axis: int) -> np.ndarray:
    """Return the slope along an axis; 0 along an axis of a single pixel."""
    return np.gradient(pictures, axis=axis) if pictures.shape[axis] > 1 else 0 * pictures
