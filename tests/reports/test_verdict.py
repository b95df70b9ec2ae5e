"""The verdict in words: what an interval allows to say, and no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from siamese_lib.reports.advice import Effort
from siamese_lib.reports.judging import TRAINED, Gain, Judgement, Score
from siamese_lib.reports.verdict import Report


def judged(first: Gain, seven: Gain) -> Judgement:
    score = Score(np.ones(first.queries, bool), np.ones(first.queries))
    scores = {TRAINED: score, "colour histogram": score}
    return Judgement(scores, first.queries, 100, 1.0, first, seven)


def of(
    first: Gain, seven: Gain, narrow: Gain | None = None, without: np.ndarray | None = None
) -> Report:
    made = SimpleNamespace(
        judged=judged(first, seven),
        new_classes=None if narrow is None else judged(narrow, narrow),
        there=THERE,
        cleaned=SimpleNamespace(rejected=np.arange(24), worth_a_look=7),
        without_rejected=None,
        decided=SimpleNamespace(lines=lambda _: []),
        kept=SimpleNamespace(folder="here"),
        effort=Effort(5.0, 300, 300, 300),
    )
    if without is not None:
        found = judged(first, seven)
        found.scores[TRAINED] = Score(without, without)
        made.without_rejected = found
    return cast("Report", made)


def verdict(*gains: Gain, without: np.ndarray | None = None) -> list[str]:
    made = of(*gains, without=without)
    return cast("property", Report.verdict).fget(made)  # pyright: ignore[reportOptionalCall]


def advice(
    *gains: Gain, effort: Effort | None = None, without: np.ndarray | None = None, **there: object
) -> list[str]:
    made = cast("Any", of(*gains, without=without))
    made.effort = effort or made.effort
    made.there = SimpleNamespace(**{**vars(THERE), **there})
    return cast("property", Report.advice).fget(made)  # pyright: ignore[reportOptionalCall]


THERE = SimpleNamespace(
    across_split=0,
    small_classes=[],
    blank=(),
    class_names=("ant", "bee", "cat"),
    train=np.array([40, 44, 48]),
)
GOOD, BAD = Gain(0.1, 0.02, 0.18, 67), Gain(-0.1, -0.18, -0.02, 67)
OPEN = Gain(0.06, -0.02, 0.148, 67)


def test_an_interval_with_0_decides_nothing() -> None:
    first, second = verdict(OPEN, GOOD)
    assert first.startswith("Undecided: the nearest image is right for ")
    assert "(gain +6.0 points, 95 % interval -2.0 to +14.8)" in first
    assert first.endswith("The interval contains 0, so chance alone may explain the gain.")
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
    assert first.endswith("10 test pictures are too few to decide: it takes 30 or more.")
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


# --- what to do next -----------------------------------------------------------------------------


def test_who_wins_needs_no_advice() -> None:
    assert advice(GOOD, GOOD) == []
    assert advice(GOOD, OPEN, GOOD) == []


def test_the_free_way_is_named_with_its_code() -> None:
    lost, *_ = advice(BAD, BAD)
    assert lost == (
        "For these classes: use “colour histogram” for now. It needs no training, and finds more: "
        "`sl.metrics.color_histogram(images, new_images)`."
    )
    undecided, *_ = advice(OPEN, OPEN)
    assert "until this is decided, you can use “colour histogram”" in undecided
    (only,) = [each for each in advice(GOOD, GOOD, BAD) if "colour histogram" in each]
    assert only.startswith("For classes never seen: use")


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        (OPEN, "about 2 times as many would decide"),  # (0.084 / 0.06)² = 1.96
        (Gain(0.04, -0.04, 0.12, 67), "about 4 times as many would decide"),
        (Gain(0.01, -0.07, 0.09, 67), "even 10 times as many pictures may not decide"),
        (Gain(0.0, -0.07, 0.07, 67), "even 10 times as many pictures may not decide"),
        (Gain(0.5, 0.2, 0.8, 10), "There are 10 test pictures to judge by, and it takes 30"),
    ],
)
def test_how_many_more_pictures_would_decide(gain: Gain, says: str) -> None:
    assert says in advice(gain, gain)[0]
    assert "Add pictures" not in advice(BAD, BAD)[0]


@pytest.mark.parametrize(
    ("effort", "says"),
    [
        (
            Effort(2.0, 90, 90, 300),
            (
                "Allow more time. The time was over after 90 of 300 steps. The option "
                "`--minutes 7` gives enough for all (in Python, `minutes=7`)."
            ),
        ),
        (
            Effort(2.0, 75, 90, 300),
            (
                "More time would not help. The training stopped by itself after 75 of 90 steps, as "
                "it no longer got better on pictures that were kept aside."
            ),
        ),
        (Effort(9.0, 300, 300, 300), ""),
    ],
)
def test_more_time_is_advised_only_where_it_ran_out(effort: Effort, says: str) -> None:
    assert str(effort) == says
    assert [each for each in advice(OPEN, OPEN, effort=effort) if "time " in each] == [
        *filter(None, [says])
    ]


def test_classes_with_few_pictures_are_named() -> None:
    named = advice(OPEN, OPEN, small_classes=["bee"])
    assert "Add pictures to the classes with fewer than 10 training pictures first: bee." in named
    uneven = advice(OPEN, OPEN, train=np.array([90, 20, 100]))
    assert "Add pictures to the smallest classes first (training pictures): bee (20)." in uneven
    assert not any("classes first" in each for each in advice(OPEN, OPEN))


def test_doubtful_pictures_are_looked_at_first() -> None:
    assert any("Look at the first 7 rows" in each for each in advice(OPEN, OPEN))
    better = np.ones(67)
    assert not any("marked “left out”" in each for each in advice(OPEN, OPEN, without=better))
    assert any("Save the 2 nearly blank" in e for e in advice(OPEN, OPEN, blank=("a", "b")))
