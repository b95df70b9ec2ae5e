"""What is asked, which answers there are, and how answers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any, TypeAlias

Answer: TypeAlias = "str | float | list[float | None] | None"

_SMALL = 1e-9  # of the range: rounding by which a value may pass an end


@dataclass(frozen=True)
class Question:
    """A choice, a number on a line, or a curve.

    Attributes:
        text: the question.
        choices: the answers to choose from; () for a number and a curve.
        low, high: ends of the line, or of the curve's upright axis.
        unit: written after numbers, such as "%".
        x: of the curve's points, ascending; () for a choice and a number.
        axes: what the curve's two axes show.
    """

    text: str
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    x: tuple[float, ...] = ()
    axes: tuple[str, str] = ("", "")

    @property
    def kind(self) -> str:
        """One of "choice", "number" and "curve"."""
        return "choice" if self.choices else "curve" if self.x else "number"

    @property
    def digits(self) -> int:
        """Decimals of an answer: a hundredth of the range can be told from the next."""
        return max(0, math.ceil(2 - math.log10(self.high - self.low)))

    def checked(self, answer: Any) -> Answer:
        """Return an answer in its own type; None stands for none.

        Raises:
            ValueError: there is no such answer.
        """
        if answer is None:
            return None
        if self.kind == "choice":
            if answer not in self.choices:
                raise ValueError(f"answer is {answer!r}; expected one of {list(self.choices)}.")
            return str(answer)
        if self.kind == "number":
            return self._inside(answer)
        if isinstance(answer, str) or not hasattr(answer, "__len__") or len(answer) != len(self.x):
            raise ValueError(
                f"answer is {answer!r:.100}; expected {len(self.x)} numbers, one for each x, or "
                "None where nothing is drawn."
            )
        values = [None if value is None else self._inside(value) for value in answer]
        return None if all(value is None for value in values) else values

    def words(self, answer: Answer, *, more: int = 0) -> str:
        """Write an answer, with some more decimals.

        Returns:
            Such as "20 %"; of a curve, the values at its ends.
        """
        if isinstance(answer, list):
            drawn = [value for value in answer if value is not None]
            return f"from {self._number(drawn[0], more)} to {self._number(drawn[-1], more)}"
        return answer if isinstance(answer, str) else self._number(answer or 0.0, more)

    def _number(self, value: float, more: int) -> str:
        counted = not self.digits and value == round(value)
        return f"{value:.{self.digits + more * (not counted)}f} {self.unit}".rstrip()

    def _inside(self, value: Any) -> float:
        allowed = _SMALL * (self.high - self.low)
        if (
            not isinstance(value, Real)
            or isinstance(value, bool)
            or not self.low - allowed <= float(value) <= self.high + allowed
        ):
            raise ValueError(
                f"answer is {value!r:.100}; expected a number from {self.low:g} to {self.high:g}."
            )
        return float(value)


def asked(
    text: str,
    choices: Sequence[str] | None,
    number: tuple[float, float] | None,
    curve: tuple[Sequence[float], tuple[float, float]] | None,
    unit: str,
    axes: tuple[str, str],
) -> Question:
    """Make a question of the arguments of `Prediction`.

    Raises:
        ValueError: the arguments are not as `Prediction` describes them.
    """
    kinds = {"choices": choices, "number": number, "curve": curve}
    given = [name for name, value in kinds.items() if value is not None]
    if len(given) != 1:
        raise ValueError(
            f"got {' and '.join(given) or 'none'} of choices, number and curve; expected one of "
            "them. It says what an answer is."
        )
    if choices is not None:
        named = tuple(map(str, choices))
        if isinstance(choices, str) or len(named) < 2 or len(set(named)) < len(named):
            raise ValueError(f"choices: got {choices!r}; expected two or more different texts.")
        return Question(text, named)
    x: tuple[float, ...] = ()
    if curve is not None:
        points, number = curve
        x = tuple(float(value) for value in points)
        if len(x) < 2 or any(not a < b for a, b in pairwise(x)):
            raise ValueError(f"curve: got x of {list(x)!r:.100}; expected ascending numbers.")
    low, high = (float(end) for end in number or ())
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"the range is {low:g} to {high:g}; expected two numbers, the lower first."
        )
    return Question(text, (), low, high, unit, x, axes)
