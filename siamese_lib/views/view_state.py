"""What a reader changes in a view: the checks of a state, and how a map is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import traitlets

from siamese_lib.views import given
from siamese_lib.views.given import ViewError

if TYPE_CHECKING:
    from siamese_lib.views.film import Film, HasFilm

SPEEDS = (0.5, 1, 2, 4)


@dataclass(frozen=True)
class Shown:
    """How a reader looks at a map.

    Attributes:
        hidden: names of classes that are hidden, which leaves them grey.
        names: whether class names are on the map.
        trust: whether points are as large as their trust.
        follow: whether the map zooms to all points at every moment.
        camera: x and y of the place in the middle of the map, and the length of its shorter side,
            all in units of the embedding; None for the whole map.
        speed: of the film, 0.5, 1, 2 or 4 times the usual one.
        loop: whether the film repeats.
    """

    hidden: Sequence[str] = ()
    names: bool = True
    trust: bool = False
    follow: bool = False
    camera: Sequence[float] | None = None
    speed: float = 1
    loop: bool = False


FIRST = {**asdict(Shown()), "hidden": []}


def check_names(state: object, known: Iterable[str]) -> None:
    """Raise ViewError unless a state is a dict with some of the known names."""
    if not isinstance(state, Mapping):
        raise ViewError(f"state is {state!r:.200}; expected a dict with some of {sorted(known)}.")
    if unknown := [name for name in state if name not in set(known)]:
        raise ViewError(f"state: got {unknown}; expected some of {sorted(known)}.")


def checked_traits(view: traitlets.HasTraits, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the traits of these names would take them. The traits stay as they are."""
    traits = view.traits()
    return {name: traits[name]._validate(view, value) for name, value in values.items()}


def shown(before: Mapping[str, Any], changes: Mapping[str, Any], film: Film) -> dict[str, Any]:
    """Return a `Shown` as JSON can hold it, with some changes.

    Raises:
        ViewError: a change is not as `Shown` describes, or the film has no such class or no trust.
    """
    state = Shown(**{**before, **changes})
    for name in ("names", "trust", "follow", "loop"):
        if not isinstance(getattr(state, name), bool):
            raise ViewError(f"state: {name} is {getattr(state, name)!r}; expected True or False.")
    if changes.get("trust") and film.trust is None:
        raise ViewError("state: trust is True; expected False, as the view has no trust.")
    hidden = state.hidden
    if "hidden" in changes:
        hidden = given.checked_hidden(hidden, film.classes.names)
    if not isinstance(state.speed, Real) or state.speed not in SPEEDS:
        raise ViewError(f"state: speed is {state.speed!r}; expected one of {SPEEDS}.")
    return {**asdict(state), "hidden": list(hidden), "camera": given.checked_camera(state.camera)}


def still_possible(look: Mapping[str, Any], view: HasFilm) -> dict[str, Any]:
    """Return how a map is looked at without the classes and the trust that it no longer has."""
    if not look["hidden"] and not look["trust"]:
        return dict(look)
    film = view.film
    hidden = [name for name in look["hidden"] if name in film.classes.names]
    return {**look, "hidden": hidden, "trust": look["trust"] and film.trust is not None}
