"""Choose a threshold on distances, and measure it on images that did not choose it.

A threshold that is judged on the pairs that chose it looks better than it is. And pairs that share
an image are not independent: two halves of the pairs still show the same images. So the images are
divided here: one half chooses, the other half judges.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import class_numbers, whole_number
from siamese_lib.data.parts import part_of
from siamese_lib.metrics.rates import Rate, rate_of_images, rate_of_pairs
from siamese_lib.metrics.thresholds import verification
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS, blocks, check_choice, checked, comparable

_MOST = 4000  # images whose pairs are looked at: 2 million pairs in each half
_LEAST = 5  # wrong answers that a rate must stand for, so that it can be measured


class TooFewError(ValueError):
    """There are too few images or classes to choose and to judge a threshold.

    Attributes:
        least: the smallest rate that these images can measure, rounded up; above 0.5 if they can
            measure none of use. None if they lack classes, or images of one class, for any rate.
    """

    def __init__(self, message: str, least: float | None = None) -> None:
        super().__init__(message)
        self.least = least


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
            "Two images are called the same class if their distance is at most "
            f"{self.threshold:.4g}. Then {self.false_accept} of {self.false_accept.count:,} pairs "
            f"of different classes are accepted by mistake ({self.asked:.2%} were asked for), and "
            f"{self.true_accept} of {self.true_accept.count:,} pairs of the same class are "
            "accepted rightly."
        )


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
            "An image is called unknown if its nearest image is farther than "
            f"{self.threshold:.4g}. Then {self.refused} of {self.refused.count:,} images of known "
            f"classes are refused by mistake ({self.asked:.2%} were asked for), and {self.caught} "
            f"of {self.caught.count:,} images of other classes are refused rightly."
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
    vectors, numbers = _checked(embeddings, labels, metric)
    _check_share("false_accept", false_accept)
    _check_share("confidence", confidence)
    part = part_of(numbers, _MOST, seed=whole_number("seed", seed, 0))
    vectors, numbers = part.taken(vectors), part.taken(numbers)
    choosing = _half(numbers, seed)
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
    _check_enough("false_accept", false_accept, int((~same).sum()) // 2, "different pairs")
    curve = verification(distances, same)
    place = np.searchsorted(curve.fpr, false_accept, side="right") - 1
    threshold = float(curve.thresholds[place])
    false, true = _judged(vectors[~choosing], numbers[~choosing], threshold)
    return SameThreshold(
        threshold=_in_metric(threshold, metric),
        asked=false_accept,
        false_accept=rate_of_pairs(*false, confidence),
        true_accept=rate_of_pairs(*true, confidence),
    )


def unknown_threshold(
    embeddings: ArrayLike,
    labels: ArrayLike,
    unknown: ArrayLike | None = None,
    *,
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
        embeddings: real numbers (N, dim), finite. These images are the gallery. The tower must not
            have been trained on them: it knows those too well.
        labels: integers or strings (N,), two classes or more.
        unknown: real numbers (M, dim), images of none of these classes, M at least 1.
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
    vectors, numbers = _checked(embeddings, labels, metric)
    _check_share("refused", refused)
    _check_share("confidence", confidence)
    gallery = Gallery(vectors)
    nearest = gallery.nearest(vectors, 1, exclude_self=True)[1][:, 0]
    choosing = _half(numbers, whole_number("seed", seed, 0))
    _check_enough("refused", refused, int(choosing.sum()), "images")
    allowed = int(refused * choosing.sum())
    threshold = np.sort(nearest[choosing])[::-1][allowed]
    if unknown is None:
        strange = _nearest_of_others(vectors, numbers)
    else:
        strange = gallery.nearest(_comparable("unknown", unknown, metric), 1)[1][:, 0]
    return UnknownThreshold(
        threshold=_in_metric(threshold, metric),
        asked=refused,
        refused=rate_of_images(nearest[~choosing] > threshold, confidence),
        caught=rate_of_images(strange > threshold, confidence),
    )


def _checked(
    embeddings: ArrayLike, labels: ArrayLike, metric: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return comparable embeddings, float64 (N, dim), and their classes, int64 (N,)."""
    vectors = _comparable("embeddings", embeddings, metric)
    numbers, classes = class_numbers(labels, count=len(vectors))
    if len(classes) < 2:
        raise TooFewError(
            f"labels: got {len(classes)} class in {len(numbers):,} labels; expected 2 or more. "
            "Give images of other classes too."
        )
    return vectors, numbers


def _comparable(name: str, vectors: ArrayLike, metric: str) -> np.ndarray:
    """Return embeddings whose Euclidean distances are those of the metric, or rank as they do."""
    check_choice("metric", metric, METRICS)
    return comparable(checked(name, vectors, metric), metric)


def _in_metric(distance: float, metric: str) -> float:
    """Return a Euclidean distance of comparable embeddings as a gallery gives it."""
    return float(distance) if metric == "euclidean" else float(distance) * abs(float(distance)) / 2


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value!r}; expected a number above 0 and below 1.")


def _check_enough(name: str, rate: float, count: int, what: str) -> None:
    """Refuse a rate that stands for too few of what half the images give."""
    if rate * count >= _LEAST:
        return
    least = _rounded_up(_LEAST / count) if count else math.inf
    other = f", or {name}={least:.2g}" if count > 2 * _LEAST else ""  # above 0.5 is no use
    raise TooFewError(
        f"{name} is {rate!r}, and half the images give {count:,} {what}, so {rate * count:.2g} "
        f"of them would decide; expected {_LEAST} or more. Give more images{other}.",
        least,
    )


def _rounded_up(share: float) -> float:
    """Return the next larger number of two digits, such as 0.021 for 0.0201."""
    step = 10.0 ** (math.floor(math.log10(share)) - 1)
    return round(math.ceil(share / step) * step, 12)


def _half(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Choose half the images of each class, bool (N,)."""
    order = np.random.default_rng(seed).permutation(len(numbers))
    order = order[np.argsort(numbers[order], kind="stable")]
    chosen = np.zeros(len(numbers), bool)
    chosen[order[::2]] = True
    return chosen


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
    squares = np.vecdot(vectors, vectors)
    for rows in blocks(len(vectors), 40 * len(vectors)):
        apart = squares[rows, None] + squares - 2 * vectors[rows] @ vectors.T
        same = numbers[rows, None] == numbers
        yield np.sqrt(np.maximum(apart, 0)), same, everyone[rows, None] != everyone


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


def _nearest_of_others(vectors: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return each image's distance to the nearest of another class, float64 (N,)."""
    found = [
        np.where(same, np.inf, distances).min(axis=1)
        for distances, same, _ in _rows(vectors, numbers)
    ]
    return np.concatenate(found)
