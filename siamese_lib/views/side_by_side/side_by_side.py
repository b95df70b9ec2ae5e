"""Any number of films of the same points, on one bar.

The page holds all frames, and plays, scrubs and selects without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siamese_lib.views.film import Film, HasFilm
from siamese_lib.views.script import Script
from siamese_lib.views.side_by_side.films import comparable, payload
from siamese_lib.views.side_by_side.seen import Bounds, Seen, as_state, seen
from siamese_lib.views.side_by_side.still import still_png
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import MAP_SHEETS, Style


class SideBySide(StatefulView):
    """Films of the same points, next to each other, at the same moment of their trainings.

    One play button and one bar move all films. A click on a point selects it in every panel, and
    the legend hides a class in all. *Same scale* draws all panels at one scale, so that sizes can
    be compared. *Own scale* zooms each panel to its own points, at every moment. The keys are those
    of an `EmbeddingView`. A still picture is shown where no JavaScript runs.

    A loss sees only distances, so the films are turned, mirrored and shifted to match the first,
    each as a whole. They are never scaled.

    The bar has the frames of the film with the most frames. At each of them, every film shows the
    same share of its own training: step 90 of 180 next to step 180 of 360. If all trainings have
    the same length, the bar is in steps, and otherwise in percent. A film without steps counts its
    frames.

    Args:
        films: of the same points, in the same order: a `Film` each, or a view that shows one, by
            the name to write above it.
        frame: of the bar, to show first; a negative number counts from the end.
        playing: play as soon as the view is visible. If the reader's system asks for less motion,
            the last frame is shown instead.
        selected: points that are selected at first.
        scale: "same" or "own".
        hidden: names of classes to hide at first.

    Attributes:
        state: dict with ``frame`` (int, 0 to the last), ``playing`` (bool), ``selected`` (list of
            points), ``scale`` ("same" or "own"), ``hidden`` (list of class names) and ``cameras``
            (for each film x, y and the length of the shorter side of what its map shows, in units
            of the embedding, or None for the whole map). Assign a dict with some of them to change
            these. A single camera is that of all films, and another scale shows whole maps.
        films: the films by name, turned to match.

    Raises:
        ViewError: (a ValueError and a TraitError) there is no film; a film has other points,
            classes or images than the first; or an argument or a new state is not as described.

    Example:
        >>> films = sl.shipped_films()
        >>> view = sl.SideBySide({name: films[name] for name in ("margin 1", "pull only")})
        >>> view.state = {"scale": "own", "selected": [7]}
        >>> view
        SideBySide('margin 1', 'pull only')
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(*MAP_SHEETS, Path(__file__).with_suffix(".css"))

    def __init__(
        self,
        films: Mapping[str, Film | HasFilm],
        *,
        frame: int | None = None,
        playing: bool = False,
        selected: Sequence[int] | int | None = None,
        scale: str = "same",
        hidden: Sequence[str] = (),
    ) -> None:
        self.films = comparable(films)
        first = next(iter(self.films.values()))
        frames = max(len(film.frames) for film in self.films.values())
        points, names = first.frames.shape[1], first.classes.names
        self._bounds = Bounds(frames, points, names, len(self.films))
        if frame is None:
            frame = 0 if playing else -1
        state = {
            "frame": frame,
            "playing": playing,
            "selected": selected,
            "scale": scale,
            "hidden": hidden,
        }
        super().__init__(payload(self.films), state)

    def __repr__(self) -> str:
        """Return a summary: the names of the films."""
        return f"SideBySide({', '.join(map(repr, self.films))})"

    def still(self) -> bytes:
        """Draw the last frames in a row, as a PNG below 60 kB."""
        now: Seen = seen(self.state, self._bounds)
        return still_png(self.films, now.scale, now.selected)

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state with some changes, which are checked. The view stays as it is."""
        now = self.state.get("scale")
        if now and isinstance(state, Mapping) and state.get("scale", now) != now:
            state = {"cameras": None, **state}
        return super().checked_state(state)

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        return as_state(seen(state, self._bounds))
