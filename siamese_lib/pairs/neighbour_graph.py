"""Which images are similar when none has a label: the paper's neighbourhood graph.

References:
    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping",
    2006. Two images are similar if they are neighbours in a graph that is known beforehand. In
    the first experiment it joins each image to its 5 nearest neighbours; in the last, pictures
    of one object from nearly the same viewpoint.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import plain_array, real_array
from siamese_lib.checks import whole_number
from siamese_lib.search.pairwise import Pairwise
from siamese_lib.search.vectors import blocks, checked


def neighbour_graph(images: ArrayLike, k: int = 5) -> np.ndarray:
    """Find the nearest neighbours of every image among the other images.

    Distances are Euclidean, over all the numbers of an image. They are computed in double
    precision, which is exact for uint8 images. So of two neighbours at the same distance, the one
    with the lower index comes first. All N² distances are computed, a chunk of rows at a time.
    This is meant for up to about 20,000 images.

    Args:
        images: real numbers (N, ...), such as images (N, H, W, C) or vectors (N, D), finite and
            within ±1e30.
        k: number of neighbours of each image, from 1 to N - 1. The paper uses 5.

    Returns:
        int64 (N, k): indices of the neighbours, nearest first, never the image itself.
        `PairSampler.from_neighbours` takes this array.

    Raises:
        ValueError: `images` has no second axis or holds something other than such numbers, or `k`
            is out of range.

    Example:
        >>> sl.neighbour_graph(np.array([[0.0], [1.0], [5.0], [7.0]]), k=2)
        array([[1, 2],
               [0, 2],
               [3, 1],
               [2, 1]])
    """
    given = real_array("images", images)
    if given.ndim < 2 or not given.size:
        raise ValueError(
            f"images are {given.dtype} of shape {given.shape}; expected numbers of shape (N, ...), "
            "at least one for each image. Pass single numbers as a column: values[:, None]."
        )
    if whole_number("k", k, 1) >= len(given):
        raise ValueError(
            f"k is {k}; expected at most {len(given) - 1}, the number of other images. Ask for "
            "fewer neighbours, or give more images."
        )
    vectors = checked("images", given.reshape(len(given), -1), "euclidean")
    apart = Pairwise(vectors)
    nearest = np.empty((len(vectors), k), np.int64)
    for part in blocks(len(vectors), 8 * len(vectors)):
        rows = np.arange(part.start, part.stop)
        squares = apart.from_rows(rows)
        squares[rows - part.start, rows] = np.inf
        for column in range(k):
            # argmin takes the first of equal minima. A partial sort would not guarantee that.
            found = squares.argmin(axis=1)
            nearest[rows, column] = found
            squares[rows - part.start, found] = np.inf
    return nearest


class Graph:
    """A symmetric graph over N images, stored as sorted arrays.

    If either of two images lists the other, they are neighbours of each other.

    Args:
        neighbours: integers (N, k). Row i lists the neighbours of image i, and -1 fills up the
            row. A sequence of N rows of any lengths will do too.

    Attributes:
        size: N, the number of images.
        left, right: int64 (E,), the pairs of neighbours, each in both directions.

    Raises:
        ValueError: an entry is not an integer or is out of range; an image is its own neighbour,
            or a neighbour of every other image; or there are no neighbours.
    """

    def __init__(self, neighbours: np.ndarray | Sequence[ArrayLike]) -> None:
        owners, named = listed_neighbours(neighbours)
        if not owners.size:
            raise ValueError(
                f"neighbours lists no neighbour in any of {len(neighbours)} rows; expected at "
                "least one, to make similar pairs."
            )
        self.size = size = len(neighbours)
        everyone = np.arange(size)
        # Each key stands for an ordered pair: left * N + right. Here every image counts as its own
        # neighbour too, so that `strangers` never returns the image itself.
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
                f"{_some(popular)} is a neighbour of every other image; expected a different image "
                "for each. Give fewer neighbours, or more images."
            )
        self._first = np.cumsum(familiar) - familiar
        self._strangers = size - familiar
        # A key like those above, with the number of strangers of `left` that come before `right`.
        self._strangers_before = left * size + right - (np.arange(len(keys)) - self._first[left])
        self.left, self.right = left[left != right], right[left != right]

    def strangers(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw for each image another one that is not its neighbour, all equally likely.

        Args:
            images: int64 (B,).
            rng: draws the images.

        Returns:
            int64 (B,), the images drawn.
        """
        # Draw the stranger's rank among the strangers. Then add the number of familiar images
        # before it: those with at most `rank` strangers before them. No draw is wasted.
        rank = rng.integers(self._strangers[images])
        found = np.searchsorted(self._strangers_before, images * self.size + rank, side="right")
        return rank + found - self._first[images]


def listed_neighbours(
    neighbours: np.ndarray | Sequence[ArrayLike],
) -> tuple[np.ndarray, np.ndarray]:
    """Return which image lists which other, int64 (M,) each, row after row, without the padding.

    Raises:
        ValueError: an entry is not an integer or is out of range, or an image is its own neighbour.
    """
    rows = [plain_array(f"neighbours[{i}]", row) for i, row in enumerate(neighbours)]
    for i, row in enumerate(rows):
        if row.ndim != 1 or (row.size and row.dtype.kind not in "iu"):
            raise ValueError(
                f"neighbours: row {i} is {row.dtype} of shape {row.shape}; expected integers of "
                "shape (k,) in each of N rows. See siamese_lib.neighbour_graph."
            )
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    named = np.concatenate([np.empty(0, np.int64), *(row.astype(np.int64) for row in rows)])
    outside = np.flatnonzero((named < -1) | (named >= len(rows)))
    if outside.size:
        raise ValueError(
            f"neighbours: row {owners[outside[0]]} holds {named[outside[0]]}; expected 0 to N - 1 "
            f"= {len(rows) - 1}, or -1 for none."
        )
    owners, named = owners[named >= 0], named[named >= 0]
    if (owners == named).any():
        raise ValueError(
            f"{_some(np.unique(owners[owners == named]))} is its own neighbour; expected other "
            "images only. Many searches return the image itself first, so try neighbours[:, 1:]."
        )
    return owners, named


def _some(images: np.ndarray) -> str:
    """Name the first of some images, and count the others."""
    more = f" (and {len(images) - 1} more)" if len(images) > 1 else ""
    return f"image {images[0]}{more}"
