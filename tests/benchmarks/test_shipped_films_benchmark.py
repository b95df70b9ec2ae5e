"""The losses of the films that come with the package."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from benchmarks.published.shipped_films import OneMean

LABELS = np.array([0, 0, 1, 2, 1, 0])
POINTS = np.random.default_rng(0).normal(scale=0.6, size=(6, 2)).astype(np.float32)


def slowly(push: bool) -> float:
    """The mean over pairs, one pair at a time; without a push, the half mean of similar pairs."""
    costs = []
    for a, b in combinations(range(6), 2):
        distance = float(np.linalg.norm(POINTS[a] - POINTS[b]))
        if LABELS[a] == LABELS[b]:
            costs.append(distance**2 / (2 if push else 4))
        elif push:
            costs.append(max(1 - distance, 0) ** 2 / 2)
    return float(np.mean(costs))


@pytest.mark.parametrize("push", [True, False])
def test_one_mean_is_that_of_a_loop(push: bool) -> None:
    assert float(OneMean(push=push)(LABELS, POINTS)) == pytest.approx(slowly(push), rel=1e-5)
