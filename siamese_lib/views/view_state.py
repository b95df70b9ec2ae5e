"""How a reader looks at a map, apart from the moment and the selection, as one small dict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from numbers import Real
from typing import Any

from siamese_lib.views.given import ViewError

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


SHOWN = tuple(part.name for part in fields(Shown))


def shown(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `Shown` as JSON can hold it, with some changes.

    Raises:
        ViewError: a change is not as `Shown` describes.
    """
    state = Shown(**{**before, **changes})
    for name in ("names", "trust", "follow", "loop"):
        if not isinstance(getattr(state, name), bool):
            raise ViewError(f"state: {name} is {getattr(state, name)!r}; expected True or False.")
    hidden = state.hidden
    if isinstance(hidden, str) or not all(isinstance(name, str) for name in hidden):
        raise ViewError(f"state: hidden is {hidden!r:.200}; expected a list of class names.")
    if state.speed not in SPEEDS:
        raise ViewError(f"state: speed is {state.speed!r}; expected one of {SPEEDS}.")
    return {**asdict(state), "hidden": list(hidden), "camera": _camera(state.camera)}


def _camera(camera: Sequence[float] | None) -> list[float] | None:
    if camera is None:
        return None
    numbers = list(camera)
    real = all(isinstance(n, Real) and math.isfinite(n) for n in numbers)
    if len(numbers) != 3 or not real or not numbers[2] > 0:
        raise ViewError(
            f"state: camera is {camera!r:.200}; expected x, y and a length above 0, or None."
        )
    return [float(number) for number in numbers]
