"""Which pairs of images an embedding pays most for."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import whole_number
from siamese_lib.search.vectors import blocks


def costliest_pairs(
    embeddings: ArrayLike, labels: ArrayLike, *, margin: float = 1.0, count: int = 20
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find the pairs with the largest contrastive loss, no image twice.

    A same pair at distance d costs d²/2, a different one max(margin − d, 0)²/2. One image out of
    place makes thousands of costly pairs, so the costliest pair is taken, both its images are set
    aside, then the costliest of the others is taken, and so on.

    Args:
        embeddings: real numbers (N, dim), finite, N at least 2.
        labels: integers or strings (N,).
        margin: of the loss, above 0.
        count: of pairs, at most.

    Returns:
        left: int64 (P,), the one image of each pair; P is `count`, or N // 2 if that is less.
        right: int64 (P,), the other.
        costs: float64 (P,), the largest first.

    Raises:
        ValueError: an argument is not as above.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4.
    """
    points, classes = np.asarray(embeddings), np.asarray(labels)
    if points.ndim != 2 or points.dtype.kind not in "iuf" or not np.isfinite(points).all():
        raise ValueError(
            f"embeddings must be finite numbers of shape (N, dim), got {points.dtype} of shape "
            f"{points.shape}."
        )
    if classes.shape != points.shape[:1] or len(classes) < 2:
        raise ValueError(
            f"labels must be one for each of at least 2 embeddings, got {classes.shape} for "
            f"{points.shape}."
        )
    if not margin > 0:
        raise ValueError(f"margin must be above 0, got {margin!r}.")
    whole_number("count", count, 1)
    points = points - points.mean(axis=0, dtype=np.float64)
    squares = np.einsum("nd,nd->n", points, points)
    free = np.ones(len(points), bool)

    def ask(rows: np.ndarray) -> list[tuple[float, int, int]]:
        """Find each image's costliest free partner: (−cost, image, partner)."""
        apart = squares[rows, None] + squares - 2 * points[rows] @ points.T
        distances = np.sqrt(np.maximum(apart, 0))
        alike = classes[rows, None] == classes
        cost = np.where(alike, distances**2, np.maximum(margin - distances, 0) ** 2) / 2
        cost[:, ~free] = -1
        cost[np.arange(len(rows)), rows] = -1  # an image and itself are no pair
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
