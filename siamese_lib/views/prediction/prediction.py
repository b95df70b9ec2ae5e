"""A question that the reader answers before a cell below measures it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from traitlets.utils.bunch import Bunch

from siamese_lib.views.given import ViewError
from siamese_lib.views.prediction.question import Answer, asked
from siamese_lib.views.prediction.reveal import Reveal
from siamese_lib.views.prediction.still import still_png
from siamese_lib.views.script import Script
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import Style

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Prediction(StatefulView):
    """A question, and an answer to commit to: a choice, a number on a line, or a curve.

    The reader answers with the pointer or with arrow keys. A cell below calls `reveal` with what
    was measured, and shows both. Nothing is counted, and there is no right answer to give. The
    answer is in the still picture of the question, and in the output of `reveal`, so a notebook
    that is saved keeps it.

    Args:
        question: one sentence.
        choices: the answers, two or more different texts.
        number: instead of `choices`, the ends of a line.
        curve: instead, the x of the points of a curve, ascending, and the ends of its upright axis.
        unit: of the numbers, such as "%".
        axes: names of the curve's axes.

    Attributes:
        state: ``{"answer": ...}``: one of the choices, a number, or for a curve a list of numbers
            with None where nothing is drawn. None stands for no answer.

    Raises:
        ViewError: (a ValueError) an argument or a new state is not as described.

    Example:
        >>> guess = sl.Prediction("How many of 1,000 pairs still push?", number=(0, 1000))
        >>> guess.state = {"answer": 400}
        >>> guess.reveal(12, "most pairs are farther apart than the margin.")
        You said 400. Measured: 12, because most pairs are farther apart than the margin.
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_suffix(".css"))

    def __init__(
        self,
        question: str,
        *,
        choices: Sequence[str] | None = None,
        number: tuple[float, float] | None = None,
        curve: tuple[Sequence[float], tuple[float, float]] | None = None,
        unit: str = "",
        axes: tuple[str, str] = ("", ""),
    ) -> None:
        try:
            self._question = asked(question, choices, number, curve, unit, axes)
        except (TypeError, ValueError) as error:
            raise ViewError(f"Prediction: {error}") from None
        parts = {
            name: list(part) if isinstance(part, tuple) else part
            for name, part in asdict(self._question).items()
        }
        payload = {**parts, "kind": self._question.kind, "digits": self._question.digits}
        super().__init__(payload, {"answer": None})

    def __repr__(self) -> str:
        """Return the question and the answer."""
        return f"Prediction({self._question.text} {self._said})"

    @property
    def answer(self) -> Answer:
        """What the reader said, as in `state`; None if nothing yet."""
        return self.state["answer"]

    def reveal(self, truth: str | float | ArrayLike, because: str = "") -> Reveal:
        """Show the answer beside what was measured.

        Args:
            truth: what was measured: one of the choices, a number, or for a curve as many numbers
                as it has points. Numbers may lie outside the ends.
            because: why it is so, as half a sentence.

        Returns:
            A picture with words. It needs no kernel, and works without an answer, too.

        Raises:
            ViewError: the truth is no answer to the question.
        """
        asked = self._question
        measured: Any = truth
        if asked.kind != "choice":
            measured = np.asarray(truth, np.float64)
            if measured.shape != np.shape(asked.x)[: asked.kind == "curve"]:
                raise ViewError(
                    f"truth has shape {measured.shape}; expected "
                    + (f"{len(asked.x)} numbers, one for each x." if asked.x else "one number.")
                )
            measured = measured.tolist()
        elif truth not in asked.choices:
            raise ViewError(f"truth is {truth!r}; expected one of {list(asked.choices)}.")
        return Reveal(asked, self.answer, measured, because)

    def still(self) -> bytes:
        """Draw the question and the answer, as a PNG."""
        return still_png(self._question, self.answer, self._said)

    @property
    def _said(self) -> str:
        if self.answer is None:
            return "No answer yet."
        return f"You said {self._question.words(self.answer)}."

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        return {"answer": self._question.checked(state["answer"])}

    @traitlets.observe("state")
    def _answered(self, change: Bunch) -> None:
        self._renew_still()
