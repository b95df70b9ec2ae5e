"""Simple solids as meshes of four-sided faces, and the points and normals of their surfaces.

A mesh is an array (F, 4, 3): the corners of each face, in order around it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def lathe(
    profile: Sequence[tuple[float, float]],
    *,
    start: tuple[float, float, float] = (0, 0, 0),
    segments: int = 24,
) -> np.ndarray:
    """Return a solid of revolution around an axis that is parallel to x.

    Args:
        profile: points (x, radius) along the axis.
        start: where the point (0, 0) of the profile is.
        segments: faces around the axis.

    Returns:
        float64 (F, 4, 3).
    """
    x, radius = np.transpose(profile)
    turn = np.linspace(0, 2 * np.pi, segments + 1)
    rings = np.stack(
        np.broadcast_arrays(
            x[:, None], radius[:, None] * np.cos(turn), radius[:, None] * np.sin(turn)
        ),
        axis=-1,
    )
    corners = rings[:-1, :-1], rings[1:, :-1], rings[1:, 1:], rings[:-1, 1:]
    return np.stack(corners, axis=2).reshape(-1, 4, 3) + np.array(start)


def plate(corners: Sequence[tuple[float, float, float]], thickness: float) -> np.ndarray:
    """Return a flat solid of four corners, such as a wing.

    Args:
        corners: of the middle of the plate, in order around it.
        thickness: of the plate, half of it on each side.

    Returns:
        float64 (6, 4, 3): both sides, and the four edges.
    """
    middle = np.array(corners, np.float64)
    normal = np.cross(middle[2] - middle[0], middle[3] - middle[1])
    upper = middle + normal * (thickness / 2 / np.linalg.norm(normal))
    lower = 2 * middle - upper
    edges = [np.stack([upper, np.roll(upper, -1, 0), np.roll(lower, -1, 0), lower], axis=1)]
    return np.concatenate([upper[None], lower[None], *edges])


def mirrored(mesh: np.ndarray) -> np.ndarray:
    """Return a mesh with its mirror image, for which y has the other sign."""
    return np.concatenate([mesh, mesh * [1, -1, 1]])


def surface(mesh: np.ndarray, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points all over a mesh, and the normal of the surface at each.

    Args:
        mesh: float64 (F, 4, 3).
        spacing: the largest distance of two neighbouring points of a face along its sides.

    Returns:
        float32 (P, 3) each. A normal has length 1, and may point inwards or outwards.
    """
    points, normals = [], []
    for a, b, c, d in mesh:
        sides = (
            max(np.linalg.norm(b - a), np.linalg.norm(c - d)),
            max(np.linalg.norm(d - a), np.linalg.norm(c - b)),
        )
        across, along = (
            ((np.arange(count) + 0.5) / count)[:, None]
            for count in (max(1, int(np.ceil(side / spacing))) for side in sides)
        )
        first, second = a + across * (b - a), d + across * (c - d)
        here = first[:, None] + along * (second - first)[:, None]
        normal = np.cross(c - a, d - b)
        length = np.linalg.norm(normal)
        if length > 0:  # a face that has shrunk to a line shows nothing
            points.append(here.reshape(-1, 3))
            normals.append(np.broadcast_to(normal / length, points[-1].shape))
    return np.concatenate(points).astype(np.float32), np.concatenate(normals).astype(np.float32)
