"""What a trained embedding is compared with: vectors that need no training and cost nothing.

Each rival takes the images of a gallery and of queries, and returns a vector for each of them. So
it can be judged as an embedding is, with `siamese_lib.Gallery` and the measures beside this file.
If a rival finds as much as the trained tower, the training was not worth its time.

The untrained tower is a rival, too, and often a strong one: ``run.embed(images, frame=0)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number
from siamese_lib.pixels import checked_images
from siamese_lib.search.vectors import blocks

Rival: TypeAlias = Callable[[ArrayLike, ArrayLike], tuple[np.ndarray, np.ndarray]]


def raw_pixels(gallery: ArrayLike, queries: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Take the pixels themselves as vectors.

    Args:
        gallery: images, uint8 (N, H, W, C) with 1 or 3 channels, or (N, H, W); at least one.
        queries: images, uint8 (Q, H, W, C) or (Q, H, W).

    Returns:
        float32 (N, H W C) and (Q, H W C), from 0 to 1.

    Raises:
        ValueError: these are not images, or the two differ in shape.
    """
    first, second = (
        images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
        for images in _checked(gallery, queries)
    )
    return first, second


def color_histogram(
    gallery: ArrayLike, queries: ArrayLike, *, bins: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Count how often each colour occurs, wherever in the image.

    Args:
        gallery, queries: as for `raw_pixels`.
        bins: levels of each channel, from 2 to 16. An image of C channels has bins**C colours.

    Returns:
        float32 (N, bins**C) and (Q, bins**C): the square roots of the shares of the pixels. The
        Euclidean distance of two such vectors is, up to a factor, the Hellinger distance of the
        shares.

    Raises:
        ValueError: as `raw_pixels`, or `bins` is not from 2 to 16.

    References:
        Swain and Ballard, "Color indexing", 1991.
    """
    first, second = _checked(gallery, queries)
    if whole_number("bins", bins, 2) > 16:
        raise ValueError(f"bins is {bins}; expected 2 to 16 levels of each channel.")
    return color_shares(first, bins), color_shares(second, bins)


def color_shares(images: np.ndarray, bins: int) -> np.ndarray:
    """Return the square roots of the shares of colours, float32 (N, bins**C).

    Args:
        images: uint8 (N, H, W, C).
        bins: levels of each channel.
    """
    count, channels = len(images), images.shape[-1]
    kinds, pixels = bins**channels, images[..., 0].size // max(count, 1)
    shares = np.empty((count, kinds), np.float32)
    place = bins ** np.arange(channels)
    for rows in blocks(count, 32 * pixels):
        codes = (images[rows].astype(np.int64) * bins // 256) @ place
        codes = codes.reshape(len(codes), -1)
        codes += np.arange(len(codes))[:, None] * kinds
        counts = np.bincount(codes.ravel(), minlength=len(codes) * kinds)
        shares[rows] = np.sqrt(counts.reshape(len(codes), kinds) / pixels)
    return shares


def principal_components(
    gallery: ArrayLike, queries: ArrayLike, *, dim: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """Project the pixels on the axes along which those of the gallery vary most (PCA).

    Args:
        gallery, queries: as for `raw_pixels`.
        dim: the number of axes, at least 1; fewer if the gallery has fewer images.

    Returns:
        float32 (N, dim) and (Q, dim), less the mean of the gallery.

    Raises:
        ValueError: as `raw_pixels`, or `dim` is below 1.
    """
    dim = whole_number("dim", dim, 1)
    first, second = raw_pixels(gallery, queries)
    mean = first.mean(axis=0, dtype=np.float64).astype(np.float32)
    first, second = first - mean, second - mean
    # The axes are the eigenvectors of X^T X. Those of the smaller matrix X X^T lead to them, too.
    wide = first.shape[1] > len(first)
    gram = first @ first.T if wide else first.T @ first
    values, vectors = np.linalg.eigh(gram.astype(np.float64))
    kept = np.flatnonzero(values > 1e-7 * values[-1])[::-1][:dim]
    axes = vectors[:, kept]
    if wide:
        axes = first.T @ (axes / np.sqrt(values[kept])).astype(np.float32)
    axes = axes.astype(np.float32)
    return first @ axes, second @ axes


def _checked(gallery: ArrayLike, queries: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    first, second = checked_images(gallery, "gallery"), checked_images(queries, "queries")
    if first.shape[1:] != second.shape[1:] or not len(first):
        raise ValueError(
            f"gallery has shape {first.shape} and queries {second.shape}; expected (N, H, W, C) "
            "and (Q, H, W, C) with the same H, W and C, and N of 1 or more. Load both at one size."
        )
    return first, second


RIVALS: dict[str, Rival] = {
    "colour histogram": color_histogram,
    "raw pixels": raw_pixels,
    "PCA": principal_components,
}
