"""What a report has found, and its verdict in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_lib.data.dataset import Dataset
from siamese_lib.reports.cleaning import Cleaning
from siamese_lib.reports.deciding import Decision
from siamese_lib.reports.inventory import Inventory
from siamese_lib.reports.judging import TRAINED, Judgement
from siamese_lib.reports.keeping import Kept
from siamese_lib.runs.run import Run


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
    judged, narrow, rejected = made.judged, made.new_classes, len(made.cleaned.rejected)
    if judged.beats:
        yield f"Training pays: {judged}."
    else:
        yield (
            f"Training does not beat what is free: {judged}. Search by the {judged.best_rival} "
            "instead."
        )
    if narrow is not None:
        verb = "pays" if narrow.beats else "does not pay"
        yield f"On classes never seen, it {verb}: {narrow}."
    if made.there.across_split:
        yield (
            f"{made.there.across_split:,} pairs of nearly the same picture are in both splits, so "
            "these figures are too good."
        )
    if made.without_rejected is not None:
        before = judged.scores[TRAINED].precision_at_1
        after = made.without_rejected.scores[TRAINED].precision_at_1
        yield (
            f"{rejected:,} training images are the most likely duplicates and wrong labels. "
            f"Trained without them, the nearest image is right for {after:.1%} of these queries "
            f"({100 * (after - before):+.1f} points)."
        )
    yield from made.decided.lines()
