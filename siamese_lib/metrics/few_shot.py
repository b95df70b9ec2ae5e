"""Few-shot accuracy: tell classes apart of which a few examples are known, and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import class_numbers, whole_number
from siamese_lib.search.vectors import blocks, checked, compact

_NORMAL = 1.959964  # the middle 95 % of a normal distribution, in standard deviations


@dataclass(frozen=True, eq=False)
class FewShot:
    """The result of `few_shot`.

    Attributes:
        accuracy: share of the queries that get their class, averaged over the episodes.
        interval: the 95 % interval of this mean.
        per_episode: float64 (E,), the accuracy of each episode.
        ways: classes in an episode.
        shots: examples of each class in an episode.
        queries: queries of each class in an episode.
    """

    accuracy: float
    interval: tuple[float, float]
    per_episode: NDArray[np.float64]
    ways: int
    shots: int
    queries: int

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.ways}-way {self.shots}-shot accuracy {self.accuracy:.3f} "
            f"({low:.3f} to {high:.3f}, {len(self.per_episode):,} episodes)"
        )


def few_shot(
    embeddings: ArrayLike,
    labels: ArrayLike,
    ways: int = 5,
    shots: int = 1,
    *,
    queries: int = 1,
    episodes: int = 1000,
    seed: int = 0,
) -> FewShot:
    """Measure N-way K-shot accuracy.

    An episode draws N classes, and of each class K examples and some queries. No image is both. A
    query gets the class whose mean example is nearest, by Euclidean distance (the prototypes of
    Snell et al.). With one example this is the nearest example. With several, a mean is less
    disturbed by one odd example than a nearest neighbour is. For cosine distances, divide each
    embedding by its length first. With the same labels and seed, the episodes are the same for any
    embeddings, so that two towers can be compared.

    The interval is the mean ± 1.96 standard errors over episodes. It says how well the episodes
    determine the mean for these classes and this tower. Other classes, or another training, may
    differ more.

    Args:
        embeddings: real numbers (N, dim), finite and within ±1e30.
        labels: integers or strings (N,).
        ways: N, the classes in an episode, at least 2.
        shots: K, the examples of each class, at least 1.
        queries: the queries of each class, at least 1.
        episodes: how many episodes are drawn, at least 2.
        seed: of the draws, a whole number, 0 or more.

    Raises:
        ValueError: the embeddings or labels are of another type or shape; a number is out of range;
            there are fewer classes than `ways`; or a class has fewer images than `shots` +
            `queries`.

    References:
        Lake, Salakhutdinov and Tenenbaum, "Human-level concept learning through probabilistic
        program induction", 2015: 20-way one-shot classification of letters.
        Snell, Swersky and Zemel, "Prototypical Networks for Few-shot Learning", 2017, equations
        1 and 2.

    Example:
        >>> points = np.array([[0.0], [0.1], [5.0], [5.1], [9.0], [9.1]])
        >>> found = sl.metrics.few_shot(points, ["a", "a", "b", "b", "c", "c"], ways=3)
        >>> print(found)
        3-way 1-shot accuracy 1.000 (1.000 to 1.000, 1,000 episodes)
    """
    points = checked("embeddings", embeddings, "euclidean")
    numbers, classes = class_numbers(labels, count=len(points))
    ways, shots = whole_number("ways", ways, 2), whole_number("shots", shots, 1)
    queries, episodes = whole_number("queries", queries, 1), whole_number("episodes", episodes, 2)
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    _check_enough(numbers, classes, ways, shots, queries)
    points = compact(points)
    points -= points.mean(axis=0, dtype=np.float64)  # an offset that all share would cost precision
    by_class, sizes = np.argsort(numbers, kind="stable"), np.bincount(numbers)
    starts = np.cumsum(sizes) - sizes
    chosen = rng.random((episodes, len(classes))).argsort(axis=1)[:, :ways]
    places = starts[chosen][..., None] + _distinct(sizes[chosen], shots + queries, rng)
    right = np.empty(episodes)
    for rows in blocks(episodes, points[:1].nbytes * places[0].size):
        right[rows] = _accuracies(points[by_class[places[rows]]], shots)
    mean = float(right.mean())
    half = _NORMAL * float(right.std(ddof=1)) / math.sqrt(episodes)
    interval = max(0.0, mean - half), min(1.0, mean + half)
    return FewShot(mean, interval, right, ways, shots, queries)


def _check_enough(
    numbers: np.ndarray, classes: np.ndarray, ways: int, shots: int, queries: int
) -> None:
    """Raise ValueError if an episode cannot be drawn."""
    if len(classes) < ways:
        raise ValueError(
            f"labels have {len(classes):,} classes; expected at least {ways:,}, the ways of an "
            "episode. Ask for fewer ways."
        )
    sizes = np.bincount(numbers)
    few, needed = np.flatnonzero(sizes < shots + queries), shots + queries
    if few.size:
        least = few[sizes[few].argmin()]
        raise ValueError(
            f"{few.size:,} of {len(classes):,} classes have fewer than {needed:,} images, such as "
            f"{classes[least]!s} with {sizes[least]:,}; expected {needed:,} in each, for {shots:,} "
            f"shots and {queries:,} queries. Ask for fewer, or leave these classes out."
        )


def _distinct(sizes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `count` different numbers below each size, int64 (*sizes.shape, count).

    Each number is drawn among those that are left, and then steps over the ones before it.
    """
    drawn = np.empty((*sizes.shape, count), np.int64)
    for place in range(count):
        number = rng.integers(sizes - place)
        for before in np.moveaxis(np.sort(drawn[..., :place], axis=-1), -1, 0):
            number += number >= before
        drawn[..., place] = number
    return drawn


def _accuracies(points: np.ndarray, shots: int) -> np.ndarray:
    """Return the accuracy of each episode, float64 (E,).

    Args:
        points: (E, ways, shots + queries, dim); of each class, the examples come first.
        shots: the number of examples.
    """
    episodes, ways, _, dim = points.shape
    means = points[:, :, :shots].mean(axis=2)
    asked = points[:, :, shots:].reshape(episodes, -1, dim)
    # The squared distance less the square of the query, which is the same for all classes.
    squares = np.vecdot(means, means)[:, None] - 2 * (asked @ means.swapaxes(1, 2))
    own = np.repeat(np.arange(ways), asked.shape[1] // ways)
    return (squares.argmin(axis=2) == own).mean(axis=1)
