"""Thresholds for "same or different" and for "none of these classes"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.metrics.decision import SameThreshold, choose_threshold
from siamese_lib.metrics.halves import TooFewError
from siamese_lib.metrics.unknown import UnknownThreshold, unknown_threshold
from siamese_lib.runs.run import Run
from siamese_lib.texts import printable

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

    def lines(self, collection: object = "collection") -> list[str]:
        """Return sentences for people.

        Args:
            collection: the folder of the collection, for a line of code.
        """
        search = f"sl.Collection.load({printable(collection)!r}).nearest('FILE')[0]"
        found = []
        if self.same is not None:
            near = f"[each for each in {search} if each.distance <= {self.same.threshold:.4g}]"
            found += [
                str(self.same),
                f"In Python, the pictures of the same class as FILE: `{near}`",
            ]
        if self.unknown is not None:
            far = f"{search}[0].distance > {self.unknown.threshold:.4g}"
            found += [str(self.unknown), f"In Python, whether FILE is unknown: `{far}`"]
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

    They are for `run`. That for "none of these classes" is for a search in all images of `data`, as
    the collection of a report holds them.

    Args:
        run: a training on the training images of `data`.
        data: half of its test images choose, the other half judge.
        new_classes: a run and the data of `split_by_class` that it was trained on, to measure how
            many images of new classes are caught, at a threshold of its own that refuses as many.
            Without it, the classes of `data` are left out of the gallery in turn.
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
        unknown = _unknown(run, data, embeddings, new_classes, seed)
    except ValueError as error:
        missing.append(_missing("none of these classes", error, len(embeddings)))
    return Decision(same, unknown, tuple(missing))


def _unknown(
    run: Run,
    data: Dataset,
    embeddings: np.ndarray,
    new_classes: tuple[Run, Dataset] | None,
    seed: int,
) -> UnknownThreshold:
    """Choose the threshold for "none of these classes"; `embeddings` are of the test images."""
    known = np.ones(len(embeddings), bool)
    if new_classes is not None:
        known = ~np.isin(data.test.labels, new_classes[1].test.labels)
    choose = partial(unknown_threshold, refused=_refused(int(known.sum())), seed=seed)
    searched, labels = run.embed_once(data.train.images), data.train.labels
    own = choose(embeddings, data.test.labels, gallery=searched, gallery_labels=labels)
    if new_classes is None:
        return own
    narrow, split = new_classes
    other = choose(
        narrow.embed(data.test.images[known]),
        data.test.labels[known],
        narrow.embed_once(split.test.images),
        gallery=narrow.embed_once(split.train.images),
        gallery_labels=split.train.labels,
    )
    return replace(own, caught=other.caught)


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
