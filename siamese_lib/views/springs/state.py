"""What the reader of the springs has set, checked, and what a step of gradient descent changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from siamese_lib import checks
from siamese_lib.views.springs.forces import MEANS, Forces, forces_of

MARGINS = (0.1, 10.0)
LEARNING_RATES = (0.1, 10.0)
FARTHEST = 1e6  # of a coordinate: where too large a learning rate ends
_SWITCHES = ("push", "running", "pictures", "follow")


@dataclass(frozen=True)
class Moment:
    """All that the reader can change.

    Attributes:
        points: x and y of each point.
        margin: distance beyond which different points do not push each other, 0.1 to 10.
        push: whether different points push each other at all.
        means: "two" or "one" mean over the pairs, as in `forces_of`.
        learning_rate: a step moves each point by this times its force, 0.1 to 10.
        running: whether the page takes one step after the other.
        selected: the point whose springs and margin are drawn, or None.
        pictures: whether images stand in the places of the points.
        follow: whether the map zooms with the points; else its scale stays the same.
        step: how many steps were taken since the start.
    """

    points: tuple[tuple[float, float], ...]
    margin: float = 1.0
    push: bool = True
    means: str = "two"
    learning_rate: float = 1.0
    running: bool = False
    selected: int | None = None
    pictures: bool = False
    follow: bool = False
    step: int = 0

    @classmethod
    def of(cls, state: Mapping[str, Any], count: int, with_images: bool) -> Moment:
        """Check a state.

        Args:
            state: one value for each attribute.
            count: how many points there are.
            with_images: whether there are images to show.

        Raises:
            ValueError: a value is not as described above.
        """
        for name in _SWITCHES:
            if not isinstance(state[name], bool | np.bool_):
                raise ValueError(f"{name} is {state[name]!r:.200}; expected True or False.")
        if state["pictures"] and not with_images:
            raise ValueError("pictures is True; expected False, as there are no images. Pass them.")
        if state["means"] not in MEANS:
            expected = " or ".join(map(repr, MEANS))
            raise ValueError(f"means is {state['means']!r:.200}; expected {expected}.")
        selected = state["selected"]
        if selected is not None:
            selected = checks.whole_number("selected", selected, 0)
            if selected >= count:
                raise ValueError(
                    f"selected is {selected}; expected None, or a point from 0 to {count - 1}."
                )
        return cls(
            points=_checked_places(state["points"], count),
            margin=checks.real_number("margin", state["margin"], *MARGINS, ends=True),
            means=state["means"],
            learning_rate=checks.real_number(
                "learning_rate", state["learning_rate"], *LEARNING_RATES, ends=True
            ),
            selected=selected,
            step=checks.whole_number("step", state["step"], 0),
            **{name: bool(state[name]) for name in _SWITCHES},
        )

    def state(self) -> dict[str, Any]:
        """Return the values as JSON holds them."""
        return {**asdict(self), "points": [list(place) for place in self.points]}

    def places(self) -> np.ndarray:
        """Return the points as float64 (N, 2)."""
        return np.array(self.points)

    def forces(self, classes: np.ndarray) -> Forces:
        """Measure loss and forces, for the classes (N,) of the points."""
        return forces_of(self.places(), classes, self.margin, push=self.push, means=self.means)

    def after(self, steps: int, classes: np.ndarray) -> Moment:
        """Return the moment after some steps of gradient descent."""
        moment = self
        for _ in range(steps):
            places = moment.places() + self.learning_rate * moment.forces(classes).total
            places = places.clip(-FARTHEST, FARTHEST)
            moment = replace(moment, points=as_points(places), step=moment.step + 1)
        return moment


def as_points(places: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return places (N, 2) as pairs of plain numbers."""
    return tuple((float(x), float(y)) for x, y in places)


def _checked_places(points: Any, count: int) -> tuple[tuple[float, float], ...]:
    try:
        places = np.asarray(points, np.float64)
    except (TypeError, ValueError):
        places = np.zeros(0)
    if places.shape != (count, 2) or not (np.abs(places) <= FARTHEST).all():
        raise ValueError(
            f"points is {points!r:.200}; expected x and y of {count} points, within "
            f"±{FARTHEST:,.0f}."
        )
    return as_points(places)
