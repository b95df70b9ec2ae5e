"""What a reader changes in films side by side: one small state, and how it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from siamese_lib.checks import whole_number
from siamese_lib.views import given
from siamese_lib.views.given import ViewError

SCALES = ("same", "own")


@dataclass(frozen=True)
class Bounds:
    """What a state must fit: the frames of the bar, the points, and the classes by name."""

    frames: int
    points: int
    classes: Sequence[str]


@dataclass(frozen=True)
class Seen:
    """What a reader sees of the films.

    Attributes:
        frame: of the film with the most frames; the others show the same share of their training.
        playing: whether the films play.
        selected: points with a ring in every panel.
        scale: "same" for one scale in all panels, "own" to zoom each panel to its points.
        hidden: names of classes that are hidden, which leaves them grey.
    """

    frame: int
    playing: bool = False
    selected: Sequence[int] = ()
    scale: str = "same"
    hidden: Sequence[str] = ()


def seen(state: Mapping[str, Any], bounds: Bounds) -> Seen:
    """Check a state. A negative frame counts from the end; a single point may stand for a list.

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
    return Seen(frame % bounds.frames, playing, selected, scale, hidden)


def as_state(seen: Seen) -> dict[str, Any]:
    """Return it as JSON can hold it."""
    return {**asdict(seen), "selected": list(seen.selected), "hidden": list(seen.hidden)}
