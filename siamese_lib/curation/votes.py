"""Neighbours that vote on the class of each image, by several kinds of features.

`siamese_lib.curation.suspect_labels` says how the votes become scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import class_numbers, whole_number
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS, check_choice, checked, comparable

NEAREST = 20
_MOST = 64  # numbers of features that are compared: more of them cost time, and help no further
_SPARE = 16  # numbers beyond these, so that the largest components are found well
# Votes that all classes share alike, besides those of the neighbours. Shared by the sizes of the
# classes, they would make small classes suspect as a whole: few neighbours are of such a class.
_DOUBT = 8.0


@dataclass(frozen=True, eq=False)
class Voters:
    """The nearest other images of each image, by each kind of features.

    Attributes:
        found: int64 (kinds, N, k), their numbers.
        numbers: int64 (N,), the class of each image, as a number from 0.
        classes: the labels of these numbers.
    """

    found: NDArray[np.int64]
    numbers: NDArray[np.int64]
    classes: np.ndarray

    @classmethod
    def of(
        cls,
        features: ArrayLike | Sequence[ArrayLike],
        labels: ArrayLike,
        *,
        k: int = NEAREST,
        metric: str = "euclidean",
    ) -> Voters:
        """Find the neighbours.

        Args:
            features, labels, k, metric: as for `siamese_lib.curation.suspect_labels`.

        Raises:
            ValueError: as there.
        """
        spaces = _spaces(features)
        whole_number("k", k, 1)
        numbers, classes = class_numbers(labels, count=len(spaces[0]))
        if len(classes) < 2:
            raise ValueError(
                f"labels: got {len(classes)} class in {len(numbers):,} labels; expected 2 or more, "
                "so that another class can be suggested."
            )
        found = []
        for space in spaces:
            vectors = _compact(space, metric)
            nearest = min(k, len(vectors) - 1)
            found.append(Gallery(vectors).nearest(vectors, nearest, exclude_self=True)[0])
        return cls(np.stack(found), numbers, classes)

    def scores(self, numbers: NDArray[np.int64]) -> tuple[np.ndarray, np.ndarray]:
        """Score how much better another class fits each image, if these are the classes.

        Args:
            numbers: int64 (N,), `self.numbers`, or others to try.

        Returns:
            The scores, float64 (N,), and the best of the other classes, int64 (N,).
        """
        classes = len(self.classes)
        kinds = [_log_votes(found, numbers, classes) for found in self.found]
        votes = np.tensordot(_weights(kinds, numbers), kinds, axes=1)
        everyone = np.arange(len(numbers))
        own = votes[everyone, numbers]
        votes[everyone, numbers] = -np.inf
        best = votes.argmax(axis=1)
        return 1 / (1 + np.exp(np.clip(own - votes[everyone, best], -700, 700))), best

    def counts(
        self, images: NDArray[np.int64], others: NDArray[np.int64], own: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Count the neighbours of some images that are of another class, of their own, and all.

        Args:
            images: int64 (F,).
            others, own: int64 (F,), two classes of each.

        Returns:
            int64 (F, 3).
        """
        kinds = self.numbers[self.found[:, images]]
        of_two = [(kinds == each[:, None]).sum(axis=(0, 2)) for each in (others, own)]
        every = np.full(len(images), self.found.shape[0] * self.found.shape[2])
        return np.stack([*of_two, every], axis=1)


def _spaces(features: ArrayLike | Sequence[ArrayLike]) -> list[np.ndarray]:
    """Return one array (N, dim) for each kind of features."""
    given: list[Any] = list(features) if isinstance(features, list | tuple) else [features]
    spaces = [np.asarray(features)] if np.ndim(given[0]) != 2 else [np.asarray(f) for f in given]
    lengths = [len(each) if each.ndim else 0 for each in spaces]
    if len(set(lengths)) > 1 or lengths[0] < 2:
        raise ValueError(
            f"features have {', '.join(f'{length:,}' for length in lengths)} rows; expected one "
            "for each image, of at least 2 images, in every array."
        )
    return spaces


def _compact(space: np.ndarray, metric: str) -> np.ndarray:
    """Return features as the metric compares them, or their largest principal components.

    A random projection finds the directions in which they vary, and one more product sharpens them.
    """
    check_choice("metric", metric, METRICS)
    vectors = comparable(checked("features", space, metric), metric)
    if min(vectors.shape) <= _MOST + _SPARE:
        return vectors
    vectors -= vectors.mean(axis=0)
    directions = np.random.default_rng(0).normal(size=(vectors.shape[1], _MOST + _SPARE))
    basis, _ = np.linalg.qr(vectors @ (vectors.T @ (vectors @ directions)))
    turned, sizes, _ = np.linalg.svd(basis.T @ vectors, full_matrices=False)
    return (basis @ (turned * sizes)[:, :_MOST]).astype(np.float32)


def _log_votes(found: np.ndarray, numbers: np.ndarray, classes: int) -> np.ndarray:
    """Return the logarithms of the share of votes for each class, float64 (N, classes)."""
    places = numbers[found] + np.arange(len(found))[:, None] * classes
    votes = np.bincount(places.ravel(), minlength=len(found) * classes).reshape(-1, classes)
    return np.log((votes + _DOUBT / classes) / (found.shape[1] + _DOUBT))


def _weights(kinds: list[np.ndarray], numbers: np.ndarray) -> np.ndarray:
    """Return how much each kind of features counts, float64, at most 1."""
    guess = np.bincount(numbers).max() / len(numbers)
    right = np.array([(votes.argmax(axis=1) == numbers).mean() for votes in kinds])
    beyond = np.maximum(right - guess, 0)
    return beyond / beyond.max() if beyond.any() else np.ones(len(kinds))
