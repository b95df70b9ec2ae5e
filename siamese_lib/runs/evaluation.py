"""How good a trained tower is, by the one measure that the whole book quotes."""

from __future__ import annotations

from dataclasses import dataclass

from siamese_lib.data.dataset import Dataset
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K
from siamese_lib.metrics.precision import knn_accuracy, precision_at_k
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery


@dataclass(frozen=True)
class Evaluation:
    """How test images are answered by their nearest training images.

    Attributes:
        precision: mean share of the 7 nearest training images that have the test image's class.
        accuracy: share of test images whose class wins the vote of those 7.
        gallery: number of training images searched.
        queries: number of test images.
    """

    precision: float
    accuracy: float
    gallery: int
    queries: int

    def __str__(self) -> str:
        return (
            f"precision@{HEADLINE_K} {self.precision:.4f}   kNN accuracy {self.accuracy:.4f}   "
            f"({self.queries:,} test images, nearest {HEADLINE_K} of the first "
            f"{self.gallery:,} training images)"
        )


def evaluate(run: Run, data: Dataset, *, frame: int = -1) -> Evaluation:
    """Look up every test image among the first 10,000 training images, by Euclidean distance.

    Args:
        run: the trained tower.
        data: images of the shape that the run was trained on.
        frame: which frame of the run to judge; -1 is the last.

    Raises:
        ValueError: the images are not of that shape, or too few.
    """
    check_enough(data)
    labels = data.train.labels[:GALLERY_IMAGES]
    gallery = Gallery(run.embed(data.train.images[:GALLERY_IMAGES], frame))
    neighbours, _ = gallery.nearest(run.embed(data.test.images, frame), HEADLINE_K)
    return Evaluation(
        precision=precision_at_k(labels[neighbours], data.test.labels),
        accuracy=knn_accuracy(labels[neighbours], data.test.labels),
        gallery=len(labels),
        queries=len(data.test.labels),
    )


def check_enough(data: Dataset) -> None:
    """Refuse data that cannot be evaluated: ValueError, with what is missing."""
    if len(data.train) < HEADLINE_K or not len(data.test):
        raise ValueError(
            f"{data.name} has {len(data.train)} training and {len(data.test)} test images. To "
            f"look up nearest images takes at least {HEADLINE_K} and one: add images."
        )
