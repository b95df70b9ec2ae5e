"""What a report has found, and its verdict in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_lib.data.dataset import Dataset
from siamese_lib.reports.advice import Effort, advice
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
        effort: how long the training was.
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
    effort: Effort
    seconds: float

    @property
    def verdict(self) -> list[str]:
        """The verdict in sentences, the most important first."""
        return list(_sentences(self))

    @property
    def advice(self) -> list[str]:
        """What to do next, in sentences; none if training wins."""
        gain = _gain_of_cleaning(self)
        judged = self.judged, self.new_classes, gain
        return list(advice(*judged, self.there, self.cleaned, self.effort))


def _sentences(made: Report) -> Iterator[str]:
    """Yield the verdict, the most important sentence first."""
    judged, narrow = made.judged, made.new_classes
    head, why = _HEADS[judged.nearest.outcome], _why_undecided(judged.nearest)
    yield f"{head}: {judged}. {why}".rstrip()
    yield f"For the 7 nearest images, {_TRAINING[judged.seven.outcome]}: {judged.of_seven}."
    if narrow is not None:
        yield f"On classes never seen, {_TRAINING[narrow.nearest.outcome]}: {narrow}."
    if made.there.across_split:
        yield (
            f"In {made.there.across_split:,} pairs of nearly the same picture, one is a training "
            "picture and one a test picture. So these figures are too good."
        )
    gain = _gain_of_cleaning(made)
    if made.without_rejected is not None and gain is not None:
        after = made.without_rejected.scores[TRAINED]
        yield (
            f"{len(made.cleaned.rejected):,} training images are the most likely duplicates and "
            "wrong labels. The column “left out” of findings.csv names them, and the tables show "
            "the first of them. Trained without them, the nearest image is right for "
            f"{after.precision_at_1:.1%} of the same test pictures ({gain}): "
            f"{_WITHOUT[gain.outcome]}."
        )
    yield from made.decided.lines(made.kept.folder)


def _gain_of_cleaning(made: Report) -> Gain | None:
    """Return what training without the rejected images gains; None if none was rejected."""
    if made.without_rejected is None:
        return None
    after, before = made.without_rejected.scores[TRAINED], made.judged.scores[TRAINED]
    return Gain.of(after.first, before.first)


def _why_undecided(gain: Gain) -> str:
    """Say why a gain is undecided; "" if it is decided."""
    if gain.is_of_few:
        few = f"{gain.queries:,} test picture{' is' if gain.queries == 1 else 's are'} too few"
        return f"{few} to decide: it takes {FEWEST} or more."
    if gain.outcome == UNDECIDED:
        return "The interval contains 0, so chance alone may explain the gain."
    return ""
