"""Draw a mesh on a ground, seen by a camera far away and lit by one lamp, with its shadows.

The object turns on the spot, as on a turntable. The camera and the lamp stay where they are in the
room. All directions are given by two angles in degrees: azimuth, counterclockwise seen from above,
and elevation above the ground. The camera is at azimuth 0.

The mesh is drawn as points, so close to each other that they leave no gap. The nearest point of
each pixel is seen. The same is done from the lamp: what is not nearest to it is in shadow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siamese_lib.data.solids import surface

_FINE = 3  # a picture is drawn so many times finer in both directions, and averaged
_REACH = 1.2  # from the middle of the picture to its edge; meshes are within 1.1 of the middle
_LAMP_REACH = 1.35  # the same for what the lamp sees
_GAP = 0.7  # spacing of the points, in fine pixels: below 1 / √2, no pixel stays empty
_BIAS = 0.05  # a point is in shadow only if the lamp sees something nearer by more than this
_GROUND, _OBJECT = 0.42, 0.95  # how much light each reflects
_AMBIENT = 0.3  # share of the light that comes from everywhere


def view_of(azimuth: float, elevation: float) -> np.ndarray:
    """Return the camera's matrix: its axes to the right, up, and towards it, as rows.

    Args:
        azimuth: by which the object is turned, in degrees. At 0 its x axis points towards the
            camera, at 90 to the right.
        elevation: of the camera, in degrees.

    Returns:
        float64 (3, 3). ``view_of(...) @ point`` are the coordinates of a point of the object in
        the picture, and how near it is. The picture's edges are at ±1.2.
    """
    turn, rise = np.deg2rad([azimuth, elevation])
    turned = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    axes = np.array([[0, 1, 0], [-np.sin(rise), 0, np.cos(rise)], [np.cos(rise), 0, np.sin(rise)]])
    return axes @ turned


@dataclass(frozen=True, eq=False)
class Scene:
    """A mesh as points, ready to be drawn from any side.

    Attributes:
        points, normals: float32 (P, 3) each.
        ground: height of the ground, below all points.
        side: of a picture, in pixels.
    """

    points: np.ndarray
    normals: np.ndarray
    ground: float
    side: int

    @classmethod
    def of(cls, mesh: np.ndarray, side: int) -> Scene:
        """Make a scene of a mesh (F, 4, 3) that stands on the ground, for pictures of a side."""
        points, normals = surface(mesh, _GAP * 2 * _REACH / (_FINE * side))
        return cls(points, normals, float(mesh[..., 2].min()), side)

    def seen(self, azimuth: float, elevation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the camera sees in each fine pixel.

        Returns:
            Places, float32 (S, S, 3), and normals towards the camera, float32 (S, S, 3), both in
            the object's coordinates; and the share of the light that it reflects, float32 (S, S).
        """
        size = _FINE * self.side
        axes = view_of(azimuth, elevation).astype(np.float32)
        pixel, depth = _projected(self.points, axes, size, _REACH)
        nearest = _nearest(pixel, depth, size)
        visible = np.flatnonzero(depth == nearest[pixel])
        which = np.full(size * size, -1)
        which[pixel[visible]] = visible
        middle = ((np.arange(size) + 0.5) / size * 2 - 1) * _REACH
        x, y = np.meshgrid(middle, -middle)
        height = axes[1, 2], axes[2, 2]
        near = (self.ground - y * height[0]) / height[1]
        places = np.stack([x, y, near], axis=-1).reshape(-1, 3).astype(np.float32) @ axes
        normals = np.tile(np.array([0, 0, 1], np.float32), (size * size, 1))
        drawn = which >= 0
        places[drawn], normals[drawn] = self.points[which[drawn]], self.normals[which[drawn]]
        normals *= np.where(normals @ axes[2] < 0, -1, 1)[:, None]
        shape = (size, size, 3)
        reflects = np.where(drawn, np.float32(_OBJECT), np.float32(_GROUND))
        return places.reshape(shape), normals.reshape(shape), reflects.reshape(size, size)

    def lamp(self, azimuth: float, elevation: float) -> Lamp:
        """Return a lamp, whose azimuth is that in the room less the object's."""
        axes = view_of(-azimuth, elevation).astype(np.float32)
        size = _FINE * self.side
        return Lamp(axes, _nearest(*_projected(self.points, axes, size, _LAMP_REACH), size), size)


@dataclass(frozen=True, eq=False)
class Lamp:
    """A lamp far away, and how near to it the object is.

    Attributes:
        axes: float32 (3, 3), as of `view_of`.
        nearest: float32 (size²,), how near the nearest point is in each direction.
        size: of this map, in pixels.
    """

    axes: np.ndarray
    nearest: np.ndarray
    size: int

    def picture(self, places: np.ndarray, normals: np.ndarray, reflects: np.ndarray) -> np.ndarray:
        """Return a picture of what `Scene.seen` returned, uint8 (side, side, 1)."""
        pixel, depth = _projected(places.reshape(-1, 3), self.axes, self.size, _LAMP_REACH)
        lit = (self.nearest[pixel] <= depth + _BIAS).reshape(reflects.shape)
        facing = np.maximum(normals @ self.axes[2], 0) * lit
        light = (_AMBIENT + (1 - _AMBIENT) * facing) * reflects
        # Slices are added, as a mean over two axes takes ten times as long.
        cells = [light[i::_FINE, j::_FINE] for i in range(_FINE) for j in range(_FINE)]
        return np.rint(sum(cells) * (255 / len(cells))).astype(np.uint8)[..., None]


def _projected(
    points: np.ndarray, axes: np.ndarray, size: int, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel of each point, row after row from the top, and how near it is, (P,) each."""
    x, y, near = axes @ points.T
    scale = np.float32(size / (2 * reach))
    column = (x * scale + np.float32(size / 2)).astype(np.int32)
    row = (np.float32(size / 2) - y * scale).astype(np.int32)
    for place in (column, row):
        np.clip(place, 0, size - 1, out=place)
    return row * size + column, near


def _nearest(pixel: np.ndarray, depth: np.ndarray, size: int) -> np.ndarray:
    """Return how near the nearest point of each pixel is, float32 (size²,); -inf without any."""
    nearest = np.full(size * size, -np.inf, np.float32)
    np.maximum.at(nearest, pixel, depth)
    return nearest
