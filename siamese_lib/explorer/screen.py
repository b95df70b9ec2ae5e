"""What an explorer shows, as one value that is made once for each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from siamese_lib.data.copies import finds_itself
from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.facts import PAGE, Facts
from siamese_lib.explorer.state import State
from siamese_lib.runs.evaluation import used_for_training


@dataclass(frozen=True, kw_only=True, eq=False)
class Screen:
    """A state, and what was found for it.

    Attributes:
        state: what the reader has chosen.
        facts: about the run and the data.
        answers: the answers to the query, by metric; at least one.
        pinned: an answer to each of `State.pins`, by the metric that is on the map.
    """

    state: State
    facts: Facts
    answers: Mapping[str, Answer]
    pinned: tuple[Answer, ...]

    @property
    def answer(self) -> Answer:
        """The answer by the metric that is on the map."""
        return answer_by(self.answers, self.state.metric)

    @property
    def thumbnails(self) -> np.ndarray:
        """Test images whose thumbnails are shown, int64."""
        first = self.state.page * PAGE
        return self.state.offered[first : first + PAGE]

    @property
    def status(self) -> str:
        """The text of the status line: the state's message, or what the reader can do."""
        facts, tests = self.facts, len(self.facts.test_labels)
        words = self.state.status or (
            f"{facts.searching}. The network gets "
            f"{facts.mistaken.sum():,} of {facts.asked:,} test images wrong"
            f"{'' if facts.asked == tests else f' (the other {tests - facts.asked:,} not asked)'}. "
            "Choose one, draw, or click on the map."
        )
        if facts.trained_on and not self.state.status:
            words += f" {used_for_training(facts.trained_on, tests)}."
        return " ".join(filter(None, [words, finds_itself(self.answer.same)]))


def answer_by(answers: Mapping[str, Answer], metric: str) -> Answer:
    """Return the answer by a metric, or if there is none the one by the other."""
    return answers[metric if metric in answers else next(iter(answers))]
