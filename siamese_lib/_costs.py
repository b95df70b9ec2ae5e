"""Which pairs of images an embedding pays most for."""

from __future__ import annotations

import numpy as np

from siamese_lib._vectors import blocks
from siamese_lib._walks import whole_number


def costliest_pairs(
    embeddings: np.ndarray, labels: np.ndarray, *, margin: float = 1.0, count: int = 20
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs with the largest contrastive loss, no image twice.

    A same pair at distance d costs d²/2, a different one max(margin − d, 0)²/2. One image out of
    place makes thousands of costly pairs, so each image is asked for its costliest partner only,
    and a pair that shares an image with a costlier one is left out.

    Args:
        embeddings: real numbers (N, dim), finite, N at least 2.
        labels: integers or strings (N,).
        margin: of the loss, above 0.
        count: of pairs, at most.

    Returns:
        left: int64 (count,), the image that was asked.
        right: int64 (count,), its partner.
        costs: float64 (count,), the largest first.

    Raises:
        ValueError: an argument is not as above.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4.
    """
    points, labels = np.asarray(embeddings), np.asarray(labels)
    if points.ndim != 2 or points.dtype.kind not in "iuf" or not np.isfinite(points).all():
        raise ValueError(
            f"embeddings must be finite numbers of shape (N, dim), got {points.dtype} of shape "
            f"{points.shape}."
        )
    if labels.shape != points.shape[:1] or len(labels) < 2:
        raise ValueError(
            f"labels must be one for each of at least 2 embeddings, got {labels.shape} for "
            f"{points.shape}."
        )
    if not margin > 0:
        raise ValueError(f"margin must be above 0, got {margin!r}.")
    whole_number("count", count, 1)
    partners, costs = np.empty(len(points), np.int64), np.empty(len(points))
    points = points - points.mean(axis=0, dtype=np.float64)
    squares = np.einsum("nd,nd->n", points, points)
    for rows in blocks(len(points), 48 * len(points)):
        own = np.arange(rows.start, rows.stop)
        apart = squares[rows, None] + squares - 2 * points[rows] @ points.T
        distances = np.sqrt(np.maximum(apart, 0))
        same = labels[rows, None] == labels
        cost = np.where(same, distances**2, np.maximum(margin - distances, 0) ** 2) / 2
        cost[own - rows.start, own] = -1  # an image and itself are no pair
        partners[rows] = cost.argmax(axis=1)
        costs[rows] = cost.max(axis=1)
    taken, left = set(), []
    for image in np.argsort(-costs, kind="stable").tolist():
        both = {image, int(partners[image])}
        if not both & taken:
            taken |= both
            left.append(image)
        if len(left) == count:
            break
    chosen = np.array(left, np.int64)
    return chosen, partners[chosen], costs[chosen]
