"""What to look at and perhaps to leave out: near duplicates, outliers and suspect labels."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_lib.curation import (
    Findings,
    Stop,
    looks,
    outliers,
    write_table,
)
from siamese_lib.curation.planting import stop_of
from siamese_lib.curation.suspects import ranked
from siamese_lib.curation.votes import Voters
from siamese_lib.data.dataset import Dataset
from siamese_lib.reports.inventory import Inventory, names_of
from siamese_lib.runs.run import Run

_SUSPECTS = 0.02  # share of the images: so many suspect labels are tried without
_LISTED = 40


@dataclass(frozen=True, eq=False)
class Cleaning:
    """Doubtful images of a data set, which are numbered training images first, then test images.

    Attributes:
        findings: near duplicates, suspect labels and outliers, the most doubtful first.
        names: of all images: their files, or "train 12" and the like.
        class_names: of the data set.
        rejected: int64 (R,), training images that a training is tried without: the most suspect
            labels, 2 % of all, and of near duplicates one, or the training image if the other is a
            test image. No class is left with fewer than two.
        stop: why the list of suspect labels ends where it ends.
        unlisted: how many more images another class fits better.
        worth_a_look: how many of the first suspect labels have the scores of half the planted ones.
    """

    findings: tuple[Findings, ...]
    names: tuple[str, ...]
    class_names: tuple[str, ...]
    rejected: NDArray[np.int64]
    stop: Stop
    unlisted: int
    worth_a_look: int

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write all findings as one table, whose column "left out" names the rejected images."""
        names = {"files": self.names, "class_names": self.class_names}
        write_table(path, self.findings, left_out=self.rejected, **names)


def clean(run: Run, data: Dataset, there: Inventory) -> Cleaning:
    """Search all images of a data set for doubtful ones.

    Nothing is removed. `Dataset.without` goes on without those that you reject.

    Args:
        run: embeds the images.
        data: its training images come first in `Cleaning`.
        there: the inventory of `data`, which has its near duplicates.
    """
    splits, alike, certain = (data.train, data.test), there.duplicates, there.alike
    images = np.concatenate([split.images for split in splits])
    labels = np.concatenate([split.labels for split in splits])
    voters = Voters.of(list(looks(images).values()), labels)
    stop, suspects = stop_of(voters), ranked(voters, len(images))
    better = int((suspects.scores > 0.5).sum())  # another class fits these better
    suspects = suspects.first(min(better, int((suspects.scores >= stop.score).sum())))
    embeddings = np.concatenate([run.embed_once(s.images, what="images") for s in splits])
    odd = outliers(embeddings, labels, k=min(10, len(images) - 1), count=_LISTED)
    doubtful = round(_SUSPECTS * len(images))
    assert alike.others is not None
    train = len(data.train)
    first, later = alike.others[:certain], alike.indices[:certain]
    copies = np.where(later < train, later, first)
    rejected = np.unique(np.concatenate([copies, suspects.indices[:doubtful]]))
    rejected = rejected[rejected < train]
    left = np.bincount(data.train.labels) - np.bincount(
        data.train.labels[rejected], minlength=data.train.labels.max() + 1
    )
    return Cleaning(
        findings=(alike.first(max(_LISTED, certain)), suspects, odd),
        names=names_of(data),
        class_names=data.class_names,
        rejected=rejected[left[data.train.labels[rejected]] > 1],
        stop=stop,
        unlisted=better - len(suspects),
        worth_a_look=int((suspects.scores >= stop.half).sum()),
    )
