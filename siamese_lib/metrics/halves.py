"""What choosing a threshold needs: checked embeddings, and half the images to choose by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import class_numbers
from siamese_lib.search.vectors import METRICS, check_choice, checked, comparable

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


def checked_embeddings(
    embeddings: ArrayLike, labels: ArrayLike, metric: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return comparable embeddings, float64 (N, dim), and their classes, int64 (N,)."""
    vectors = compared("embeddings", embeddings, metric)
    numbers, classes = class_numbers(labels, count=len(vectors))
    if len(classes) < 2:
        raise TooFewError(
            f"labels: got {len(classes)} class in {len(numbers):,} labels; expected 2 or more. "
            "Give images of other classes too."
        )
    return vectors, numbers


def compared(name: str, vectors: ArrayLike, metric: str) -> np.ndarray:
    """Return embeddings whose Euclidean distances are those of the metric, or rank as they do."""
    check_choice("metric", metric, METRICS)
    return comparable(checked(name, vectors, metric), metric)


def in_metric(distance: float, metric: str) -> float:
    """Return a Euclidean distance of comparable embeddings as a gallery gives it."""
    return float(distance) if metric == "euclidean" else float(distance) * abs(float(distance)) / 2


def check_share(name: str, value: float) -> None:
    """Refuse a share that is not above 0 and below 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value!r}; expected a number above 0 and below 1.")


def check_enough(name: str, rate: float, count: int, what: str) -> None:
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


def half_of(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Choose half the images of each class, bool (N,)."""
    order = np.random.default_rng(seed).permutation(len(numbers))
    order = order[np.argsort(numbers[order], kind="stable")]
    chosen = np.zeros(len(numbers), bool)
    chosen[order[::2]] = True
    return chosen
