"""Where to stop in a list of suspect labels: wrong labels are planted, to see where they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number
from siamese_lib.curation.votes import NEAREST, Voters

_SHARE = 0.05  # of the images, whose labels are made wrong in a round
_ROUNDS = 8  # half of them choose the score, the other half count


@dataclass(frozen=True)
class Stop:
    """Down to which score suspect labels are worth a look.

    Attributes:
        score: the last score that is.
        half: half of the planted labels had this score or more.
        planted: how many labels were made wrong on purpose.
        caught: how many of them had `score` or more.
    """

    score: float
    half: float
    planted: int
    caught: int


def where_to_stop(
    features: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    k: int = NEAREST,
    metric: str = "euclidean",
    seed: int = 0,
) -> Stop:
    """Say down to which score of `suspect_labels` a look is worth its time.

    One label in twenty is replaced by another class, drawn at random, and all images are scored
    again; eight times. Four of these rounds choose the score: the one at which the share of the
    planted labels above it exceeds the share of the others most. Just there, a planted label is as
    likely as among all images. So below that score, a look finds no more than one at images in any
    order. The other four rounds count how many planted labels the score catches.

    Real mistakes are not random: people confuse classes that look alike. Those are harder to find
    than what is planted here.

    Args:
        features, labels, k, metric: as for `suspect_labels`.
        seed: of the labels that are planted.

    Raises:
        ValueError: an argument is not as described.

    References:
        Youden, "Index for rating diagnostic tests", 1950: the difference of the two shares.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.repeat([0, 1], 50)
        >>> points = labels[:, None] + rng.normal(size=(100, 4)) / 4
        >>> stop = sl.curation.where_to_stop(points, labels)
        >>> stop.caught, stop.planted
        (20, 20)
        >>> int((sl.curation.suspect_labels(points, labels).scores >= stop.score).sum())
        0
    """
    whole_number("seed", seed, 0)
    return stop_of(Voters.of(features, labels, k=k, metric=metric), seed)


def stop_of(voters: Voters, seed: int = 0) -> Stop:
    """Say down to which score the ranking of some voters is worth a look."""
    rng = np.random.default_rng(seed)
    rounds = [_planted(voters, rng) for _ in range(_ROUNDS)]
    chosen, others, judged = (
        np.concatenate([scores for part in parts for scores in part])
        for parts in (
            [round_[:1] for round_ in rounds[::2]],
            [round_[1:] for round_ in rounds[::2]],
            [round_[:1] for round_ in rounds[1::2]],
        )
    )
    candidates, others = np.sort(chosen), np.sort(others)
    above = 1 - np.arange(len(candidates)) / len(candidates)
    beyond = above - (1 - np.searchsorted(others, candidates) / len(others))
    score = float(candidates[beyond.argmax()])
    return Stop(score, float(np.median(judged)), len(judged), int((judged >= score).sum()))


def _planted(voters: Voters, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of images whose labels were made wrong, and those of the others."""
    count, classes = len(voters.numbers), len(voters.classes)
    wrong = np.zeros(count, bool)
    wrong[rng.choice(count, max(1, round(_SHARE * count)), replace=False)] = True
    numbers = voters.numbers.copy()
    numbers[wrong] = (numbers[wrong] + rng.integers(1, classes, wrong.sum())) % classes
    scores, _ = voters.scores(numbers)
    return scores[wrong], scores[~wrong]
