"""An answer beside what was measured, as an output that needs neither kernel nor JavaScript."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from typing import Any

from siamese_lib.views.prediction.question import Answer, Question
from siamese_lib.views.prediction.still import still_png

_STYLE = "max-width:100%;margin:0"


@dataclass(frozen=True)
class Reveal:
    """An answer and the truth; in a notebook, a picture with words.

    Attributes:
        question: what was asked.
        answer: what the reader said, or None.
        truth: what was measured.
        because: why it is so, or "".
    """

    question: Question
    answer: Answer
    truth: Answer
    because: str = ""

    @property
    def words(self) -> str:
        """Both in one or two sentences."""
        said = "You did not guess." if self.answer is None else None
        said = said or f"You said {self.question.words(self.answer)}."
        why = (
            f", because {self.because.removeprefix('because ').rstrip('.')}" if self.because else ""
        )
        return f"{said} Measured: {self.question.words(self.truth, more=1)}{why}."

    def __repr__(self) -> str:
        """Return the words."""
        return self.words

    def still(self) -> bytes:
        """Draw both on the same line or in the same chart, with the words, as a PNG."""
        return still_png(self.question, self.answer, self.words, self.truth)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        picture = base64.b64encode(self.still()).decode()
        return {"text/plain": self.words, "image/png": picture, "text/html": self._page(picture)}

    def _page(self, picture: str) -> str:
        words = html.escape(self.words, quote=True)
        return (
            f'<figure style="{_STYLE}"><img alt="{words}" src="data:image/png;base64,{picture}" '
            f'style="{_STYLE}"></figure>'
        )
