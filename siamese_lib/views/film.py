"""A film as a value: points in the plane through time, and all that is shown with them.

Runs make films, `EmbeddingView` shows them, exports write them, and files store them. Only showing
a film needs a widget.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from siamese_lib.views import given, wire
from siamese_lib.views.given import ViewError
from siamese_lib.views.still import still_png

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# The parts that a file stores as text, in this order.
_FACTS = ("class_names", "colors", "curves", "margin", "marked", "note", "height", "explained")

_POINT = "point"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Film:
    """Points in the plane through time, with their classes, pictures, steps and curves.

    A film is checked once, when it is made, and cannot be changed: its arrays are read-only copies.
    `Run.make_film` makes one, `EmbeddingView.of` shows it, and the exports take it.

    Args:
        frames: float (F, N, 2), or (N, 2) for a single frame.
        labels: int or str (N,), the class of each point.
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), the picture of each point.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        colors: "#rrggbb" of each class; by default those of `class_colors`.
        steps: int (F,), ascending: the training step of each frame.
        trust: numbers (N,) from 0 to 1: the share of each point's neighbours in the last frame that
            can be trusted, such as `kept_neighbours` or `stable_neighbours` give it. Readers can
            let points be as large as these say.
        curves: for each name, such as "loss", F numbers; NaN leaves a gap.
        margin: of the loss, in the units of the embedding; 0 or more.
        marked: points that always stay visible.
        note: a few words of small print on the map.
        height: of the map when it is shown, in pixels, 120 or more. By default it suits the window:
            480 pixels, or more where there is room.
        explained: share of the variance of the last frame that lies in the plane, from 0 to 1.
        noun: what a point stands for, such as "test image".
        numbers: int (N,), the number of each point in its data set, -1 for a point that has none;
            by default they count from 0.

    Attributes:
        frames: float32 (F, N, 2).
        labels: int64 or str (N,), or None.
        images: uint8 (N, H, W, 1 or 3), or None.
        class_names, colors, steps, curves, margin, marked, note, height, explained, noun: as given;
            steps as int64 (F,).
        numbers: int64 (N,), or None.
        trust: float32 (N,), or None.

    Raises:
        ViewError: (a ValueError) an argument is not as described, or does not fit the others.
    """

    frames: np.ndarray
    labels: np.ndarray | None
    images: np.ndarray | None
    class_names: Sequence[str] | None
    colors: Sequence[str] | None
    steps: np.ndarray | None
    trust: np.ndarray | None
    curves: Mapping[str, Sequence[float]]
    margin: float | None
    marked: Sequence[int]
    note: str
    height: int | None
    explained: float | None
    noun: str
    numbers: np.ndarray | None

    def __init__(
        self,
        frames: ArrayLike,
        labels: ArrayLike | None = None,
        *,
        images: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        colors: Sequence[str] | None = None,
        steps: ArrayLike | None = None,
        trust: ArrayLike | None = None,
        curves: Mapping[str, Sequence[float]] | None = None,
        margin: float | None = None,
        marked: Sequence[int] | int | None = None,
        note: str = "",
        height: int | None = None,
        explained: float | None = None,
        noun: str = _POINT,
        numbers: ArrayLike | None = None,
    ) -> None:
        parts = {
            "frames": given.checked_frames(frames),
            "labels": given.checked_labels(labels),
            "images": given.checked_pictures(images),
            "class_names": given.checked_names(class_names),
            "colors": given.checked_colors(colors),
            "steps": given.checked_steps(steps),
            "trust": given.checked_shares("trust", trust),
            "curves": given.checked_curves(curves),
            "margin": given.checked_margin(margin),
            "marked": given.checked_points(marked),
            "note": str(note),
            "height": given.checked_height(height),
            "explained": given.checked_share("explained", explained),
            "noun": str(noun),
            "numbers": given.checked_numbers(numbers),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)
        given.check_fit(
            frames=self.frames, labels=self.labels, images=self.images, steps=self.steps,
            curves=self.curves, class_names=self.class_names, colors=self.colors,
            trust=self.trust, numbers=self.numbers,
        )  # fmt: skip
        given.check_points("marked", self.marked, self.frames.shape[1])

    def __repr__(self) -> str:
        """Return a summary: the numbers of points and frames."""
        frames, points = self.frames.shape[:2]
        return f"Film({points:,} points, {frames:,} frame{'s' * (frames != 1)})"

    @cached_property
    def classes(self) -> wire.Classes:
        """The classes of the points by number, with their names and colours."""
        return wire.classes_of(self.labels, self.class_names, self.colors)

    def parts(self) -> dict[str, Any]:
        """Return the film's parts, by the names of its arguments."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """Pack the film for the JavaScript module's ``mount(element, payload, options)``.

        Args:
            images: whether to pack the images, too.

        Returns:
            ``film``, ``about`` and ``images``: JSON values, and bytes where `wire` says so.
        """
        return {
            "film": wire.packed_film(self.frames),
            "about": self.about(),
            "images": wire.packed_images(self.images) if images else None,
        }

    def about(self) -> dict[str, Any]:
        """Pack the small parts: everything except the frames and the images."""
        return wire.about(
            classes=self.classes, marked=self.marked, steps=self.steps, curves=self.curves,
            margin=self.margin, note=self.note, height=self.height, trust=self.trust,
            noun=self.noun, numbers=self.numbers,
        )  # fmt: skip

    def rows(self, points: Sequence[int], frame: int = -1) -> list[dict[str, Any]]:
        """Return some points as rows of a table.

        Args:
            points: int (M,), from 0 to N - 1.
            frame: which gives the places.

        Returns:
            For each point ``point``, ``number`` (in its data set), ``class`` (its name, or None),
            ``x`` and ``y``.
        """
        numbers, names, _ = self.classes
        return [
            {
                "point": point,
                "number": point if self.numbers is None else int(self.numbers[point]),
                "class": None if numbers is None else names[numbers[point]],
                "x": float(self.frames[frame, point, 0]),
                "y": float(self.frames[frame, point, 1]),
            }
            for point in points
        ]

    def still(self) -> bytes:
        """Draw the first, a middle and the last frame, as a PNG below 60 kB."""
        return still_png(self.frames, self.classes, self.steps, self.marked)

    def to_bytes(self) -> bytes:
        """Return the film as an ``.npz`` file: coordinates with 16 bits, all else unchanged."""
        bounds, levels = wire.pack(self.frames)
        facts = {name: getattr(self, name) for name in _FACTS}
        if self.noun != _POINT:
            facts["noun"] = self.noun
        arrays: dict[str, Any] = {
            "bounds": bounds,
            "levels": levels.reshape(len(levels), 2 * levels.shape[1]),
            "steps": self.steps,
            "labels": self.labels,
            "images": self.images,
            "trust": self.trust,
            "numbers": self.numbers,
            "facts": np.array(json.dumps(facts)),
        }
        buffer = BytesIO()
        np.savez_compressed(
            buffer, **{name: array for name, array in arrays.items() if array is not None}
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Film:
        """Read what `to_bytes` wrote.

        Raises:
            ViewError: the content is not a film, or is damaged.
        """
        try:
            with np.load(BytesIO(content), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            facts = json.loads(str(arrays.pop("facts")))
            bounds, levels = arrays.pop("bounds"), arrays.pop("levels")
            frames = wire.unpack(bounds, levels.reshape(*levels.shape[:1], levels.shape[1] // 2, 2))
            return cls(frames, **arrays, **facts)
        except Exception as error:  # a damaged file raises errors of many types
            raise ViewError(f"The content is not a film, or is damaged: {error}") from error


class HasFilm(Protocol):
    """An object that shows a film, such as an `EmbeddingView`."""

    @property
    def film(self) -> Film:
        """The film that it shows."""
        ...


def as_film(given: Film | HasFilm) -> Film:
    """Return a film, or the film that a view shows.

    Raises:
        ViewError: `given` is neither.
    """
    film = given if isinstance(given, Film) else getattr(given, "film", None)
    if not isinstance(film, Film):
        raise ViewError(
            f"film is of type {type(given).__name__}; expected a Film or an EmbeddingView."
        )
    return film
