"""Project embeddings to a plane: centre them, find their principal axes, align two maps."""

from __future__ import annotations

import numpy as np

from siamese_lib.views.plane import principal_axes as principal_axes
from siamese_lib.views.side_by_side.match import turning


def turned(points: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Rotate points (N, 2), and mirror them if necessary, to lie closest to the points before."""
    return points @ turning(points, before)


def centred(embeddings: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Subtract the mean of each frame. Distances stay the same, and a loss sees only distances.

    Args:
        embeddings: float (..., N, dim), whose mean is taken.
        others: float (..., M, dim), from which that mean is subtracted instead.
    """
    middle = embeddings.mean(axis=-2, keepdims=True)
    return (embeddings if others is None else others) - middle
