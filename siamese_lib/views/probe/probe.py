"""The widget: one image is changed by hand, and its point moves on maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.data.parts import evenly
from siamese_lib.images import shrunk_to
from siamese_lib.pixels import checked_images
from siamese_lib.views import wire
from siamese_lib.views.film import Film
from siamese_lib.views.given import ViewError
from siamese_lib.views.probe.dials import Value, checked_dials
from siamese_lib.views.probe.grid import (
    ProbeMap,
    checked_grid,
    checked_maps,
    checked_subjects,
)
from siamese_lib.views.probe.state import FIRST_TURN, Setting
from siamese_lib.views.probe.still import still_png
from siamese_lib.views.script import Script
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import Style

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_MOST_PICTURES, _THUMB = 600, 32  # images on the maps, and pixels of their longer side


class Probe(StatefulView):
    """Change one image by hand, and see where its point goes on maps.

    The reader turns dials, such as a shift or an angle. They drag the picture sideways for the
    first dial and up or down for the second, or use a slider for each. Each map shows the point of
    the picture, the path that it takes along one dial, and the map's other points. A map in three
    dimensions can be turned. All images and points are there from the start, so that all of it
    works without a kernel.

    Args:
        maps: from 1 to 3 names to float (S, V1, .., Vk, D): the point of each image on each map,
            with D = 2 or 3. S are the subjects, such as digits; k is the number of dials.
        images: uint8 (S, V1, .., Vk, H, W), or with a last axis of 1 or 3 channels. Up to 6,000
            images of up to 20 subjects. Images above 96 pixels are shrunk.
        dials: from 1 to 3 names to the V1, .., Vk values: real numbers in ascending order, or
            names. Dragging up means more of the second dial, and to the right more of the first,
            unless their names contain "down" or "left".
        clouds: from the names of all maps to float (N, D), the map's other points.
        labels: int or str (N,), the class of each of these.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        colors: "#rrggbb" of each class; by default those of the book.
        cloud_images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), to stand on the maps.
        subject_names: S names.
        periodic: names of dials whose last value is followed by the first, such as an azimuth.
        units: from names of dials to what is written after their values, such as "°".
        notes: from names of maps to small print on them.

    Attributes:
        state: all that the reader can change. Assign a dict to change what it names:

            * ``subject``: number of the subject.
            * ``values``: from the names of the dials to their values. What you leave out stays.
            * ``dial``: name of the dial whose path is drawn.
            * ``pictures``: whether images stand on the maps.
            * ``turn``: azimuth and elevation, in degrees, of the eye that sees maps in three
              dimensions.
        travel: float for each map: the spread of the path as a share of the map's. A spread is the
            root mean square distance of points from their mean. 0 means that the point stands
            still, about 1 that it wanders across the whole map. The map's spread is that of its
            other points, or of all its points where there are no others.

    Raises:
        ViewError: (a ValueError and a TraitError) an argument or a new state is not as described,
            or does not fit the others.

    Example:
        >>> images = np.zeros((1, 3, 8, 8), np.uint8)  # one subject, three shifts
        >>> points = np.array([[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]])
        >>> cloud = np.array([[0.0, 0.0], [4.0, 0.0]])
        >>> probe = sl.Probe(
        ...     {"map": points}, images, {"pixels to the right": range(-1, 2)},
        ...     clouds={"map": cloud},
        ... )
        >>> round(probe.travel["map"], 3)  # √(2/3) of a spread of 2
        0.408
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_suffix(".css"))

    def __init__(
        self,
        maps: Mapping[str, ArrayLike],
        images: ArrayLike,
        dials: Mapping[str, Iterable[Value]],
        *,
        clouds: Mapping[str, ArrayLike] | None = None,
        labels: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        colors: Sequence[str] | None = None,
        cloud_images: ArrayLike | None = None,
        subject_names: Sequence[str] | None = None,
        periodic: Iterable[str] = (),
        units: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self._dials = checked_dials(dials, periodic, units)
        self._images = checked_grid(images, self._dials)
        self._maps = checked_maps(maps, clouds, notes, self._images.shape[:-3])
        self._subjects = checked_subjects(subject_names, len(self._images))
        cloud = self._maps[0].cloud
        self._classes = _classes(cloud, labels, class_names, colors)
        shown, self._thumbs = _thumbs(cloud, cloud_images, self._classes.numbers)
        payload = {
            "dials": [
                {
                    "name": dial.name,
                    "values": list(dial.values),
                    "words": dial.words,
                    "periodic": dial.periodic,
                    "first": dial.first,
                }
                for dial in self._dials
            ],
            "subjects": self._subjects,
            "images": wire.packed_images(self._images.reshape(-1, *self._images.shape[-3:])),
            "maps": [_packed(each) for each in self._maps],
            "labels": _words16(self._classes.numbers),
            "names": self._classes.names,
            "colors": self._classes.colors,
            "thumbs": wire.packed_images(self._thumbs),
            "thumbed": shown.tolist(),
        }
        first = Setting(0, tuple(dial.first for dial in self._dials), 0, False, FIRST_TURN)
        super().__init__(payload, first.state(self._dials))

    def __repr__(self) -> str:
        """Return a summary: the numbers of images and the dials."""
        count = int(np.prod(self._images.shape[:-3]))
        dials = ", ".join(f"{dial.name} ({len(dial.values)})" for dial in self._dials)
        maps = ", ".join(each.name for each in self._maps)
        return f"Probe({count:,} images; maps: {maps}; dials: {dials})"

    @property
    def travel(self) -> dict[str, float]:
        """How far the point moves on each map along the dial, as a share of the map's spread."""
        return self.travel_of()

    def travel_of(self, **changes: Any) -> dict[str, float]:
        """Return `travel` as it would be in another state. The view stays as it is.

        Args:
            changes: parts of `state`, such as ``subject=2, dial="azimuth"``.

        Raises:
            ViewError: as for a new state.
        """
        path = self._of(self.checked_state(changes)).path
        return {each.name: each.travel(each.points[path]) for each in self._maps}

    def still(self) -> bytes:
        """Draw the picture and the maps with the path as a PNG below 60 kB."""
        return still_png(self._images, self._maps, self._dials, self._setting, self._classes)

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state with some changes, which are checked. The view stays as it is."""
        values = state.get("values") if isinstance(state, Mapping) else None
        if self.state and isinstance(values, Mapping):
            state = {**state, "values": {**self.state["values"], **values}}
        return super().checked_state(state)

    @property
    def _setting(self) -> Setting:
        return self._of(self.state)

    def _of(self, state: Mapping[str, Any]) -> Setting:
        known = {"subjects": len(self._subjects), "pictures": self._thumbs is not None}
        return Setting.of(state, self._dials, **known)

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        return self._of(state).state(self._dials)


def _classes(
    cloud: np.ndarray | None,
    labels: ArrayLike | None,
    class_names: Sequence[str] | None,
    colors: Sequence[str] | None,
) -> wire.Classes:
    """Return the classes of the maps' other points."""
    if cloud is None:
        given = {"labels": labels, "class_names": class_names, "colors": colors}
        if some := [name for name, value in given.items() if value is not None]:
            raise ViewError(f"{some[0]}: got some; expected None without clouds. Pass clouds, too.")
        return wire.Classes(None, [], [])
    waiting = np.zeros((0, len(cloud), 2))
    return Film(waiting, labels, class_names=class_names, colors=colors).classes


def _thumbs(
    cloud: np.ndarray | None, images: ArrayLike | None, classes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return which points have small images, int64 (M,), and these, uint8 (M, H, W, C)."""
    if images is None:
        return np.zeros(0, np.int64), None
    try:
        given = checked_images(images, "cloud_images")
    except ValueError as error:
        raise ViewError(str(error)) from None
    count = 0 if cloud is None else len(cloud)
    if len(given) != count:
        raise ViewError(
            f"cloud_images: got {len(given):,}; expected one for each of the {count:,} points of "
            "a cloud."
        )
    kinds = np.zeros(count, np.int64) if classes is None else classes
    shown = evenly(kinds, _MOST_PICTURES, seed=0)
    shown = np.random.default_rng(0).permutation(shown)  # where there is room, the first are drawn
    return shown, shrunk_to(given[shown], _THUMB)


def _packed(each: ProbeMap) -> dict[str, Any]:
    return {
        "name": each.name,
        "dim": each.dim,
        "note": each.note,
        "points": each.points.astype("<f4").tobytes(),
        "cloud": None if each.cloud is None else each.cloud.astype("<f4").tobytes(),
    }


def _words16(numbers: np.ndarray | None) -> bytes | None:
    return None if numbers is None else numbers.astype("<u2").tobytes()
