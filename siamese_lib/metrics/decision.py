"""Choose a threshold on distances, and measure it on images that did not choose it.

A threshold that is judged on the pairs that chose it looks better than it is. And pairs that share
an image are not independent: two halves of the pairs still show the same images. So the images are
divided here: one half chooses, the other half judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number
from siamese_lib.data.parts import part_of
from siamese_lib.metrics.halves import (
    TooFewError,
    check_enough,
    check_share,
    checked_embeddings,
    half_of,
    in_metric,
)
from siamese_lib.metrics.rates import Rate, rate_of_pairs
from siamese_lib.metrics.thresholds import verification
from siamese_lib.search.pairwise import Pairwise
from siamese_lib.search.vectors import blocks

_MOST = 4000  # images whose pairs are looked at: 2 million pairs in each half


@dataclass(frozen=True, kw_only=True)
class SameThreshold:
    """A threshold for "same or different", and what it does to images that did not choose it.

    Attributes:
        threshold: two images are called same if their distance is at most this.
        asked: the false accept rate that was asked for.
        false_accept: the share of different pairs that are called same.
        true_accept: the share of same pairs that are called same.
    """

    threshold: float
    asked: float
    false_accept: Rate
    true_accept: Rate

    def __str__(self) -> str:
        return (
            f"{self.threshold:.4g} is the distance for “same or different”. Up to this distance, "
            f"call two pictures the same class. Mistakes: {self.false_accept} of "
            f"{self.false_accept.count:,} pairs of different classes are called the same. You "
            f"asked for {self.asked:.2%}. Found: {self.true_accept} of "
            f"{self.true_accept.count:,} pairs of the same class are called the same. The others "
            "are missed."
        )


def choose_threshold(
    embeddings: ArrayLike,
    labels: ArrayLike,
    *,
    false_accept: float = 0.01,
    metric: str = "euclidean",
    confidence: float = 0.95,
    seed: int = 0,
) -> SameThreshold:
    """Choose a distance up to which two images are called same, for a false accept rate.

    Half the images of each class choose: the threshold is the largest distance up to which at most
    this share of their different pairs lie. The pairs of the other half are judged. Of more than
    4,000 images, 4,000 are drawn.

    Pairs that share an image are not independent. So the intervals count them only as the number of
    independent pairs that would vary as much (Wilson's interval, and the jackknife over images).
    They are for other images of these classes. New classes may differ more.

    Args:
        embeddings: real numbers (N, dim), finite. The tower must not have been trained on these
            images: it knows those too well.
        labels: integers or strings (N,), two classes or more.
        false_accept: the share of different pairs that may be called same, above 0 and below 1.
        metric: "euclidean" or "cosine".
        confidence: of the intervals, above 0 and below 1.
        seed: divides the images.

    Raises:
        ValueError: an argument is not as described; a half has no same pair; or it has too few
            different pairs to measure the rate: fewer than 5 of them would be called same.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(400) % 8
        >>> embeddings = 3 * np.eye(8)[labels] + rng.normal(size=(400, 8))
        >>> found = sl.metrics.choose_threshold(embeddings, labels)
        >>> bool(found.false_accept.low < 0.01 < found.false_accept.high)
        True
    """
    vectors, numbers = checked_embeddings(embeddings, labels, metric)
    check_share("false_accept", false_accept)
    check_share("confidence", confidence)
    part = part_of(numbers, _MOST, seed=whole_number("seed", seed, 0))
    vectors, numbers = part.taken(vectors), part.taken(numbers)
    choosing = half_of(numbers, seed)
    if min(np.bincount(numbers[half]).max() for half in (choosing, ~choosing)) < 2:
        raise TooFewError(
            f"labels: got no class with 4 of the {len(numbers):,} images; expected one or more, so "
            "that each half of the images has a same pair. Give more images of a class."
        )
    chosen = [
        (distances[two], same[two])
        for distances, same, two in _rows(vectors[choosing], numbers[choosing])
    ]
    distances, same = (np.concatenate(each) for each in zip(*chosen, strict=True))
    check_enough("false_accept", false_accept, int((~same).sum()) // 2, "different pairs")
    curve = verification(distances, same)
    place = np.searchsorted(curve.fpr, false_accept, side="right") - 1
    threshold = float(curve.thresholds[place])
    false, true = _judged(vectors[~choosing], numbers[~choosing], threshold)
    return SameThreshold(
        threshold=in_metric(threshold, metric),
        asked=false_accept,
        false_accept=rate_of_pairs(*false, confidence),
        true_accept=rate_of_pairs(*true, confidence),
    )


def _rows(
    vectors: np.ndarray, numbers: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield for some images after others their distances to all.

    Yields:
        distances: float64 (rows, N).
        same: bool (rows, N), whether two images are of one class.
        two: bool (rows, N), whether they are two images, and not one and itself.
    """
    everyone = np.arange(len(vectors))
    pairs = Pairwise(vectors)
    for rows in blocks(len(vectors), 40 * len(vectors)):
        apart = np.sqrt(pairs.from_rows(everyone[rows]))
        same = numbers[rows, None] == numbers
        yield apart, same, everyone[rows, None] != everyone


def _judged(
    vectors: np.ndarray, numbers: np.ndarray, threshold: float
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Count for each image, in how many pairs it is called same, and in how many it is.

    Returns:
        For different pairs and then for same pairs: two arrays, int64 (N,).
    """
    counts = []
    for distances, same, two in _rows(vectors, numbers):
        near = distances <= threshold
        kinds = near & ~same, ~same, near & same & two, same & two
        counts.append([kind.sum(axis=1) for kind in kinds])
    each = [np.concatenate(part) for part in zip(*counts, strict=True)]
    return (each[0], each[1]), (each[2], each[3])
