"""What a reader can do next if training does not win: only what the report's numbers support."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from siamese_lib.metrics.rivals import RIVALS
from siamese_lib.reports.cleaning import Cleaning
from siamese_lib.reports.inventory import FEW, Inventory
from siamese_lib.reports.judging import (
    FEWEST,
    LOSES,
    UNDECIDED,
    WINS,
    Gain,
    Judgement,
    plain,
)
from siamese_lib.texts import listed

_MANY = 10  # times as many pictures: nobody has more of them


@dataclass(frozen=True)
class Effort:
    """How long the training was.

    Attributes:
        minutes: what the whole report may take.
        steps: how many were trained.
        planned: how many fitted into the time.
        most: how many the recipe has.
    """

    minutes: float
    steps: int
    planned: int
    most: int

    def __str__(self) -> str:
        if self.steps < self.planned:
            return (
                f"More time would not help. The training stopped by itself after {self.steps:,} of "
                f"{self.planned:,} steps, as it no longer got better on pictures that were kept "
                "aside."
            )
        if self.planned < self.most:
            more = math.ceil(self.minutes * self.most / self.planned)
            return (
                f"Allow more time. The time was over after {self.steps:,} of {self.most:,} steps. "
                f"The option `--minutes {more}` gives enough for all (in Python, `minutes={more}`)."
            )
        return ""


def advice(
    judged: Judgement,
    new_classes: Judgement | None,
    cleaned_gain: Gain | None,
    there: Inventory,
    cleaned: Cleaning,
    effort: Effort,
) -> Iterator[str]:
    """Yield what to do next, as sentences; nothing if training wins everywhere.

    Args:
        judged: on new images.
        new_classes: on new classes, or None.
        cleaned_gain: what training without the rejected images gains, or None.
        there, cleaned: what there is, and what is doubtful.
        effort: how long the training was.
    """
    both = ("For these classes: ", judged), ("For classes never seen: ", new_classes)
    doubtful = [(where, each) for where, each in both if each and each.nearest.outcome != WINS]
    if not doubtful:
        return
    yield from filter(None, [str(effort)])
    for where, each in doubtful:
        more = f" {_more(each.nearest)}" if each.nearest.outcome == UNDECIDED else ""
        yield f"{where}{_instead(each)}{more}"
    yield from _where_to_add(there)
    if cleaned.worth_a_look:
        yield (
            f"Look at the first {cleaned.worth_a_look:,} rows of “Labels that may be wrong”. Move "
            "each picture that is in a wrong folder, and make the report again."
        )
    if there.blank:
        yield (
            f"Save the {len(there.blank):,} nearly blank pictures with a darker or a lighter "
            "ground: see “What is there”."
        )
    if cleaned_gain is not None and cleaned_gain.outcome == WINS:
        yield "Move the pictures away that are marked “left out”: training without them was better."


def _instead(judged: Judgement) -> str:
    """Say what finds as much without training, and how to call it."""
    rival = judged.best_rival
    code = f"sl.metrics.{RIVALS[rival].__name__}(images, new_images)" if rival in RIVALS else ""
    code = code or "run.embed(images, frame=0)"
    if judged.nearest.outcome == LOSES:
        return f"use “{plain(rival)}” for now. It needs no training, and finds more: `{code}`."
    return f"until this is decided, you can use “{plain(rival)}”. It needs no training: `{code}`."


def _more(gain: Gain) -> str:
    """Say how many more pictures would decide."""
    if gain.is_of_few:
        return (
            f"Add pictures. There are {gain.queries:,} test pictures to judge by, and it takes "
            f"{FEWEST} or more."
        )
    reach = (gain.high - gain.low) / 2
    # An interval is as narrow as the square root of the number of pictures is large.
    times = (reach / abs(gain.value)) ** 2 if gain.value else math.inf
    if times > _MANY:
        return (
            f"The gain is small next to its interval: even {_MANY} times as many pictures may not "
            "decide."
        )
    return (
        f"Add pictures. If the gain stays as it is, about {max(2, math.ceil(times))} times as many "
        "would decide."
    )


def _where_to_add(there: Inventory) -> Iterator[str]:
    """Name the classes with few pictures."""
    if there.small_classes:
        yield (
            f"Add pictures to the classes with fewer than {FEW} training pictures first: "
            f"{listed(there.small_classes)}."
        )
        return
    few = np.flatnonzero(there.train < np.median(there.train) / 2)
    if len(few):
        order = few[np.argsort(there.train[few], kind="stable")]
        names = [f"{there.class_names[k]} ({there.train[k]:,})" for k in order.tolist()]
        yield f"Add pictures to the smallest classes first (training pictures): {listed(names)}."
