"""The verdict in words: what an interval allows to say, and no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from siamese_lib.reports.judging import TRAINED, Gain, Judgement, Score
from siamese_lib.reports.verdict import Report


def judged(first: Gain, seven: Gain) -> Judgement:
    score = Score(np.ones(first.queries, bool), np.ones(first.queries))
    scores = {TRAINED: score, "colour histogram": score}
    return Judgement(scores, first.queries, 100, 1.0, first, seven)


def verdict(
    first: Gain, seven: Gain, narrow: Gain | None = None, without: np.ndarray | None = None
) -> list[str]:
    made = SimpleNamespace(
        judged=judged(first, seven),
        new_classes=None if narrow is None else judged(narrow, narrow),
        there=SimpleNamespace(across_split=0),
        cleaned=SimpleNamespace(rejected=np.arange(24)),
        without_rejected=None,
        decided=SimpleNamespace(lines=list),
    )
    if without is not None:
        found = judged(first, seven)
        found.scores[TRAINED] = Score(without, without)
        made.without_rejected = found
    return cast("property", Report.verdict).fget(made)  # pyright: ignore[reportOptionalCall]


GOOD, BAD = Gain(0.1, 0.02, 0.18, 67), Gain(-0.1, -0.18, -0.02, 67)
OPEN = Gain(0.06, -0.02, 0.148, 67)


def test_an_interval_with_0_decides_nothing() -> None:
    first, second = verdict(OPEN, GOOD)
    assert first.startswith("Undecided: the nearest image is right for ")
    assert "(gain +6.0 points, 95 % interval -2.0 to +14.8)" in first
    assert first.endswith(
        "The interval contains 0. More pictures make it narrower, and may decide."
    )
    assert second.startswith("For the 7 nearest images, training wins: 100.0% of them are right")


@pytest.mark.parametrize(
    ("gain", "head", "other"),
    [(GOOD, "Training wins: ", "training wins: "), (BAD, "Training loses: ", "training loses: ")],
)
def test_what_is_decided_is_said(gain: Gain, head: str, other: str) -> None:
    first, seven, narrow = verdict(gain, gain, gain)
    assert first.startswith(head)
    assert first.endswith(").")
    assert seven.startswith(f"For the 7 nearest images, {other}")
    assert narrow.startswith(f"On classes never seen, {other}")
    assert "instead" not in first


def test_few_queries_decide_nothing() -> None:
    few = Gain(0.5, 0.2, 0.8, 10)
    first, second, third = verdict(few, few, few)
    assert first.startswith("Undecided")
    assert first.endswith("10 queries are too few to decide: it takes 30 or more. Add pictures.")
    assert "it is undecided" in second
    assert "it is undecided" in third


@pytest.mark.parametrize(
    ("right", "says"), [(1.0, "undecided whether that helps."), (0.2, "that harms.")]
)
def test_cleaning_has_an_interval(right: float, says: str) -> None:
    after = np.arange(67) < right * 67
    *_, said = verdict(GOOD, GOOD, without=after)
    gain = Gain.of(after, np.ones(67))
    assert said.startswith(
        "24 training images are the most likely duplicates and wrong labels. The column “left out” "
        "of findings.csv names them, and the tables show the first of them. Trained without them, "
        "the nearest image is right for "
    )
    assert f"({gain})" in said
    assert said.endswith(says)
