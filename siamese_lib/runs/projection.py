"""Project embeddings to a plane: centre them, find their principal axes, align two maps."""

from __future__ import annotations

import numpy as np

from siamese_lib.views.side_by_side.match import turning


def principal_axes(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the plane in which points spread most (principal component analysis).

    Args:
        points: float (N, dim).

    Returns:
        Orthonormal axes (dim, 2), so that ``points @ axes`` are the points in the plane, (N, 2);
        and the share of the variance that lies in the plane, from 0 to 1. Two dimensions stay as
        they are. One dimension gets a second coordinate, which is 0.
    """
    dim = points.shape[1]
    if dim <= 2:
        return np.eye(dim, 2), 1.0
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    axes = axes[:, :-3:-1]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)
    total = variances.sum()
    return axes, float(variances[-2:].sum() / total) if total > 0 else 1.0


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
