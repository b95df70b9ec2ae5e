"""The images of every setting of the dials, and their points on each map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.arrays import plain_array, real_array
from siamese_lib.images import shrunk_to
from siamese_lib.texts import listed, printable, printable_names
from siamese_lib.views.given import ViewError
from siamese_lib.views.probe.dials import Dial

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST_IMAGES, MOST_SUBJECTS, MOST_MAPS = 6_000, 20, 3
_MOST_POINTS = 20_000  # of a cloud, so that the page draws without a delay
_LARGEST = 1e15  # the squares of such coordinates fit single precision
_SIDE = 96  # pixels: larger images are shrunk
_ROUNDING = 1e-7  # relative, of single precision


@dataclass(frozen=True, eq=False)
class ProbeMap:
    """Where images are on one map.

    Attributes:
        name: of the map.
        points: float32 (S, V1, .., Vk, D), D being 2 or 3.
        cloud: float32 (N, D), the map's other points; None without any.
        note: small print.
    """

    name: str
    points: np.ndarray
    cloud: np.ndarray | None
    note: str = ""

    @property
    def dim(self) -> int:
        """2 or 3."""
        return self.points.shape[-1]

    @property
    def spread(self) -> float:
        """The spread of the cloud, or of all points where there is none."""
        return spread_of(self.points if self.cloud is None else self.cloud)

    def travel(self, path: np.ndarray) -> float:
        """Return the spread of a path (V, D) as a share of the map's."""
        own, whole = spread_of(path), self.spread
        return own / whole if whole else (math.inf if own else 0.0)


