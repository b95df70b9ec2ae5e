"""Draw the pairs of one step: from class labels, from a neighbour graph, or from given pairs."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import are_same, plain_array
from siamese_lib.checks import real_number
from siamese_lib.pairs.neighbour_graph import Graph
from siamese_lib.pairs.sampling_order import SamplingOrder

Pairs: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]

# Numbers for the other uses of a seed. Use 0 is the order of images.
_EDGES, _COINS = 1, 2


class LabelledPairs:
    """Pairs from class labels. The left images take the classes in turn."""

    def __init__(self, order: SamplingOrder, groups: np.ndarray, same_fraction: float) -> None:
        self.order = order
        self.groups = groups
        self.same_fraction = same_fraction
        self.place = np.empty_like(groups)  # of each image within its class
        self.place[order.members] = np.arange(len(groups)) - np.repeat(order.starts, order.sizes)

    def batch(self, step: int) -> Pairs:
        """Return the left images, the right images, and whether they are similar."""
        order, left = self.order, self.order.batch(step)
        rng = order.random(_COINS, step)
        same = rng.random(len(left)) < self.same_fraction
        group = self.groups[left]
        another = (group + rng.integers(1, len(order.sizes), len(left))) % len(order.sizes)
        group = np.where(same, group, another)
        # A similar pair has one image fewer to draw from, and skips the left one.
        place = rng.integers(order.sizes[group] - same)
        place += same & (place >= self.place[left])
        return left, order.members[order.starts[group] + place], same.astype(np.float32)


class NeighbourPairs:
    """Pairs from a neighbourhood graph: neighbours, and images that are not."""

    def __init__(self, order: SamplingOrder, graph: Graph, same_fraction: float) -> None:
        self.order = order
        self.graph = graph
        self.same_fraction = same_fraction
        edges = np.zeros(len(graph.left), np.int64)
        self.edges = SamplingOrder(edges, order.batch_size, order.seed, use=_EDGES)

    def batch(self, step: int) -> Pairs:
        """Return the left images, the right images, and whether they are similar."""
        edge, left = self.edges.batch(step), self.order.batch(step)
        rng = self.order.random(_COINS, step)
        same = rng.random(len(left)) < self.same_fraction
        right = np.where(same, self.graph.right[edge], self.graph.strangers(left, rng))
        left = np.where(same, self.graph.left[edge], left)
        return left, right, same.astype(np.float32)


class GivenPairs:
    """Explicit pairs, in random order."""

    def __init__(self, order: SamplingOrder, pairs: Pairs) -> None:
        self.order = order
        self.left, self.right, self.same = pairs

    def batch(self, step: int) -> Pairs:
        """Return the left images, the right images, and whether they are similar."""
        chosen = self.order.batch(step)
        return self.left[chosen], self.right[chosen], self.same[chosen]


def checked_fraction(same_fraction: float) -> float:
    """Return the share of similar pairs as a float; ValueError unless it is from 0 to 1."""
    return real_number("same_fraction", same_fraction, 0, 1, ends=True)


def checked_pairs(left: ArrayLike, right: ArrayLike, same: ArrayLike) -> Pairs:
    """Return explicit pairs as int64 (P,), int64 (P,) and float32 (P,), copied."""
    left, right = plain_array("left", left), plain_array("right", right)
    same = are_same(same)
    if left.ndim != 1 or not left.size or not left.shape == right.shape == same.shape:
        raise ValueError(
            f"left, right and same have shapes {left.shape}, {right.shape} and {same.shape}; "
            "expected one entry for each pair, all of shape (P,) with P at least 1."
        )
    for name, index in (("left", left), ("right", right)):
        if index.dtype.kind not in "iu" or index.min() < 0:
            raise ValueError(
                f"{name} holds {index.dtype} such as {index[index.argmin()]}; expected indices of "
                "images, integers of 0 or more."
            )
    twin = np.flatnonzero(left == right)
    if twin.size:
        raise ValueError(
            f"{twin.size} of {left.size} pairs show one image twice, and pair {twin[0]} is image "
            f"{left[twin[0]]} twice; expected two different images in each. Leave such pairs out."
        )
    _check_agreement(left, right, same)
    return left.astype(np.int64), right.astype(np.int64), same.astype(np.float32)


def _check_agreement(left: np.ndarray, right: np.ndarray, same: np.ndarray) -> None:
    """Raise ValueError if two images are given both as similar and as different."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((same, high, low))
    low, high, same = low[order], high[order], same[order]
    repeated = (low[1:] == low[:-1]) & (high[1:] == high[:-1]) & (same[1:] != same[:-1])
    twice = np.flatnonzero(repeated)
    if twice.size:
        one, other = sorted(order[twice[0] : twice[0] + 2].tolist())
        raise ValueError(
            f"{twice.size} pairs are given both as similar and as different, the first in rows "
            f"{one} and {other}: images {low[twice[0]]} and {high[twice[0]]}; expected one answer "
            "for each pair. Leave one of the two out."
        )
