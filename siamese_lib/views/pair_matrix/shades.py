"""How dark each tile of the matrix is, and in what order its rows are."""

from __future__ import annotations

import numpy as np

_LEAST = 0.15  # of a pair that costs anything


def shades_of(shares: np.ndarray, times: np.ndarray, margin: float) -> np.ndarray:
    """Return how dark each pair is, float64 (P,): 0 if it costs nothing, else from 0.15 to 1.

    With a cost of x times what two different images in one place cost in a plain mean, the shade is
    0.15 + 0.85 (1 - exp(-√x)). The square root makes it grow evenly with the distance of a similar
    pair. Costs of any size differ, and the smallest can still be seen.

    Args:
        shares: float64 (P,), each pair's part of the loss.
        times: int64 (P,), how often each pair is compared.
        margin: of the loss.
    """
    unit = margin**2 / (2 * max(int(times.sum()), 1))
    grown = _LEAST + (1 - _LEAST) * -np.expm1(-np.sqrt(shares / unit))
    return np.where(shares > 0, grown, 0.0)


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
