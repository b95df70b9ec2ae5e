"""What the reader of a probe has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siamese_lib.checks import real_number, whole_number
from siamese_lib.texts import listed
from siamese_lib.views.given import ViewError
from siamese_lib.views.probe.dials import Dial

FIRST_TURN = (40.0, 25.0)  # degrees


@dataclass(frozen=True)
class Setting:
    """What the reader has set.

    Attributes:
        subject: number of the subject.
        places: which of its values each dial has, from 0.
        dial: number of the dial whose path is drawn.
        pictures: whether images stand on the maps.
        turn: azimuth and elevation of the eye that sees maps in three dimensions, in degrees.
    """

    subject: int
    places: tuple[int, ...]
    dial: int
    pictures: bool
    turn: tuple[float, float]

    @classmethod
    def of(
        cls, state: Mapping[str, Any], dials: Sequence[Dial], *, subjects: int, pictures: bool
    ) -> Setting:
        """Check a state that came from a reader or a page.

        Args:
            state: one value for each attribute, by the names of `state`.
            dials: of the view.
            subjects: how many there are.
            pictures: whether there are images to stand on the maps.

        Raises:
            ValueError: a value is not as described.
        """
        subject = whole_number("subject", state["subject"], 0)
        if subject >= subjects:
            raise ValueError(f"subject is {subject}; expected {subjects - 1} or less.")
        names = [dial.name for dial in dials]
        values = state["values"]
        if not isinstance(values, Mapping) or set(values) != set(names):
            raise ValueError(
                f"values is {values!r:.200}; expected a dict from the names of the dials, "
                f"{listed(names)}, to one of their values each."
            )
        if state["dial"] not in names:
            raise ValueError(f"dial is {state['dial']!r:.100}; expected one of {listed(names)}.")
        if not isinstance(state["pictures"], bool):
            raise ValueError(f"pictures is {state['pictures']!r:.100}; expected True or False.")
        if state["pictures"] and not pictures:
            raise ValueError(
                "pictures is True; expected False, as there are no images to stand on the maps. "
                "Pass cloud_images."
            )
        return cls(
            subject=subject,
            places=tuple(dial.place(values[dial.name]) for dial in dials),
            dial=names.index(state["dial"]),
            pictures=state["pictures"],
            turn=_checked_turn(state["turn"]),
        )

    def state(self, dials: Sequence[Dial]) -> dict[str, Any]:
        """Return the values as JSON has them."""
        pairs = zip(dials, self.places, strict=True)
        return {
            "subject": self.subject,
            "values": {dial.name: dial.values[place] for dial, place in pairs},
            "dial": dials[self.dial].name,
            "pictures": self.pictures,
            "turn": list(self.turn),
        }

    @property
    def at(self) -> tuple[int, ...]:
        """The place of the image among all of them."""
        return (self.subject, *self.places)

    @property
    def path(self) -> tuple[int | slice, ...]:
        """The places of all images along the dial whose path is drawn."""
        return tuple(
            slice(None) if number == self.dial + 1 else place
            for number, place in enumerate(self.at)
        )


def _checked_turn(turn: Any) -> tuple[float, float]:
    try:
        azimuth, elevation = turn
    except (TypeError, ValueError):
        raise ViewError(
            f"state: turn is {turn!r:.100}; expected an azimuth and an elevation in degrees."
        ) from None
    azimuth = real_number("turn: the azimuth", azimuth)
    return (azimuth + 180) % 360 - 180, real_number(
        "turn: the elevation", elevation, -90, 90, ends=True
    )
