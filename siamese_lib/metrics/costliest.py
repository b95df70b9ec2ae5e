"""The pairs of images with the largest loss in an embedding."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import class_numbers, real_number, whole_number
from siamese_lib.search.pairwise import Pairwise
from siamese_lib.search.vectors import blocks, checked


def costliest_pairs(
    embeddings: ArrayLike, labels: ArrayLike, *, margin: float = 1.0, count: int = 20
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find the pairs with the largest contrastive loss, with no image in two pairs.

    A similar pair at distance d has the loss d²/2, and a different pair max(margin − d, 0)²/2. One
    misplaced image makes thousands of costly pairs. So the costliest pair is taken first, and both
    its images are put aside. Then the costliest of the other pairs is taken, and so on.

    Args:
        embeddings: real numbers (N, dim), finite and within ±1e30, N at least 2.
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
    points = checked("embeddings", embeddings, "euclidean")
    if np.shape(labels) != points.shape[:1] or len(points) < 2:
        raise ValueError(
            f"labels have shape {np.shape(labels)} for embeddings of shape {points.shape}; "
            "expected one for each of at least 2 embeddings."
        )
    margin = real_number("margin", margin, 0)
    whole_number("count", count, 1)
    classes = class_numbers(labels).numbers
    apart = Pairwise(points)
    free = np.ones(len(points), bool)

    def costs_of(squares: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the losses of pairs at some squared distances."""
        gaps = np.maximum(margin - np.sqrt(squares), 0)
        return np.where(classes[rows] == classes[others], squares, gaps**2) / 2

    def ask(rows: np.ndarray) -> list[tuple[float, int, int]]:
        """Return each image with its costliest free partner: (−cost, image, partner)."""
        cost = costs_of(apart.from_rows(rows), rows[:, None], everyone)
        cost[:, ~free] = -1
        cost[np.arange(len(rows)), rows] = -1  # an image makes no pair with itself
        best = cost.argmax(axis=1)
        return list(zip((-cost.max(axis=1)).tolist(), rows.tolist(), best.tolist(), strict=True))

    everyone = np.arange(len(points))
    queue = [row for part in blocks(len(points), 48 * len(points)) for row in ask(everyone[part])]
    heapq.heapify(queue)
    pairs = []
    while queue and len(pairs) < min(count, len(points) // 2):
        _, image, partner = heapq.heappop(queue)
        if free[image] and free[partner]:
            pairs.append((image, partner))
            free[[image, partner]] = False
        elif free[image]:
            heapq.heappush(queue, ask(everyone[image : image + 1])[0])
    left, right = np.array(pairs, np.int64).T
    costs = costs_of(apart.of_pairs(left, right), left, right)
    order = np.argsort(-costs, kind="stable")
    return left[order], right[order], costs[order]
