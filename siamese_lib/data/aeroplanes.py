"""Pictures of an aeroplane from 162 sides in six lights, rendered when they are loaded.

They stand in for the pictures of the paper, which are from the NORB set: 18 azimuths, 9 elevations
and 6 lights, 972 pictures of one toy aeroplane. As there, the aeroplane turns, and the lamps stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import real_array
from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.poses import split_poses
from siamese_lib.data.rendering import Scene
from siamese_lib.data.solids import lathe, mirrored, plate
from siamese_lib.data.split import Split

AZIMUTHS = tuple(range(0, 360, 20))
ELEVATIONS = tuple(range(30, 75, 5))
# Azimuth and elevation of each lamp, in degrees; the camera is at azimuth 0.
LIGHTS = ((-90, 35), (-40, 60), (20, 30), (70, 50), (130, 35), (-145, 55))
_NAMES = {"airliner": "aeroplane", "propeller": "other_aeroplane"}  # of the sets


def render_aeroplane(
    azimuth: ArrayLike,
    elevation: ArrayLike = 45,
    light: ArrayLike = LIGHTS[0],
    *,
    model: str = "airliner",
    side: int = 48,
) -> np.ndarray:
    """Render pictures of an aeroplane on the ground, with its shadow.

    Args:
        azimuth: by which the aeroplane is turned, in degrees: a number, or (N,). At 0 its nose
            points to the camera, at 90 to the right of the picture.
        elevation: of the camera above the ground, in degrees, from 5 to 90: a number, or (N,).
        light: azimuth and elevation of the lamp, in degrees: (2,), or (N, 2). The camera is at
            azimuth 0. The elevation is from 5 to 90.
        model: "airliner" has swept wings low on its body, with two engines below. "propeller" has
            straight wings above its body, which is shorter.
        side: height and width of a picture, in pixels, at least 8.

    Returns:
        uint8 (N, side, side, 1), N being 1 for single numbers.

    Raises:
        ValueError: an argument is not as described, or their shapes do not fit.

    Example:
        >>> sl.render_aeroplane([0, 20], 30, (60, 45)).shape
        (2, 48, 48, 1)
    """
    if model not in _NAMES:
        raise ValueError(f"model is {model!r}; expected one of {', '.join(_NAMES)}.")
    side = whole_number("side", side, 8)
    parts = [real_array(n, v) for n, v in (("azimuth", azimuth), ("elevation", elevation))]
    lamps = real_array("light", light)
    if lamps.shape[-1:] != (2,):
        raise ValueError(
            f"light has shape {lamps.shape}; expected (2,) or (N, 2): azimuth and elevation."
        )
    shapes = [part.shape for part in (*parts, lamps)]
    count = max([len(part) for part in parts if part.ndim], default=1)
    count = max(count, len(lamps) if lamps.ndim > 1 else 1)
    try:
        turn, rise = (np.broadcast_to(part.astype(float), (count,)) for part in parts)
        lamps = np.broadcast_to(lamps.astype(float), (count, 2))
    except ValueError:
        raise ValueError(
            f"azimuth, elevation and light have shapes {', '.join(map(str, shapes))}; expected "
            "(N,), (N,) and (N, 2), or a single one of each."
        ) from None
    for name, angles in (("elevation", rise), ("the light's elevation", lamps[:, 1])):
        if not ((angles >= 5) & (angles <= 90)).all():
            raise ValueError(
                f"{name} is {angles.min():g} to {angles.max():g}; expected degrees from 5 to 90, "
                "as below that the ground is seen from its edge."
            )
    if not (np.isfinite(turn).all() and np.isfinite(lamps).all()):
        raise ValueError("an azimuth is NaN or infinite; expected degrees.")
    return _rendered(turn, rise, lamps, model, side)


def _rendered(
    turn: np.ndarray, rise: np.ndarray, lamps: np.ndarray, model: str, side: int
) -> np.ndarray:
    """Render pictures; each side is drawn once, and each lamp's shadow once for each azimuth."""
    scene = _scene(model, side)
    images = np.empty((len(turn), side, side, 1), np.uint8)
    lamp_of = lru_cache(maxsize=64)(scene.lamp)
    seen_of = lru_cache(maxsize=1)(scene.seen)
    for row in np.lexsort((lamps[:, 1], lamps[:, 0], rise, turn)):
        seen = seen_of(float(turn[row]), float(rise[row]))
        lamp = lamp_of(float(lamps[row, 0] - turn[row]), float(lamps[row, 1]))
        images[row] = lamp.picture(*seen)
    return images


@lru_cache(maxsize=4)
def _scene(model: str, side: int) -> Scene:
    return Scene.of({"airliner": _airliner, "propeller": _propeller}[model](), side)


