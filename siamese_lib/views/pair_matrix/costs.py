"""What each pair of a batch costs in the contrastive loss.

The pairs of N images are numbered as `numpy.triu_indices` lists them: 0 and 1, 0 and 2, up to N - 2
and N - 1. `costs.js` computes the same for the page, and the tests compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

MEANS = ("two", "one")
_SMALLEST_SQUARE = 1e-12  # as in `siamese_lib.network.distances`


class Counts(NamedTuple):
    """How many of the pairs that the loss compares do what.

    Attributes:
        silent: different pairs at the margin or beyond it, and similar pairs within the positive
            margin, if there is one. They cost nothing.
        pulling: all other similar pairs.
        pushing: different pairs that are nearer than the margin.
    """

    silent: int
    pulling: int
    pushing: int


@dataclass(frozen=True, eq=False)
class Costs:
    """What each pair of N images costs.

    Attributes:
        shares: float64 (P,), each pair's part of the loss. They add up to the loss.
        counts: how many pairs are silent, pull and push.
    """

    shares: np.ndarray
    counts: Counts

    @property
    def loss(self) -> float:
        """The loss of the batch."""
        return float(self.shares.sum())


def distances_of(points: np.ndarray) -> np.ndarray:
    """Return the distances of all pairs of points (N, dim), float64 (P,); at least 1e-6."""
    rows, columns = np.triu_indices(len(points), k=1)
    squares = np.zeros(len(rows))
    for values in points.T.astype(np.float64):  # in this order, as `costs.js` adds them
        squares += (values[rows] - values[columns]) ** 2
    return np.sqrt(np.maximum(squares, _SMALLEST_SQUARE))


def costs_of(
    distances: np.ndarray,
    same: np.ndarray,
    times: np.ndarray,
    margin: float,
    means: str,
    positive_margin: float = 0.0,
) -> Costs:
    """Compute what each pair costs.

    Args:
        distances: float64 (P,).
        same: bool (P,), whether the pair is similar.
        times: int (P,), how often the loss compares the pair: 1 for each of all pairs.
        margin: distance beyond which different images do not push each other.
        means: "two" is `siamese_lib.InBatchContrastiveLoss`: a mean over the similar pairs that
            pull and one over the different pairs that push. "one" is `siamese_lib.ContrastiveLoss`:
            the mean over all pairs.
        positive_margin: distance within which similar images do not pull each other.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4.
    """
    near, far = ~same & (distances < margin), same & (distances > positive_margin)
    pulling, pushing = int(times[far].sum()), int(times[near].sum())
    silent = int(times.sum()) - pulling - pushing
    pull_weight = 1 / (4 * max(pulling, 1) if means == "two" else 2 * max(int(times.sum()), 1))
    push_weight = 1 / (4 * max(pushing, 1)) if means == "two" else pull_weight
    shares = np.where(far, pull_weight * times * (distances - positive_margin) ** 2, 0.0)
    shares[near] = (push_weight * times * (margin - distances) ** 2)[near]
    return Costs(shares, Counts(silent, pulling, pushing))


def costliest(shares: np.ndarray, images: int, most: int) -> list[int]:
    """Find the pairs with the largest shares above 0, with no image in two of them.

    One misplaced image makes many costly pairs, so the costliest pair is taken first, and both its
    images are put aside. Then the costliest of the other pairs is taken, and so on.

    Args:
        shares: float64 (P,).
        images: N.
        most: largest number of pairs.

    Returns:
        Numbers of pairs, costliest first.
    """
    rows, columns = np.triu_indices(images, k=1)
    found: list[int] = []
    taken: set[int] = set()
    for pair in np.argsort(-shares, kind="stable").tolist():
        if len(found) == most or shares[pair] <= 0:
            break
        both = {int(rows[pair]), int(columns[pair])}
        if not both & taken:
            found.append(pair)
            taken |= both
    return found


def number_of(one: int, other: int, images: int) -> int:
    """Return the number of the pair of two of N images."""
    low, high = sorted((one, other))
    return low * images - low * (low + 1) // 2 + high - low - 1
