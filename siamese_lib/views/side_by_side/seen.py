"""What a reader changes in films side by side: one small state, and how it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

from siamese_lib.checks import whole_number
from siamese_lib.views import given
from siamese_lib.views.given import ViewError

SCALES = ("same", "own")


@dataclass(frozen=True)
class Bounds:
    """What a state must fit: the frames of the bar, the points, the classes, and the films."""

    frames: int
    points: int
    classes: Sequence[str]  # by name
    films: int


@dataclass(frozen=True)
class Seen:
    """What a reader sees of the films.

    Attributes:
        frame: of the film with the most frames; the others show the same share of their training.
        playing: whether the films play.
        selected: points with a ring in every panel.
        scale: "same" for one scale in all panels, "own" to zoom each panel to its points.
        hidden: names of classes that are hidden, which leaves them grey.
        cameras: what each map shows: x and y of the place in its middle and the length of its
            shorter side, in units of the embedding; or None for the whole map.
    """

    frame: int
    playing: bool = False
    selected: Sequence[int] = ()
    scale: str = "same"
    hidden: Sequence[str] = ()
    cameras: Sequence[Sequence[float] | None] = ()


def seen(state: Mapping[str, Any], bounds: Bounds) -> Seen:
    """Check a state. A negative frame counts from the end.

    A single point may stand for a list, and so may a single camera, or None, for all maps.

    Raises:
        ValueError: a value is not as `Seen` describes, or does not fit the bounds.
    """
    frame = whole_number("frame", state.get("frame", -1), -bounds.frames)
    if frame >= bounds.frames:
        raise ViewError(
            f"frame is {frame}; expected {-bounds.frames} to {bounds.frames - 1}, where -1 is the "
            "last."
        )
    playing, scale = state.get("playing", False), state.get("scale", "same")
    if not isinstance(playing, bool):
        raise ViewError(f"playing is {playing!r:.100}; expected True or False.")
    if scale not in SCALES:
        raise ViewError(f"scale is {scale!r:.100}; expected 'same' or 'own'.")
    selected = given.checked_points(state.get("selected"))
    given.check_points("selected", selected, bounds.points)
    hidden = given.checked_hidden(state.get("hidden", ()), bounds.classes)
    cameras = _cameras(state.get("cameras"), scale, bounds.films)
    return Seen(frame % bounds.frames, playing, selected, scale, hidden, cameras)


def as_state(seen: Seen) -> dict[str, Any]:
    """Return it as JSON can hold it."""
    return {**asdict(seen), "selected": list(seen.selected), "hidden": list(seen.hidden)}


def _cameras(cameras: Any, scale: str, films: int) -> list[list[float] | None]:
    one = not isinstance(cameras, Iterable) or all(isinstance(part, Real) for part in cameras)
    checked = [given.checked_camera(each) for each in ([cameras] * films if one else cameras)]
    if len(checked) != films:
        raise ViewError(f"cameras: got {len(checked)}; expected one for each of {films} films.")
    if scale == "same" and any(camera != checked[0] for camera in checked):
        raise ViewError(
            f"cameras are {cameras!r:.200}; expected equal ones, as all maps have the same scale. "
            "Set the scale to 'own' to zoom them one by one."
        )
    return checked
