"""How dark each cell of the matrix is, and in what order its rows are."""

from __future__ import annotations

import numpy as np


def shades_of(shares: np.ndarray, times: np.ndarray, margin: float) -> np.ndarray:
    """Return how dark each pair is, float64 (P,) from 0 to 1.

    The shade is the square root of the cost. So in a plain mean it grows evenly with the distance
    of a similar pair, and falls evenly to 0 as a different pair moves to the margin. A cell is full
    if it costs as much as two different images in one place do in a plain mean, or more.

    Args:
        shares: float64 (P,), each pair's part of the loss.
        times: int64 (P,), how often each pair is compared.
        margin: of the loss.
    """
    full = margin**2 / (2 * max(int(times.sum()), 1))
    return np.minimum(np.sqrt(shares / full), 1)


def by_class(numbers: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort images by class.

    Args:
        numbers: int (N,), the class of each image, 0 to K - 1.
        classes: K.

    Returns:
        The images sorted by class, int64 (N,); and where the classes begin and the last one ends,
        int64 (K + 1,).
    """
    sizes = np.bincount(numbers, minlength=classes)
    return np.argsort(numbers, kind="stable"), np.concatenate([[0], np.cumsum(sizes)])
