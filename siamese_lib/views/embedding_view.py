"""A film to play, scrub, zoom and select points in.

The page holds all frames, so playing and scrubbing need no kernel. This class shows a `Film` whose
parts can be changed, and synchronizes a few traits with the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from traitlets.utils.bunch import Bunch

from siamese_lib.views import given, view_state, wire
from siamese_lib.views.checked_trait import CheckedTrait
from siamese_lib.views.film import Film
from siamese_lib.views.given import ViewError
from siamese_lib.views.script import Script
from siamese_lib.views.showing import WithStill
from siamese_lib.views.style import MAP_SHEETS, Style

_DATA = (
    "frames", "labels", "images", "class_names", "colors", "steps", "curves", "trust", "numbers",
)  # fmt: skip
_PARTS = tuple(part.name for part in fields(Film))
_ABOUT = tuple(name for name in _PARTS if name not in ("frames", "images", "explained"))
_POINTS = ("selected", "highlighted", "marked")
_SYNCED = ("frame", "playing", "selected", "highlighted")


class EmbeddingView(WithStill, anywidget.AnyWidget):
    """A map of embedded images; with several frames, a film of how they got there.

    In the page, drag to pan, turn the wheel to zoom, and double-click to reset. Click a point to
    select it; drag with Shift (or with the lasso button) to select many. A click in the legend
    hides a class, a double click shows only that class. Space plays, the arrow keys step, Home and
    End jump. A still picture is shown where no JavaScript runs, as in a code host's preview of a
    notebook.

    Coordinates are sent to the page as 16-bit whole numbers, at one scale for each frame. This
    takes 4 bytes for a point in a frame, or 1.6 MB for 10,000 points in 40 frames. On screen, the
    error of a point is at most 1/131,070 of the frame's longer side, or 0.01 pixels on a map 1,000
    pixels wide. Python keeps the coordinates as given.

    Args:
        frames: float (F, N, 2), or (N, 2) for a single frame. F may be 0 for a view that gets its
            frames from `append_frame`.
        labels: int or str (N,), the class of each point.
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3); the page shows the one under the
            pointer.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        steps: int (F,), ascending: the training step of each frame.
        trust: numbers (N,) from 0 to 1, shown on demand as sizes of points, as for `Film`.
        colors: "#rrggbb" of each class; by default those of `class_colors`.
        curves: for each name, F numbers, drawn under the scrub bar; NaN leaves a gap. Put the units
            in the name.
        margin: of the loss, in the units of the embedding; drawn to scale.
        frame: the frame to show first. The default is the last frame, or the first if `playing`.
        playing: play as soon as the view is visible. If the reader's system asks for less motion,
            the last frame is shown instead.
        selected: points that are selected at first.
        highlighted: points that are highlighted at first.
        marked: points that always stay visible, such as an image of the reader's own.
        note: a few words of small print on the map.
        height: of the map, in pixels; the controls under it are not included. By default it suits
            the window: 480 pixels, or more where there is room.
        explained: share of the variance of the last frame that lies in the plane of the map.
        noun: what a point stands for, such as "test image".
        numbers: int (N,), the number of each point in its data set; by default they count from 0.

    Attributes:
        frames, labels, images, class_names, colors, steps, trust, curves, margin, note, height,
            noun, numbers: as given, with frames as float32 (F, N, 2); arrays are read-only. Assign
            a new value to change one, and several that depend on each other inside
            ``with view.hold_trait_notifications():``.
        frame: int, the frame on screen, from 0 to F - 1. A negative number counts from the end.
            While the film plays, the page reports the frame a few times a second.
        playing: bool, whether the film plays.
        selected: list of points, one that was clicked or many in a lasso. It may be set to a
            single number, or to None for no points.
        highlighted: list of points, such as neighbours of the selected point; lines join them to
            it. A new selection by the reader empties it.
        marked: list of points that are drawn on top, with a ring, a picture and a trail.
        explained: as given, or None; `Run.film` sets it.
        film: the `Film` that is shown now. It cannot be set; set its parts.
        state: a dict of what the reader can change: ``frame``, ``playing``, ``selected``,
            ``highlighted``, ``hidden`` (classes), ``names``, ``trust``, ``follow``, ``camera``,
            ``speed`` and ``loop``; see `view_state.Shown`. Assign some of them, and the rest stays.
        selection: the selected points as rows of a table.

    Raises:
        ViewError: (a ValueError and a TraitError) an argument or a new value of an attribute is
            not as described, or does not fit the others.

    Example:
        >>> frames = np.random.default_rng(0).normal(size=(3, 60, 2))
        >>> view = sl.EmbeddingView(frames, np.arange(60) % 4, steps=[0, 10, 20])
        >>> view.frame, view.selected = 0, [7]
        >>> view
        EmbeddingView(60 points, 3 frames)
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(*MAP_SHEETS)

    frames = CheckedTrait(given.checked_frames, np.zeros((0, 0, 2)), "float32 (F, N, 2)")
    labels = CheckedTrait(given.checked_labels, None, "int64 or str (N,), or None")
    images = CheckedTrait(given.checked_pictures, None, "uint8 (N, H, W, C), or None")
    class_names = CheckedTrait(given.checked_names, None, "list of K names, or None")
    colors = CheckedTrait(given.checked_colors, None, 'list of K "#rrggbb", or None')
    steps = CheckedTrait(given.checked_steps, None, "int64 (F,), or None")
    trust = CheckedTrait(partial(given.checked_shares, "trust"), None, "float32 (N,), or None")
    curves = CheckedTrait(given.checked_curves, None, "dict of lists of F numbers")
    margin = CheckedTrait(given.checked_margin, None, "of the loss, or None")
    marked = CheckedTrait(given.checked_points, None, "list of points")
    note = traitlets.Unicode("", help="small print on the map")
    height = CheckedTrait(given.checked_height, None, "pixels, or None")
    explained = traitlets.Float(None, allow_none=True, help="share of the variance, or None")
    noun = traitlets.Unicode("point", help="what a point stands for")
    numbers = CheckedTrait(given.checked_numbers, None, "int64 (N,), or None")

    frame = traitlets.Int(0, help="the frame on screen").tag(sync=True)
    playing = traitlets.Bool(False, help="whether the film plays").tag(sync=True)
    selected = CheckedTrait(given.checked_points, None, "list of points").tag(sync=True)
    highlighted = CheckedTrait(given.checked_points, None, "list of points").tag(sync=True)

    _look = traitlets.Dict(view_state.FIRST).tag(sync=True)
    _film = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _images = traitlets.Dict(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        frames: np.ndarray,
        labels: np.ndarray | Sequence | None = None,
        *,
        images: np.ndarray | None = None,
        class_names: Sequence[str] | None = None,
        colors: Sequence[str] | None = None,
        steps: np.ndarray | Sequence[int] | None = None,
        trust: np.ndarray | Sequence[float] | None = None,
        curves: Mapping[str, Sequence[float]] | None = None,
        margin: float | None = None,
        frame: int | None = None,
        playing: bool = False,
        selected: Sequence[int] | int | None = None,
        highlighted: Sequence[int] | None = None,
        marked: Sequence[int] | int | None = None,
        note: str = "",
        height: int | None = None,
        explained: float | None = None,
        noun: str = "point",
        numbers: np.ndarray | Sequence[int] | None = None,
    ) -> None:
        film = Film(
            frames, labels, images=images, class_names=class_names, colors=colors, steps=steps,
            trust=trust, curves=curves, margin=margin, marked=marked, note=note, height=height,
            explained=explained, noun=noun, numbers=numbers,
        )  # fmt: skip
        if frame is None:
            frame = 0 if playing else -1
        packed = {f"_{name}": part for name, part in film.payload().items()}
        self._packed = True
        super().__init__(
            **film.parts(), **packed, frame=frame, playing=playing, selected=selected,
            highlighted=highlighted,
        )  # fmt: skip
        self._packed = False

    @classmethod
    def of(cls, film: Film, **options: Any) -> EmbeddingView:
        """Show a film.

        Args:
            film: what to show.
            options: more arguments of the view, such as ``playing=True``, or arguments that replace
                parts of the film.
        """
        return cls(**{**film.parts(), **options})

    @property
    def film(self) -> Film:
        """The film that is shown now."""
        return Film(**{name: getattr(self, name) for name in _PARTS})

    @property
    def state(self) -> dict[str, Any]:
        """All that the reader can change."""
        return {**{name: getattr(self, name) for name in _SYNCED}, **self._look}

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        checked = self.checked_state(state)
        with self.hold_trait_notifications():
            for name in _SYNCED:
                setattr(self, name, checked.pop(name))
            self._look = checked

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state with some changes, which are checked. The view stays as it is."""
        view_state.check_names(state, self.state)
        own = {name: value for name, value in state.items() if name in _SYNCED}
        looks = {name: value for name, value in state.items() if name not in _SYNCED}
        shown = view_state.shown(self._look, looks, self.film)
        return {**self.state, **view_state.checked_traits(self, own), **shown}

    @property
    def selection(self) -> list[dict[str, Any]]:
        """The selected points: for each, its number, class, and place in the current frame."""
        return self.film.rows(self.selected, self.frame)

    def __repr__(self) -> str:
        """Return a summary: the numbers of points and frames."""
        frames, points = self.frames.shape[:2]
        return f"EmbeddingView({points:,} points, {frames:,} frame{'s' * (frames != 1)})"

    def append_frame(
        self,
        points: np.ndarray,
        *,
        step: int | None = None,
        curves: Mapping[str, float] | None = None,
    ) -> None:
        """Add one frame at the end and send only this frame; the points move to it.

        A reader who has scrubbed back stays at that frame. `trust` becomes None, as it is of
        another last frame. When the number of frames reaches a power of two, all frames are sent
        again, so that a page that missed the first ones catches up. In all, this sends about twice
        the bytes.

        Args:
            points: float (N, 2), the same points as in the other frames.
            step: training step of the frame, above the last one; required if the others have one.
            curves: the next number of each curve; a curve that is left out gets a gap.

        Raises:
            ViewError: the points are not as described, their number differs from the other frames',
                or the step is missing, too low, or given though the others have none.
        """
        frame = given.checked_frames(points)
        known = self.frames.shape[1]
        if len(frame) != 1 or (frame.shape[1] != known and self.frames.shape != (0, 0, 2)):
            raise ViewError(
                f"points: got shape {np.shape(points)}; expected ({known}, 2), one frame of the "
                "view's points."
            )
        count = len(self.frames)
        before = self.frames.reshape(count, *frame.shape[1:])
        steps = given.steps_with(self.steps, step, count)
        numbers = dict(curves or {})
        self._packed = True
        try:
            with self.hold_trait_notifications():
                self.frames = np.concatenate([before, frame])
                self.steps = steps
                self.trust = None
                self.curves = {
                    name: [*self.curves.get(name, [np.nan] * count), numbers.get(name, np.nan)]
                    for name in [*self.curves, *(n for n in numbers if n not in self.curves)]
                }
        finally:
            self._packed = False
        packed = wire.packed_film(frame)
        (bounds,), (data,) = packed["bounds"], packed["frames"]
        last = {name: wire.json_numbers(curve[-1:])[0] for name, curve in self.curves.items()}
        # A change in place changes no trait, so nothing is sent; but a new page gets the frame.
        self._film["count"] = frame.shape[1]
        self._film["bounds"].append(bounds)
        self._film["frames"].append(data)
        self._about.update(self.film.about())
        if self.frame >= count - 1:
            with self._lock_property(frame=count):  # not sent: the page moves on by itself
                self.frame = count
        if (count + 1) & count == 0:
            self.send_state(["_film", "_about"])
        else:
            message = {"kind": "frame", "index": count, "bounds": bounds, "curves": last}
            self.send({**message, "step": step}, [data])

    def payload(self) -> dict[str, Any]:
        """Return the payload of the JavaScript module's ``mount(element, payload, options)``.

        Returns:
            ``film``, ``about`` and ``images``: JSON values, and bytes where `wire` says so.
        """
        return {"film": self._film, "about": self._about, "images": self._images}

    def still(self) -> bytes:
        """Draw the view as a PNG below 60 kB: the first, a middle and the last frame of a film."""
        return self.film.still()

    def _has_still(self) -> bool:
        return self.frames.size > 0

    @traitlets.validate(*_DATA)
    def _validate_data(self, proposal: Bunch) -> Any:
        values = {name: getattr(self, name) for name in _DATA}
        try:
            given.check_fit(**{**values, proposal["trait"].name: proposal["value"]})
        except ViewError as error:
            raise ViewError(
                f"{error} To change several at once, set them inside "
                "`with view.hold_trait_notifications():`."
            ) from None
        return proposal["value"]

    @traitlets.validate("frame")
    def _validate_frame(self, proposal: Bunch) -> int:
        frame, count = proposal["value"], max(len(self.frames), 1)
        if not -count <= frame < count:
            raise ViewError(
                f"frame is {frame}; expected {-count} to {count - 1}, where -1 is the last."
            )
        return frame % count

    @traitlets.validate(*_POINTS)
    def _validate_points(self, proposal: Bunch) -> list[int]:
        given.check_points(proposal["trait"].name, proposal["value"], self.frames.shape[1])
        return proposal["value"]

    @traitlets.observe("frames")
    def _send_frames(self, change: Bunch) -> None:
        if not self._packed:
            self._film = wire.packed_film(self.frames)
            self.frame = min(self.frame, max(len(self.frames) - 1, 0))
            self._forget()

    @traitlets.observe(*_ABOUT)
    def _send_about(self, change: Bunch) -> None:
        self._forget()  # of several changes at once, that of the frames may be seen later
        if not self._packed:
            self._about = self.film.about()

    def _forget(self) -> None:
        """Take away what the reader has set for points and classes that there are no longer."""
        count = self.frames.shape[1]
        for name in _POINTS:
            setattr(self, name, [point for point in getattr(self, name) if point < count])
        self._look = view_state.still_possible(self._look, self)

    @traitlets.observe("images")
    def _send_images(self, change: Bunch) -> None:
        if not self._packed:
            self._images = wire.packed_images(self.images)
