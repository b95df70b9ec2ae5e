"""Thresholds for "same or different" and for "none of these classes"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.metrics.decision import (
    SameThreshold,
    TooFewError,
    UnknownThreshold,
    choose_threshold,
    unknown_threshold,
)
from siamese_lib.runs.run import Run

_USEFUL = 0.1  # the largest false-accept share that is worth asking for
_REFUSED, _DECIDING = 0.05, 5  # the share to refuse, and images that have to decide it


@dataclass(frozen=True)
class Decision:
    """Two thresholds on distances, or why there are none.

    Attributes:
        same: for "same or different", or None.
        unknown: for "none of these classes", or None.
        missing: why a threshold is missing, as sentences.
    """

    same: SameThreshold | None
    unknown: UnknownThreshold | None
    missing: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return sentences for people."""
        found = [str(each) for each in (self.same, self.unknown) if each is not None]
        return [*found, *self.missing]


def decide(
    run: Run,
    data: Dataset,
    *,
    new_classes: tuple[Run, Dataset] | None = None,
    false_accept: float = 0.01,
    seed: int = 0,
) -> Decision:
    """Choose thresholds on test images, and judge them on other test images.

    Args:
        run: a training on the training images of `data`.
        data: half of its test images choose, the other half judge.
        new_classes: a run and the data of `split_by_class` that it was trained on, to measure how
            many images of new classes are caught. Without it, the classes of `data` are left out
            of the gallery in turn.
        false_accept: the share of different pairs that may be called same.
        seed: divides the test images.
    """
    missing = []
    same = unknown = None
    embeddings = run.embed_once(data.test.images)
    try:
        same = choose_threshold(embeddings, data.test.labels, false_accept=false_accept, seed=seed)
    except ValueError as error:
        missing.append(_missing("same or different", error, len(embeddings)))
    try:
        if new_classes is None:
            unknown = unknown_threshold(
                embeddings, data.test.labels, refused=_refused(len(embeddings)), seed=seed
            )
        else:
            narrow, split = new_classes
            known = ~np.isin(data.test.labels, split.test.labels)
            unknown = unknown_threshold(
                narrow.embed(data.test.images[known]),
                data.test.labels[known],
                narrow.embed_once(split.test.images),
                refused=_refused(int(known.sum())),
                seed=seed,
            )
    except ValueError as error:
        missing.append(_missing("none of these classes", error, len(embeddings)))
    return Decision(same, unknown, tuple(missing))


def _missing(name: str, error: ValueError, images: int) -> str:
    """Say that a threshold is missing, why, and what to do."""
    if not isinstance(error, TooFewError):
        return f"No threshold for “{name}”: {error}"
    if error.least is None:  # more pictures of the same kind would not help
        return f"No threshold for “{name}” from the test images: {error}"
    can_be_asked = name == "same or different" and error.least <= _USEFUL
    other = f", or allow a false-accept share of {error.least:.2g} or more" if can_be_asked else ""
    return (
        f"No threshold for “{name}”: {images:,} test images are too few to choose one and to judge "
        f"it. Add pictures{other}."
    )


def _refused(images: int) -> float:
    """Return the share of known images to refuse: 5 %, or as little as half of them can measure."""
    return min(0.5, max(_REFUSED, (_DECIDING + 1) / max(1, images // 2)))
