"""Find the cylinder that a map in three dimensions lies on: its axis, and the places around it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import real_array
from siamese_lib.search.vectors import checked

_TRIED = 800  # directions over half of the sphere, about 5 degrees apart
_ROUNDS = 12  # in each, directions around the best one are tried, half as far away as before


class Cylinder(NamedTuple):
    """A cylinder that goes through points.

    Attributes:
        axis: float64 (3,), the direction of its axis, of length 1.
        centre: float64 (3,), a point of the axis, the mean of the points.
        radius: mean distance of the points from the axis.
        roundness: standard deviation of these distances, divided by their mean: 0 for points on a
            cylinder, 0.35 for a filled disc, 0.38 for a filled ball, 0.51 for a Gaussian cloud.
    """

    axis: np.ndarray
    centre: np.ndarray
    radius: float
    roundness: float

    def angles(self, points: ArrayLike) -> np.ndarray:
        """Return the angle of points (N, 3) around the axis, in degrees from 0 to 360, (N,)."""
        across = np.cross(self.axis, np.eye(3)[np.abs(self.axis).argmin()])
        across /= np.linalg.norm(across)
        offsets = _in_space(points) - self.centre
        around = np.arctan2(offsets @ np.cross(self.axis, across), offsets @ across)
        return np.rad2deg(around) % 360

    def heights(self, points: ArrayLike) -> np.ndarray:
        """Return the places of points (N, 3) along the axis, from `centre`, float64 (N,)."""
        return (_in_space(points) - self.centre) @ self.axis


def fit_cylinder(points: ArrayLike) -> Cylinder:
    """Fit a cylinder to points of which all sides are equally frequent.

    The axis goes through the mean of the points, in the direction for which their distances from it
    differ least, relative to their mean. Any points have such an axis: `Cylinder.roundness` says
    whether they are on a cylinder.

    Args:
        points: real numbers (N, 3), N at least 3, such as the embeddings of training images.

    Raises:
        ValueError: the points are not such, or are all on one line or at one place.

    Example:
        >>> turn = np.arange(12) * np.pi / 6
        >>> points = np.stack([np.cos(turn), np.sin(turn), np.arange(12) % 5], axis=1)
        >>> found = sl.metrics.fit_cylinder(points)
        >>> np.abs(found.axis).round(3), round(found.radius, 3)
        (array([0., 0., 1.]), 1.0)
    """
    places = _in_space(points)
    centre = places.mean(axis=0)
    offsets = places - centre
    # With fewer than two directions in which they differ, no axis is better than another.
    spread = np.linalg.svd(offsets, compute_uv=False)
    if len(places) < 3 or spread[1] <= 1e-9 * spread[0]:
        raise ValueError(
            f"points: got {len(places)} points on one line, or at one place; expected 3 or more "
            "that are not."
        )
    step = np.arange(_TRIED)
    height, turn = (step + 0.5) / _TRIED, step * np.pi * (3 - np.sqrt(5))  # a spiral
    flat = np.sqrt(1 - height**2)
    axes = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)
    reach = np.sqrt(2 * np.pi / _TRIED)
    for _ in range(_ROUNDS):
        best = axes[_roundness(offsets, axes).argmin()]
        grid = reach * np.linspace(-1, 1, 5)
        near = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
        axes = np.concatenate([best[None], best + near])
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        reach /= 2
    roundness = _roundness(offsets, axes)
    axis = axes[roundness.argmin()]
    radius = _from_axis(offsets, axis[None])[0].mean()
    return Cylinder(axis, centre, float(radius), float(roundness.min()))


def _from_axis(offsets: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return the distances of points from axes through the origin, float64 (axes, points)."""
    squares = np.sum(offsets**2, axis=1) - (axes @ offsets.T) ** 2
    return np.sqrt(np.maximum(squares, 0))


def _roundness(offsets: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return `Cylinder.roundness` for each of several axes."""
    distances = _from_axis(offsets, axes)
    return distances.std(axis=1) / distances.mean(axis=1)


def _in_space(points: ArrayLike) -> np.ndarray:
    given = checked("points", real_array("points", points), "euclidean").astype(np.float64)
    if given.shape[1] != 3:
        raise ValueError(f"points have shape {given.shape}; expected (N, 3), in three dimensions.")
    return given