def aeroplane_pictures(model: str = "airliner", *, side: int = 48, seed: int = 0) -> Dataset:
    """Render an aeroplane from 18 azimuths and 9 elevations in 6 lights, and split the pictures.

    ``load_dataset("aeroplane")`` and ``load_dataset("other_aeroplane")`` are shorter names for the
    two models.

    Args:
        model, side: as for `render_aeroplane`.
        seed: chooses the 660 pictures to train on; the other 312 are for testing.

    Returns:
        972 pictures. `Split.factors` has the "azimuth" and the "elevation" in degrees, and the
        number of the "light", from 0 to 5: an index into `LIGHTS`. A class is an azimuth, to colour
        maps by; the paper uses no classes.

    Raises:
        ValueError: as `render_aeroplane`, or `seed` is not a whole number of 0 or more.

    Example:
        >>> pictures = sl.load_dataset("aeroplane", verbose=False)
        >>> pictures.train.images.shape, len(pictures.test)
        ((660, 48, 48, 1), 312)
        >>> sorted(pictures.train.factors)
        ['azimuth', 'elevation', 'light']
    """
    views = np.array([(a, e, i) for a in AZIMUTHS for e in ELEVATIONS for i in range(len(LIGHTS))])
    images = render_aeroplane(
        views[:, 0], views[:, 1], np.array(LIGHTS)[views[:, 2]], model=model, side=side
    )
    azimuth, elevation, light = views.T.copy()
    factors = {"azimuth": azimuth, "elevation": elevation, "light": light}
    pictures = Split(images, np.zeros(len(images), int), factors=factors)
    return split_poses(pictures, _NAMES[model], "a mesh of this library, rendered", seed)


# --- the meshes: x to the nose, y to the left wing, z up ---------------------------------------


def _pointed(
    length: float, radius: float, nose: float, tail: float, steps: int = 6
) -> Sequence[tuple[float, float]]:
    """Return the profile of a body from x = 0 to `length`, round at its nose, pointed at its tail.

    Args:
        length, radius: of the body.
        nose, tail: lengths of the parts in which it narrows.
        steps: rings of each of these parts.
    """
    part = np.linspace(0, 1, steps)
    back = [(tail * t, radius * (0.12 + 0.88 * np.sin(t * np.pi / 2))) for t in part]
    front = [(length - nose * (1 - t), radius * np.sqrt(1 - t * t)) for t in part]
    return [(0, 0), *back, *front]


def _airliner() -> np.ndarray:
    body = lathe(_pointed(2, 0.13, 0.25, 0.7), start=(-1, 0, 0))
    wing = plate([(0.35, 0, -0.05), (-0.05, 0.95, 0), (-0.25, 0.95, 0), (-0.15, 0, -0.05)], 0.03)
    tail = plate(
        [(-0.7, 0, 0.03), (-0.88, 0.36, 0.06), (-0.98, 0.36, 0.06), (-0.95, 0, 0.03)], 0.025
    )
    fin = plate([(-0.6, 0, 0.08), (-0.86, 0, 0.46), (-1, 0, 0.46), (-0.95, 0, 0.05)], 0.03)
    engine = lathe(
        [(0, 0), (0, 0.05), (0.12, 0.075), (0.3, 0.075), (0.3, 0)], start=(0.05, 0.36, -0.13)
    )
    return np.concatenate([body, fin, mirrored(np.concatenate([wing, tail, engine]))])


def _propeller() -> np.ndarray:
    body = lathe(_pointed(1.55, 0.15, 0.2, 0.9), start=(-0.85, 0, 0))
    wing = plate([(0.38, 0, 0.17), (0.32, 0.98, 0.2), (0.06, 0.98, 0.2), (0.02, 0, 0.17)], 0.04)
    tail = plate(
        [(-0.62, 0, 0.02), (-0.66, 0.34, 0.02), (-0.84, 0.34, 0.02), (-0.85, 0, 0.02)], 0.03
    )
    fin = plate([(-0.55, 0, 0.05), (-0.72, 0, 0.32), (-0.87, 0, 0.32), (-0.85, 0, 0.02)], 0.03)
    blade = plate(
        [(0.74, -0.04, -0.28), (0.74, 0.04, -0.28), (0.74, 0.04, 0.28), (0.74, -0.04, 0.28)], 0.03
    )
    pontoon = lathe(_pointed(1.0, 0.06, 0.25, 0.3), start=(-0.35, 0.22, -0.26))
    return np.concatenate([body, fin, blade, mirrored(np.concatenate([wing, tail, pontoon]))])
