"""The pairs of images with the largest loss in an embedding."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import class_numbers, whole_number
from siamese_lib.search.vectors import blocks


def costliest_pairs(
    embeddings: ArrayLike, labels: ArrayLike, *, margin: float = 1.0, count: int = 20
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find the pairs with the largest contrastive loss, with no image in two pairs.

    A similar pair at distance d has the loss d²/2, and a different pair max(margin − d, 0)²/2. One
    misplaced image makes thousands of costly pairs. So the costliest pair is taken first, and both
    its images are put aside. Then the costliest of the other pairs is taken, and so on.

    Args:
        embeddings: real numbers (N, dim), finite, N at least 2.
        labels: integers or strings (N,).
        margin: margin of the loss, above 0 and finite.
        count: largest number of pairs, at least 1.

    Returns:
        left: int64 (P,), one image of each pair; P is `count`, or N // 2 if that is smaller.
        right: int64 (P,), the other image.
        costs: float64 (P,), the losses, largest first.

    Raises:
        ValueError: an argument is not as described.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4.
    """
    points = np.asarray(embeddings)
    if points.ndim != 2 or points.dtype.kind not in "iuf" or not np.isfinite(points).all():
        raise ValueError(
            f"embeddings are {points.dtype} of shape {points.shape}; expected finite numbers of "
            "shape (N, dim)."
        )
    if np.shape(labels) != points.shape[:1] or len(points) < 2:
        raise ValueError(
            f"labels have shape {np.shape(labels)} for embeddings of shape {points.shape}; "
            "expected one for each of at least 2 embeddings."
        )
    if not 0 < margin < np.inf:
        raise ValueError(f"margin is {margin!r}; expected a number above 0 and finite.")
    whole_number("count", count, 1)
    classes = class_numbers(labels).numbers
    points = points - points.mean(axis=0, dtype=np.float64)
    squares = np.einsum("nd,nd->n", points, points)
    free = np.ones(len(points), bool)

    def ask(rows: np.ndarray) -> list[tuple[float, int, int]]:
        """Return each image with its costliest free partner: (−cost, image, partner)."""
        apart = squares[rows, None] + squares - 2 * points[rows] @ points.T
        distances = np.sqrt(np.maximum(apart, 0))
        alike = classes[rows, None] == classes
        cost = np.where(alike, distances**2, np.maximum(margin - distances, 0) ** 2) / 2
        cost[:, ~free] = -1
        cost[np.arange(len(rows)), rows] = -1  # an image makes no pair with itself
        best = cost.argmax(axis=1)
        return list(zip((-cost.max(axis=1)).tolist(), rows.tolist(), best.tolist(), strict=True))

    everyone = np.arange(len(points))
    queue = [row for part in blocks(len(points), 48 * len(points)) for row in ask(everyone[part])]
    heapq.heapify(queue)
    pairs = []
    while queue and len(pairs) < min(count, len(points) // 2):
        cost, image, partner = heapq.heappop(queue)
        if free[image] and free[partner]:
            pairs.append((image, partner, -cost))
            free[[image, partner]] = False
        elif free[image]:
            heapq.heappush(queue, ask(everyone[image : image + 1])[0])
    left, right, costs = zip(*pairs, strict=True)
    return np.array(left), np.array(right), np.array(costs)
