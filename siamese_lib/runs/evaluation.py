"""Measure how good a trained tower is, in the way that the whole book quotes."""

from __future__ import annotations

from dataclasses import dataclass

from siamese_lib.data.dataset import Dataset
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K
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
    """Search the first 10,000 training images for the 7 nearest to each test image.

    Distances are Euclidean.

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
    """Raise ValueError if there are too few images to evaluate with."""
    if len(data.train) < HEADLINE_K or not len(data.test):
        raise ValueError(
            f"{data.name} has {len(data.train)} training and {len(data.test)} test images; "
            f"expected at least {HEADLINE_K} training images and 1 test image. Add images."
        )
