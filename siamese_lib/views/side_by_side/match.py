"""Turn, mirror and shift films of the same points, so that they can be compared.

A loss sees only distances. Two trainings may put the same clouds in other directions, and neither
is better. What is done here changes no distance, and it is the same in every frame of a film.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def turning(points: np.ndarray, aim: np.ndarray) -> np.ndarray:
    """Find the rotation, with or without a mirror, that brings points closest to their aim.

    This solves the orthogonal Procrustes problem (Schönemann, 1966). Points that coincide are
    turned by some angle; none is better.

    Args:
        points: float (N, dim).
        aim: float (N, dim), where each of them should be.

    Returns:
        An orthogonal matrix (dim, dim): ``points @ matrix`` lie closest to `aim`.
    """
    left, _, right = np.linalg.svd(points.T @ aim)
    return left @ right


def matched(films: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Turn, mirror and shift each film as a whole, so that the last frames lie closest.

    The mean of each last frame comes to the origin. The first film is not turned.

    Args:
        films: of the same N points, each float (F, N, 2), with any F from 1 up.

    Returns:
        The films, float64 of the same shapes. All distances within a film stay the same.
    """
    centred = [film.astype(np.float64) - film[-1].mean(axis=0, dtype=np.float64) for film in films]
    return [
        film if number == 0 else film @ turning(film[-1], centred[0][-1])
        for number, film in enumerate(centred)
    ]
