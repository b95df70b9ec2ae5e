"""The dials that change an image: their names, and the values that they can have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any, TypeGuard

import numpy as np

from siamese_lib.texts import listed, printable, printable_names
from siamese_lib.views.given import ViewError

MOST = 3  # dials
_ALIKE = 1e-6  # of a dial's range: rounding between a value and the same value

Value = int | float | str


@dataclass(frozen=True)
class Dial:
    """Something about an image that can be changed.

    Attributes:
        name: such as "pixels to the right".
        values: real numbers in ascending order, or names.
        periodic: whether the last value is followed by the first.
        unit: written after each value, such as "°".
    """

    name: str
    values: tuple[Value, ...]
    periodic: bool = False
    unit: str = ""

    @property
    def words(self) -> list[str]:
        """The values as they are written."""
        return [
            value if isinstance(value, str) else f"{value:.6g}{self.unit}".replace("-", "−")
            for value in self.values
        ]

    @property
    def first(self) -> int:
        """The place of the value to begin with: 0, or else the one in the middle."""
        return self.values.index(0) if 0 in self.values else self._middle

    @property
    def _middle(self) -> int:
        return 0 if self.periodic or isinstance(self.values[0], str) else len(self.values) // 2

    @property
    def _range(self) -> float:
        return float(self.values[-1]) - float(self.values[0])

    def place(self, value: object) -> int:
        """Return the place of a value; ViewError if the dial does not have it."""
        if isinstance(self.values[0], str):
            if value in self.values:
                return self.values.index(value)
        elif _is_number(value):
            away = [abs(float(value) - float(own)) for own in self.values]
            if min(away) <= _ALIKE * self._range:
                return away.index(min(away))
        known = listed([repr(each) for each in self.values], 12)
        raise ViewError(f"state: {self.name!r} is {value!r:.100}; expected one of {known}.")


def checked_dials(
    dials: object, periodic: object = (), units: Mapping[str, str] | None = None
) -> tuple[Dial, ...]:
    """Return dials of a mapping from names to values; ViewError if they are not as described."""
    if not isinstance(dials, Mapping) or not 1 <= len(dials) <= MOST:
        raise ViewError(
            f"dials: got {dials!r:.200}; expected a dict from 1 to {MOST} names to values, such as "
            '{"pixels to the right": range(-8, 9)}.'
        )
    names = printable_names(dials)
    if units is not None and not isinstance(units, Mapping):
        raise ViewError(f"units: got {units!r:.200}; expected a dict from names of dials to words.")
    round_ = [periodic] if isinstance(periodic, str) else list(_iterable("periodic", periodic))
    for what, known in (("periodic", round_), ("units", list(units or {}))):
        if unknown := [name for name in known if name not in dials]:
            raise ViewError(
                f"{what}: got {unknown[0]!r:.100}, which is no dial; expected some of "
                f"{listed(names)}."
            )
    return tuple(
        Dial(shown, _values(name, values), name in round_, printable((units or {}).get(name) or ""))
        for shown, (name, values) in zip(names, dials.items(), strict=True)
    )


def _values(name: object, values: object) -> tuple[Value, ...]:
    """Return the values of a dial as Python numbers or as texts."""
    given = [
        each.item() if isinstance(each, np.generic) else each
        for each in ([] if isinstance(values, str) else _iterable(f"dials: {name!r}", values))
    ]
    if len(given) < 2:
        raise ViewError(f"dials: got {values!r:.100} under {name!r}; expected 2 or more values.")
    if all(isinstance(each, str) for each in given):
        texts = tuple(printable(each) for each in given)
        if len(set(texts)) == len(texts):
            return texts
    elif all(_is_number(each) for each in given):
        numbers = tuple(each if isinstance(each, int) else float(each) for each in given)
        if all(one < other for one, other in pairwise(numbers)):
            return numbers
    raise ViewError(
        f"dials: got {given!r:.200} under {name!r}; expected real numbers in ascending order, or "
        "different names. Sort the values, and the images in the same way."
    )


def _is_number(value: Any) -> TypeGuard[float]:
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _iterable(name: str, values: object) -> Iterable[Any]:
    if isinstance(values, Iterable):
        return values
    raise ViewError(f"{name}: got {values!r:.100}; expected a list.")
