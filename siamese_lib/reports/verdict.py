"""What a report has found, and its verdict in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_lib.data.dataset import Dataset
from siamese_lib.reports.cleaning import Cleaning
from siamese_lib.reports.deciding import Decision
from siamese_lib.reports.inventory import Inventory
from siamese_lib.reports.judging import FEWEST, LOSES, TRAINED, UNDECIDED, WINS, Gain, Judgement
from siamese_lib.reports.keeping import Kept
from siamese_lib.runs.run import Run

_HEADS = {
    WINS: "Training wins",
    LOSES: "Training loses",
    UNDECIDED: "Undecided",
}
_TRAINING = {WINS: "training wins", LOSES: "training loses", UNDECIDED: "it is undecided"}
_WITHOUT = {WINS: "that helps", LOSES: "that harms", UNDECIDED: "undecided whether that helps"}


@dataclass(frozen=True, eq=False)
class Report:
    """What is known of a data set after `report`.

    Attributes:
        page: the page, a file.
        folder: what is kept: ``run``, ``collection``, ``findings.csv`` and two more runs.
        data: the images.
        run: the training on all classes.
        there: what there is.
        judged: what training gains, on held-out images.
        new_classes: the same on classes that a second training never saw; None if there are fewer
            than 5 classes.
        cleaned: doubtful images.
        without_rejected: how good the training without the rejected images is, on the same test
            images; None if none was rejected.
        decided: thresholds.
        kept: what became of the collection.
        seconds: that it took.
    """

    page: Path
    folder: Path
    data: Dataset
    run: Run
    there: Inventory
    judged: Judgement
    new_classes: Judgement | None
    cleaned: Cleaning
    without_rejected: Judgement | None
    decided: Decision
    kept: Kept
    seconds: float

    @property
    def verdict(self) -> list[str]:
        """The verdict in sentences, the most important first."""
        return list(_sentences(self))


def _sentences(made: Report) -> Iterator[str]:
    """Yield the verdict, the most important sentence first."""
    judged, narrow = made.judged, made.new_classes
    head, decides = _HEADS[judged.nearest.outcome], _what_would_decide(judged.nearest)
    yield f"{head}: {judged}. {decides}".rstrip()
    yield f"For the 7 nearest images, {_TRAINING[judged.seven.outcome]}: {judged.of_seven}."
    if narrow is not None:
        yield f"On classes never seen, {_TRAINING[narrow.nearest.outcome]}: {narrow}."
    if made.there.across_split:
        yield (
            f"{made.there.across_split:,} pairs of nearly the same picture are in both splits, so "
            "these figures are too good."
        )
    if made.without_rejected is not None:
        after, before = made.without_rejected.scores[TRAINED], judged.scores[TRAINED]
        gain = Gain.of(after.first, before.first)
        yield (
            f"{len(made.cleaned.rejected):,} training images are the most likely duplicates and "
            "wrong labels. The column “left out” of findings.csv names them, and the tables show "
            "the first of them. Trained without them, the nearest image is right for "
            f"{after.precision_at_1:.1%} of these queries ({gain}): {_WITHOUT[gain.outcome]}."
        )
    yield from made.decided.lines()


def _what_would_decide(gain: Gain) -> str:
    """Say why a gain is undecided and what to do; "" if it is decided."""
    if gain.is_of_few:
        few = f"{gain.queries:,} {'query is' if gain.queries == 1 else 'queries are'} too few"
        return f"{few} to decide: it takes {FEWEST} or more. Add pictures."
    if gain.outcome == UNDECIDED:
        return "The interval contains 0. More pictures make it narrower, and may decide."
    return ""
