"""What pictures look like, in numbers that no network has learned: colours, edges and shapes.

References:
    Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", 2005.
    Arandjelović and Zisserman, "Three things everyone should know to improve object retrieval",
    2012: the square root of a histogram, whose Euclidean distance is Hellinger's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.images import shrunk_to
from siamese_lib.metrics.rivals import color_shares
from siamese_lib.pixels import checked_images
from siamese_lib.search.vectors import blocks

_SIDE = 32  # pixels: the longer side of what is looked at
_LEVELS = 4  # of each colour
_GRAYS = 16  # levels of gray pictures
_DIRECTIONS = 8  # of edges
_CELLS = 8  # cells across and down, in each of which edges are counted
_SHAPE = 16  # pixels across and down: what is kept of the shape


def looks(images: ArrayLike) -> dict[str, NDArray[np.float32]]:
    """Describe images in three ways that nobody has trained, so that no wrong label shaped them.

    Args:
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), N at least 1.

    Returns:
        float32 arrays (N, dim), whose Euclidean distances compare:
        "colours": the square root of the share of pixels of each of 64 colours, or 16 grays;
        "edges": the square root of the share of edges in each of 8 directions in 64 cells;
        "shapes": 16 by 16 pixels without brightness and contrast, as unit vectors.

    Raises:
        ValueError: the images are not as described.

    Example:
        >>> photos = np.random.default_rng(0).integers(0, 256, (5, 40, 30, 3), np.uint8)
        >>> {name: array.shape for name, array in sl.curation.looks(photos).items()}
        {'colours': (5, 64), 'edges': (5, 512), 'shapes': (5, 768)}
    """
    pixels = checked_images(images)
    if not len(pixels):
        raise ValueError(f"images have shape {pixels.shape}; expected at least one image.")
    small = _square(shrunk_to(pixels, _SIDE))
    parts = list(blocks(len(pixels), 64 * pixels[0].size))
    return {
        "colours": color_shares(pixels, _LEVELS if pixels.shape[-1] == 3 else _GRAYS),
        "edges": np.concatenate([_edges(small[part]) for part in parts]),
        "shapes": np.concatenate([_shapes(small[part]) for part in parts]),
    }


def _square(pictures: np.ndarray) -> np.ndarray:
    """Put pictures (N, h, w, C) into the middle of squares of `_SIDE`; the border goes on."""
    height, width = pictures.shape[1:3]
    down, across = _SIDE - height, _SIDE - width
    margins = (0, 0), (down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0)
    return np.pad(pictures, margins, mode="edge")


def _edges(small: np.ndarray) -> np.ndarray:
    """Return the square roots of the shares of edges, float32 (B, 512).

    An edge of a direction between two of the eight counts in part for each.
    """
    gray = small.mean(axis=-1, dtype=np.float32)
    down, across = np.gradient(gray, axis=(1, 2))
    strength = np.hypot(across, down)
    direction = np.arctan2(down, across) % np.pi / np.pi * _DIRECTIONS
    lower = np.floor(direction).astype(np.int64)
    cell = np.arange(_SIDE) * _CELLS // _SIDE
    cells = cell[:, None] * _CELLS + cell
    codes = np.stack([cells * _DIRECTIONS + (lower + next_) % _DIRECTIONS for next_ in (0, 1)])
    upper = direction - lower
    weights = np.stack([strength * (1 - upper), strength * upper])
    codes, weights = (np.moveaxis(each, 0, 1).reshape(len(gray), -1) for each in (codes, weights))
    return _shares(codes, _CELLS**2 * _DIRECTIONS, weights)


def _shapes(small: np.ndarray) -> np.ndarray:
    """Return 16 by 16 pixels as unit vectors, float32 (B, 256 · C)."""
    step = _SIDE // _SHAPE
    parts = small.reshape(len(small), _SHAPE, step, _SHAPE, step, -1)
    flat = parts.mean(axis=(2, 4), dtype=np.float32).reshape(len(small), -1)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1)


def _shares(codes: np.ndarray, kinds: int, weights: np.ndarray) -> np.ndarray:
    """Return the square root of each kind's weight in each row of codes, float32 (B, kinds)."""
    rows = codes + np.arange(len(codes))[:, None] * kinds
    counts = np.bincount(rows.ravel(), weights.ravel(), len(codes) * kinds)
    counts = counts.reshape(len(codes), kinds)
    totals = counts.sum(axis=1, keepdims=True)
    return np.sqrt(counts / np.where(totals > 0, totals, 1)).astype(np.float32)
