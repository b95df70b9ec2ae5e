"""Measure how good a trained tower is, in the way that the whole book quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.data.parts import part_of
from siamese_lib.metrics.headline import (
    GALLERY_IMAGES,
    HEADLINE_K,
    at_most,
    ceiling_of,
    relevant_of,
)
from siamese_lib.metrics.precision import knn_accuracy, precision_at_k
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery


@dataclass(frozen=True)
class Evaluation:
    """How well the nearest training images predict the class of a test image.

    Attributes:
        precision: share of the 7 nearest training images that have the test image's class,
            averaged over the test images.
        accuracy: share of test images whose class wins the vote of those 7.
        gallery: number of training images searched.
        queries: number of test images.
        ceiling: the precision of a perfect tower. It is below 1 if classes have fewer than 7
            images to find.
        lacking: number of test images whose class has fewer than 7 of the images searched.
        drawn_from: number of training images, if those searched were drawn evenly over the classes
            because the first ones do not stand for all classes; else None.
        trained_on: number of test images that the run was trained on; None if the run does not
            know its images.
        copies: number of test images that are identical to a training image.
        unseen: the same measures without those two kinds of test images; None if there are none to
            leave out, or if none would be left.
    """

    precision: float
    accuracy: float
    gallery: int
    queries: int
    ceiling: float = 1.0
    lacking: int = 0
    drawn_from: int | None = None
    trained_on: int | None = None
    copies: int = 0
    unseen: Evaluation | None = None

    def __str__(self) -> str:
        searched = f"the first {self.gallery:,} training images"
        if self.drawn_from is not None:
            searched = (
                f"{self.gallery:,} of {self.drawn_from:,} training images, drawn evenly over the "
                "classes"
            )
        few = f"; {self.lacking:,} have fewer than {HEADLINE_K} of their class among these"
        first = (
            f"{self._figures}   ({self.queries:,} test images, nearest {HEADLINE_K} of "
            f"{searched}{few if self.lacking else ''})"
        )
        lines = [first]
        if self.trained_on:
            lines.append(used_for_training(self.trained_on, self.queries))
        if self.copies:
            lines.append(
                f"{self.copies:,} of {self.queries:,} test images are identical to a training image"
            )
        if self.unseen is not None:
            lines.append(f"without them: {self.unseen._figures}   ({self.unseen.queries:,} left)")
        elif len(lines) > 1:
            lines.append("no other test images are left to tell how well it does on new ones")
        return "\n".join(lines)

    @property
    def _figures(self) -> str:
        return (
            f"precision@{HEADLINE_K} {self.precision:.4f}{at_most(self.ceiling, 4)}   "
            f"kNN accuracy {self.accuracy:.4f}"
        )


def used_for_training(count: int, of: int) -> str:
    """Say how many test images a run was trained on."""
    return f"{count:,} of {of:,} test images were used for training"


def evaluate(run: Run, data: Dataset, *, frame: int = -1) -> Evaluation:
    """Search 10,000 training images for the 7 nearest to each test image.

    They are the first 10,000, if each class is about as frequent among these as among all, as in
    MNIST. If the images come class by class, 10,000 are drawn evenly over the classes, and the
    result says so. Distances are Euclidean. If the run was trained on some of the test images, or
    if some are identical to a training image, the result says how many, and has the measures
    without them.

    Args:
        run: the trained tower.
        data: images of the shape that the run was trained on.
        frame: which frame of the run to measure; -1 is the last.

    Raises:
        ValueError: the images do not have that shape, or there are fewer than 7 training images
            or no test image.
        IndexError: there is no such frame.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> found = sl.evaluate(sl.shipped_run(), digits)
        >>> found.precision > 0.98  # of the 7 neighbours, averaged over the test images
        True
    """
    check_enough(data)
    part, truth = part_of(data.train.labels, GALLERY_IMAGES), data.test.labels
    labels = part.taken(data.train.labels)
    gallery = Gallery(run.embed(part.taken(data.train.images), frame))
    neighbours, _ = gallery.nearest(run.embed(data.test.images, frame), HEADLINE_K)
    found, relevant = labels[neighbours], relevant_of(truth, labels)
    known, copied = run.was_trained_on(data.test.images), data.copies

    def measured(which: np.ndarray | slice, **more: Any) -> Evaluation:
        return Evaluation(
            precision=precision_at_k(found[which], truth[which]),
            accuracy=knn_accuracy(found[which], truth[which]),
            gallery=len(labels),
            queries=len(truth[which]),
            ceiling=ceiling_of(relevant[which]),
            lacking=int((relevant[which] < HEADLINE_K).sum()),
            drawn_from=part.total if part.drawn else None,
            **more,
        )

    new = ~copied.in_both if known is None else ~(copied.in_both | known)
    some = new.any() and not new.all()
    return measured(
        slice(None),
        trained_on=None if known is None else int(known.sum()),
        copies=int(copied.in_both.sum()),
        unseen=measured(new) if some else None,
    )


def check_enough(data: Dataset) -> None:
    """Raise ValueError if there are too few images to evaluate with."""
    if len(data.train) < HEADLINE_K or not len(data.test):
        raise ValueError(
            f"{data.name} has {len(data.train)} training and {len(data.test)} test images; "
            f"expected at least {HEADLINE_K} training images and 1 test image. Add images."
        )
