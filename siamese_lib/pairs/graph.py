"""Which images are alike when nobody has labelled them: the paper's neighbourhood graph.

References:
    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping",
    2006. Similar means near in a graph that is known beforehand: the 5 nearest neighbours of
    each image, in the first experiment; pictures of one object from nearly the same side, in
    the last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number

_CHUNK_BYTES = 32 << 20  # of distances held at a time


def neighbour_graph(images: ArrayLike, k: int = 5) -> np.ndarray:
    """Find the nearest neighbours of every image among the others.

    Distances are Euclidean, between all the numbers of one image and another. They are
    computed in double precision, in which those of uint8 images are exact, so that of two
    neighbours equally far the one with the lower index comes first. All N² distances are
    computed, a chunk of rows at a time: meant for up to about 20,000 images.

    Args:
        images: real numbers (N, ...), such as images (N, H, W, C) or vectors (N, D).
        k: how many neighbours of each image, from 1 to N - 1. The paper takes 5.

    Returns:
        int64 (N, k): indices of the neighbours, nearest first, never the image itself. It is
        what `PairSampler.from_neighbours` takes.

    Raises:
        ValueError: `images` has no second axis or holds something other than finite numbers,
            or `k` is out of range.
    """
    images = np.asarray(images)
    if images.ndim < 2 or images.dtype.kind not in "biuf":
        raise ValueError(
            f"images must be numbers of shape (N, ...), got {images.dtype} of shape "
            f"{images.shape}. Single numbers go in a column: values[:, None]."
        )
    count = len(images)
    if whole_number("k", k, 1) >= count:
        raise ValueError(
            f"k must be less than the number of images, got k = {k} and {count} images. Each has "
            f"only {count - 1} others."
        )
    vectors = images.reshape(count, -1).astype(np.float64)
    if not np.isfinite(vectors).all():
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        raise ValueError(f"images must be finite, got NaN or infinity in {_some(bad)}. Drop them.")

    squares = np.einsum("nd,nd->n", vectors, vectors)
    nearest = np.empty((count, k), np.int64)
    rows_at_once = max(1, _CHUNK_BYTES // (8 * count))
    for start in range(0, count, rows_at_once):
        rows = np.arange(start, min(start + rows_at_once, count))
        # The squared norm of the row itself is the same for all its candidates: left out.
        distances = vectors[rows] @ vectors.T
        distances *= -2
        distances += squares
        distances[rows - start, rows] = np.inf
        for column in range(k):
            # The first of equal minima, which a partial sort would not promise.
            found = distances.argmin(axis=1)
            nearest[rows, column] = found
            distances[rows - start, found] = np.inf
    return nearest


class Graph:
    """A symmetric graph over N images, as sorted arrays.

    If either of two images names the other, they are neighbours of each other.

    Args:
        neighbours: integers (N, k), row i the neighbours of image i and -1 for "no more", or
            a sequence of N such rows of any lengths.

    Attributes:
        size: N, the number of images.
        left, right: int64 (E,): the pairs of neighbours, each in both directions.

    Raises:
        ValueError: not integers, out of range, an image that is its own neighbour, an image
            that is everyone's neighbour, or no neighbours at all.
    """

    def __init__(self, neighbours: np.ndarray | Sequence[ArrayLike]) -> None:
        owners, named = _flatten(neighbours)
        self.size = size = len(neighbours)
        everyone = np.arange(size)
        # Each number stands for an ordered pair: left * N + right. Everyone is beside himself
        # here, so that `strangers` never returns the image it was asked about.
        keys = np.unique(
            np.concatenate(
                [owners * size + named, named * size + owners, everyone * size + everyone]
            )
        )
        left, right = np.divmod(keys, size)
        familiar = np.bincount(left, minlength=size)
        popular = np.flatnonzero(familiar == size)
        if popular.size:
            raise ValueError(
                f"{_some(popular)} is a neighbour of everyone, so no different pair "
                "can be made with it. Give fewer neighbours, or more images."
            )
        self._first = np.cumsum(familiar) - familiar
        self._strangers = size - familiar
        # How many strangers of `left` come before `right`, as a number of the same kind.
        self._strangers_before = left * size + right - (np.arange(len(keys)) - self._first[left])
        self.left, self.right = left[left != right], right[left != right]

    def strangers(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw, for each image, one that is neither its neighbour nor itself, all equally likely.

        Args:
            images: int64 (B,).
            rng: the source of randomness.

        Returns:
            int64 (B,).
        """
        # Draw the stranger's rank among the strangers, then add how many familiar images come
        # before it: those with no more than `rank` strangers before them. No draw is in vain.
        rank = rng.integers(self._strangers[images])
        found = np.searchsorted(self._strangers_before, images * self.size + rank, side="right")
        return rank + found - self._first[images]


def _flatten(neighbours: np.ndarray | Sequence[ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
    """Return who names whom, int64 (M,) twice, without the padding."""
    rows = [np.asarray(row) for row in neighbours]
    for i, row in enumerate(rows):
        if row.ndim != 1 or (row.size and row.dtype.kind not in "iu"):
            raise ValueError(
                "neighbours must be integers of shape (N, k), or N rows of integers; row "
                f"{i} is {row.dtype} of shape {row.shape}. See siamese_lib.neighbour_graph."
            )
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    named = np.concatenate([np.empty(0, np.int64), *(row.astype(np.int64) for row in rows)])
    outside = np.flatnonzero((named < -1) | (named >= len(rows)))
    if outside.size:
        raise ValueError(
            f"neighbours must be from 0 to N - 1 = {len(rows) - 1}, or -1 for none; got "
            f"{named[outside[0]]} in row {owners[outside[0]]}."
        )
    owners, named = owners[named >= 0], named[named >= 0]
    if (owners == named).any():
        raise ValueError(
            f"{_some(np.unique(owners[owners == named]))} is its own neighbour. Leave the image "
            "itself out of its row; many searches return it first, so try neighbours[:, 1:]."
        )
    if not owners.size:
        raise ValueError(
            f"neighbours has no neighbour in any of {len(rows)} rows, so there is no similar "
            "pair to draw. Give at least one."
        )
    return owners, named


def _some(images: np.ndarray) -> str:
    """Name a few of many images."""
    more = f" (and {len(images) - 1} more)" if len(images) > 1 else ""
    return f"image {images[0]}{more}"
