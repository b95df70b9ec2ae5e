"""Find images whose label does not fit what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import class_numbers, whole_number
from siamese_lib.curation.findings import Findings
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS, check_choice, checked, comparable

_NEAREST = 20
_MOST = 64  # numbers of features that are compared: more of them cost time, and help no further
_SPARE = 16  # numbers beyond these, so that the largest components are found well
# Votes that all classes share alike, besides those of the neighbours. Shared by the sizes of the
# classes, they would make small classes suspect as a whole: few neighbours are of such a class.
_DOUBT = 8.0


def suspect_labels(
    features: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    k: int = _NEAREST,
    metric: str = "euclidean",
    count: int = 100,
) -> Findings:
    """Rank images by how much better another class fits them than their own, worst fit first.

    The k nearest other images vote on the class of each image. Several kinds of features vote by
    themselves, as if they were independent: the shares of votes that they give a class are
    multiplied. An image that is odd in its colours, edges and shapes together is more suspect than
    one that is odd in its colours only. Eight further votes go to all classes in equal parts, so
    that no class is impossible.

    Some kinds say little about these classes, such as the grays of letters. So each kind counts as
    it proves itself: by how many images it votes into their own class, beyond those that a guess of
    the largest class would get. Its shares are raised to the power of that, over the best kind's.

    Embeddings of a tower that was trained on these images and labels hide wrong labels, as it has
    learned those too: leave them out, or train on other images. `siamese_lib.curation.looks`
    describes images in ways that saw no label.

    Args:
        features: real numbers (N, dim), finite; or a sequence of such arrays, for the same images
            in the same order. Of more than 80 numbers, the 64 largest principal components are
            compared.
        labels: integers or strings (N,), two classes or more.
        k: number of neighbours, at least 1. Of fewer other images, all vote.
        metric: "euclidean" or "cosine".
        count: largest number of images, at least 1.

    Returns:
        `Findings` with `suggested`, the best of the other classes. The scores are the probability
        of the suggested class if it is either that or the image's own: above 0.5 it fits better.
        They are too sure, as the kinds of features are not independent: use them for the order.

    Raises:
        ValueError: an argument is not as described.

    References:
        Halko, Martinsson and Tropp, "Finding Structure with Randomness", 2011: how the components
        are found.
        Wilson, "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data", 1972: finding
        wrong labels by a vote of the neighbours.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.repeat([0, 1], 50)
        >>> colours, shapes = (labels[:, None] + rng.normal(size=(100, 4)) / 4 for _ in range(2))
        >>> labels[7] = 1
        >>> found = sl.curation.suspect_labels([colours, shapes], labels, count=1)
        >>> found.indices, found.labels, found.suggested
        (array([7]), array([1]), array([0]))
    """
    spaces = _spaces(features)
    whole_number("k", k, 1)
    whole_number("count", count, 1)
    numbers, classes = class_numbers(labels, count=len(spaces[0]))
    if len(classes) < 2:
        raise ValueError(
            f"labels: got {len(classes)} class in {len(numbers):,} labels; expected 2 or more, so "
            "that another class can be suggested."
        )
    kinds = [_log_votes(_compact(each, metric), numbers, len(classes), k) for each in spaces]
    votes = np.tensordot(_weights(kinds, numbers), kinds, axes=1)
    everyone = np.arange(len(numbers))
    own = votes[everyone, numbers]
    votes[everyone, numbers] = -np.inf
    best = votes.argmax(axis=1)
    scores = 1 / (1 + np.exp(np.clip(own - votes[everyone, best], -700, 700)))
    order = np.argsort(-scores, kind="stable")[:count]
    return Findings(
        kind="suspect label",
        indices=order,
        scores=scores[order],
        labels=classes[numbers[order]],
        suggested=classes[best[order]],
    )


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


def _log_votes(vectors: np.ndarray, numbers: np.ndarray, classes: int, k: int) -> np.ndarray:
    """Return the logarithms of the share of votes for each class, float64 (N, classes)."""
    nearest = min(k, len(vectors) - 1)
    found, _ = Gallery(vectors).nearest(vectors, nearest, exclude_self=True)
    places = numbers[found] + np.arange(len(found))[:, None] * classes
    votes = np.bincount(places.ravel(), minlength=len(found) * classes).reshape(-1, classes)
    return np.log((votes + _DOUBT / classes) / (nearest + _DOUBT))


def _weights(kinds: list[np.ndarray], numbers: np.ndarray) -> np.ndarray:
    """Return how much each kind of features counts, float64, at most 1."""
    guess = np.bincount(numbers).max() / len(numbers)
    right = np.array([(votes.argmax(axis=1) == numbers).mean() for votes in kinds])
    beyond = np.maximum(right - guess, 0)
    return beyond / beyond.max() if beyond.any() else np.ones(len(kinds))
