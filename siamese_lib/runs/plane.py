"""Embeddings laid flat: put in the middle, seen from where they spread most, turned to others."""

from __future__ import annotations

import numpy as np


def principal_axes(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the plane in which points spread most (principal component analysis).

    Args:
        points: float (N, dim).

    Returns:
        Orthonormal axes (dim, 2), of which points (N, 2) are ``points @ axes``, and the share of
        the variance that lies in their plane. Two dimensions stay as they are; one gets a zero
        beside it.
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
    """Turn, and mirror if need be, points (N, 2) to lie as near as can be to those before.

    The orthogonal Procrustes problem (Schönemann, 1966).
    """
    left, _, right = np.linalg.svd(points.T @ before)
    return points @ (left @ right)


def centred(embeddings: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Put the middle of each frame at zero: distances, all that a loss sees, stay the same.

    Args:
        embeddings: float (..., N, dim), of which the middle is taken.
        others: float (..., M, dim), moved by the same way in place of them.
    """
    middle = embeddings.mean(axis=-2, keepdims=True)
    return (embeddings if others is None else others) - middle