def spread_of(points: np.ndarray) -> float:
    """Return the root mean square distance of points (..., D) from their mean.

    It is 0 if it is only rounding: below 1e-7 of the largest coordinate.
    """
    flat = points.reshape(-1, points.shape[-1]).astype(np.float64)
    spread = float(np.sqrt(((flat - flat.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return spread if spread > _ROUNDING * np.abs(flat).max() else 0.0


def checked_grid(images: ArrayLike, dials: Sequence[Dial]) -> np.ndarray:
    """Return images as uint8 (S, V1, .., Vk, H, W, C); ViewError if they do not fit the dials."""
    try:
        given = plain_array("images", images)
    except ValueError as error:
        raise ViewError(str(error)) from None
    counts = tuple(len(dial.values) for dial in dials)
    k = len(counts)
    shown = given[..., None] if given.ndim == k + 3 else given
    sizes = ", ".join(f"{len(dial.values)} for {dial.name!r}" for dial in dials)
    good = shown.ndim == k + 4 and shown.shape[1 : k + 1] == counts and shown.shape[-1] in (1, 3)
    if not good or given.dtype != np.uint8 or not given.size:
        raise ViewError(
            f"images: got {given.dtype} of shape {given.shape}; expected uint8 of shape "
            f"(S, {', '.join(map(str, counts))}, H, W), or the same with a last axis of 1 or 3 "
            f"channels: one image for each subject and each setting of the dials, {sizes}."
        )
    check_count(len(shown), counts)
    total = math.prod(shown.shape[: k + 1])
    small = shrunk_to(shown.reshape(total, *shown.shape[k + 1 :]), _SIDE)
    # A copy, so that later changes of what was given change nothing here.
    return small.reshape(*shown.shape[: k + 1], *small.shape[1:]).copy()


def check_count(subjects: int, counts: Sequence[int]) -> None:
    """Raise ViewError for too many subjects, or too many images of all values of the dials."""
    total = subjects * math.prod(counts)
    if not 1 <= subjects <= MOST_SUBJECTS or total > MOST_IMAGES:
        raise ViewError(
            f"images: got {subjects:,} subjects and {total:,} images in all; expected 1 to "
            f"{MOST_SUBJECTS} subjects and at most {MOST_IMAGES:,} images, as a page holds them "
            "all. Take fewer subjects, or fewer values of a dial."
        )


def checked_maps(
    maps: object,
    clouds: object,
    notes: Mapping[str, str] | None,
    shape: tuple[int, ...],
) -> tuple[ProbeMap, ...]:
    """Return maps whose points have a shape (S, V1, .., Vk, D), with clouds of one length."""
    if not isinstance(maps, Mapping) or not 1 <= len(maps) <= MOST_MAPS:
        raise ViewError(
            f"maps: got {maps!r:.200}; expected a dict from 1 to {MOST_MAPS} names to points."
        )
    if clouds is not None and not isinstance(clouds, Mapping):
        raise ViewError(
            f"clouds: got {clouds!r:.200}; expected a dict from the names of the maps to points."
        )
    if notes is not None and not isinstance(notes, Mapping):
        raise ViewError(f"notes: got {notes!r:.200}; expected a dict from names of maps to words.")
    for what, named in (("clouds", clouds), ("notes", notes)):
        if unknown := [name for name in named or {} if name not in maps]:
            raise ViewError(
                f"{what}: got {unknown[0]!r:.100}, which is no map; expected "
                f"{listed([printable(name) for name in maps])}."
            )
    if clouds and (missing := [name for name in maps if name not in clouds]):
        raise ViewError(
            f"clouds: got none for {missing[0]!r:.100}; expected one for each map, or none at all."
        )
    made = tuple(
        ProbeMap(
            shown,
            _checked_points(f"maps[{name!r}]", points, shape),
            _checked_cloud(f"clouds[{name!r}]", clouds[name]) if clouds else None,
            printable((notes or {}).get(name) or ""),
        )
        for shown, (name, points) in zip(printable_names(maps), maps.items(), strict=True)
    )
    for one in made:
        _check_fit(one, made[0])
    return made


def checked_subjects(names: Sequence[str] | None, count: int) -> list[str]:
    """Return the names of the subjects, one for each."""
    if names is None:
        return [f"image {number + 1}" for number in range(count)]
    named = [] if isinstance(names, str) else list(printable_names(names))
    if len(named) != count:
        raise ViewError(
            f"subject_names: got {names!r:.200}; expected a name for each of {count} subjects."
        )
    return named


def _check_fit(one: ProbeMap, first: ProbeMap) -> None:
    if one.cloud is None or first.cloud is None:
        return
    if one.cloud.shape[1] != one.dim:
        raise ViewError(
            f"clouds[{one.name!r}]: got points of {one.cloud.shape[1]} dimensions; expected "
            f"{one.dim}, as in maps[{one.name!r}]."
        )
    if len(one.cloud) != len(first.cloud):
        raise ViewError(
            f"clouds: got {len(first.cloud):,} points for {first.name!r} and {len(one.cloud):,} "
            f"for {one.name!r}; expected the same images on each map."
        )


def _checked_points(name: str, points: Any, shape: tuple[int, ...]) -> np.ndarray:
    given = _numbers(name, points)
    if given.shape[:-1] != shape or given.shape[-1:] not in ((2,), (3,)):
        raise ViewError(
            f"{name}: got shape {given.shape}; expected ({', '.join(map(str, shape))}, 2), or 3 at "
            "the end: one point for each image. Project points of more dimensions first."
        )
    return given


def _checked_cloud(name: str, points: Any) -> np.ndarray:
    given = _numbers(name, points)
    if given.ndim != 2 or not 1 <= len(given) <= _MOST_POINTS:
        raise ViewError(
            f"{name}: got shape {given.shape}; expected (N, 2) or (N, 3), with 1 to "
            f"{_MOST_POINTS:,} points."
        )
    return given


def _numbers(name: str, points: Any) -> np.ndarray:
    try:
        given = real_array(name, points)
    except ValueError as error:
        raise ViewError(str(error)) from None
    if not (np.abs(given.astype(np.float64)) <= _LARGEST).all():
        raise ViewError(
            f"{name}: got numbers that are not finite, or beyond ±{_LARGEST:g}; expected finite "
            "ones. Check whether the training diverged."
        )
    return given.astype(np.float32)
