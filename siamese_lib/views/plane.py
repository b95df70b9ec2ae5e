"""The plane in which points of many dimensions are shown."""

from __future__ import annotations

import numpy as np


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
