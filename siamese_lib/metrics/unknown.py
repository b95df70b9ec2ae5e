"""Choose a threshold for "none of these classes", and measure it on other images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_labels, class_numbers, joined_labels, whole_number
from siamese_lib.metrics.halves import (
    check_enough,
    check_share,
    checked_embeddings,
    compared,
    half_of,
    in_metric,
)
from siamese_lib.metrics.rates import Rate, rate_of_images
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.pairwise import Pairwise
from siamese_lib.search.vectors import blocks


@dataclass(frozen=True, kw_only=True)
class UnknownThreshold:
    """A threshold for "none of these classes", and what it does to images that did not choose it.

    Attributes:
        threshold: an image is called unknown if its nearest gallery image is farther than this.
        asked: the share of known images to refuse that was asked for.
        refused: the share of images of known classes that are called unknown.
        caught: the share of images of other classes that are called unknown.
    """

    threshold: float
    asked: float
    refused: Rate
    caught: Rate

    def __str__(self) -> str:
        return (
            f"{self.threshold:.4g} is the distance for “none of these classes”. If the nearest "
            f"picture is farther away, call a picture unknown. Mistakes: {self.refused} of "
            f"{self.refused.count:,} pictures of known classes are called unknown. "
            f"{self.asked:.2%} were allowed. Found: {self.caught} of {self.caught.count:,} "
            "pictures of other classes are called unknown. The others are taken for a known class."
        )


def unknown_threshold(
    embeddings: ArrayLike,
    labels: ArrayLike,
    unknown: ArrayLike | None = None,
    *,
    gallery: ArrayLike | None = None,
    gallery_labels: ArrayLike | None = None,
    refused: float = 0.05,
    metric: str = "euclidean",
    confidence: float = 0.95,
    seed: int = 0,
) -> UnknownThreshold:
    """Choose a distance beyond which an image is called unknown: "none of these classes".

    Each image is a query among all others, as a new image of these classes would be. Half of them
    choose: the threshold is the smallest distance beyond which at most the share `refused` of their
    nearest images lie. The other half are judged.

    The images of `unknown` show how many of other classes are caught. Without them, each class is
    left out of the gallery in turn, and its images are the unknown ones. If the tower was trained
    on these classes, it knows them, and classes that are really new are caught less often.

    The intervals are Wilson's. They are for other images of these classes, searched in this
    gallery.

    Args:
        embeddings: real numbers (N, dim), finite. These images are searched, with those of
            `gallery`. The tower must not have been trained on them: it knows those too well.
        labels: integers or strings (N,), two classes or more.
        unknown: real numbers (M, dim), images of none of these classes, M at least 1.
        gallery: real numbers (G, dim), more images to search in, such as the training images. A
            larger gallery has nearer images, so choose the threshold with the one that you will
            search.
        gallery_labels: their classes (G,), as `labels`. Both are given, or none.
        refused: the share of images of known classes that may be called unknown, above 0 and
            below 1.
        metric: "euclidean" or "cosine".
        confidence: of the intervals, above 0 and below 1.
        seed: divides the images.

    Raises:
        ValueError: an argument is not as described, or half the images are too few to measure the
            rate: fewer than 5 of them would be refused.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(400) % 8
        >>> embeddings = 5 * np.eye(9)[labels] + rng.normal(size=(400, 9)) / 2
        >>> new = 5 * np.eye(9)[[8] * 50] + rng.normal(size=(50, 9)) / 2
        >>> found = sl.metrics.unknown_threshold(embeddings, labels, new)
        >>> bool(found.refused.low < 0.05 < found.refused.high), found.caught.value
        (True, 1.0)
    """
    vectors, numbers = checked_embeddings(embeddings, labels, metric)
    check_share("refused", refused)
    check_share("confidence", confidence)
    searched, kinds = _searched(vectors, labels, numbers, gallery, gallery_labels, metric)
    inside = Gallery(searched)
    nearest = inside.nearest(vectors, 2)[1][:, 1]  # an image's nearest is itself, or a copy
    choosing = half_of(numbers, whole_number("seed", seed, 0))
    check_enough("refused", refused, int(choosing.sum()), "images")
    allowed = int(refused * choosing.sum())
    threshold = np.sort(nearest[choosing])[::-1][allowed]
    if unknown is None:
        strange = _nearest_of_others(len(vectors), searched, kinds)
    else:
        strange = inside.nearest(compared("unknown", unknown, metric), 1)[1][:, 0]
    return UnknownThreshold(
        threshold=in_metric(threshold, metric),
        asked=refused,
        refused=rate_of_images(nearest[~choosing] > threshold, confidence),
        caught=rate_of_images(strange > threshold, confidence),
    )


def _searched(
    vectors: np.ndarray,
    labels: ArrayLike,
    numbers: np.ndarray,
    gallery: ArrayLike | None,
    gallery_labels: ArrayLike | None,
    metric: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return all that is searched: `vectors`, then the gallery; and the numbers of their classes.

    `numbers` are those of `vectors` alone.

    Raises:
        ValueError: the gallery has no labels, or not one for each image; or one of the two has
            integers and the other strings.
    """
    if (gallery is None) != (gallery_labels is None):
        raise ValueError(
            "gallery and gallery_labels: got one of them; expected both or none. Give the class of "
            "each image of the gallery."
        )
    if gallery is None or gallery_labels is None:
        return vectors, numbers
    more = compared("gallery", gallery, metric)
    if more.shape[1] != vectors.shape[1]:
        raise ValueError(
            f"gallery has {more.shape[1]:,} numbers for each image, and embeddings have "
            f"{vectors.shape[1]:,}; expected as many. Embed both with one tower."
        )
    own = checked_labels(labels)
    others = checked_labels(gallery_labels, "gallery_labels", count=len(more))
    both = joined_labels(own, others, ("labels", "gallery_labels"))
    return np.concatenate([vectors, more]), class_numbers(both)[0]


def _nearest_of_others(count: int, searched: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return the distance of the first images to the nearest of another class, float64 (count,)."""
    nearest, pairs = np.empty(count), Pairwise(searched)
    for rows in blocks(count, 40 * len(searched)):
        squares = pairs.from_rows(np.arange(rows.start, rows.stop))
        squares[kinds[rows, None] == kinds] = np.inf
        nearest[rows] = np.sqrt(squares.min(axis=1))
    return nearest
