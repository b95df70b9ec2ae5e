"""The costliest pairs, against a loop over all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from siamese_lib import metrics
from siamese_lib.search import vectors

RNG = np.random.default_rng(0)


def slowly(
    points: NDArray[np.float64], labels: np.ndarray, margin: float
) -> list[tuple[set[int], float]]:
    """Take the costliest of all pairs, set its images aside, and so on."""
    costs: dict[tuple[int, int], float] = {}
    for i, j in itertools.combinations(range(len(points)), 2):
        d = np.sqrt(np.sum((points[i] - points[j]) ** 2))
        costs[i, j] = d**2 / 2 if labels[i] == labels[j] else max(margin - d, 0) ** 2 / 2
    kept = []
    while costs:
        pair = max(costs, key=costs.__getitem__)
        kept.append((set(pair), costs[pair]))
        costs = {other: cost for other, cost in costs.items() if not set(other) & set(pair)}
    return kept


@pytest.mark.parametrize("margin", [0.5, 3.0])
@pytest.mark.parametrize("block", [1, 8 << 20])
def test_agrees_with_a_loop(monkeypatch, margin, block):
    monkeypatch.setattr(vectors, "_BLOCK_BYTES", block)
    points = RNG.normal(size=(40, 3)) + 100
    labels = np.array(["a", "b", "c", "d"])[RNG.integers(4, size=40)]
    wanted = slowly(points, labels, margin)
    left, right, costs = metrics.costliest_pairs(points, labels, margin=margin, count=1000)
    assert len(costs) == len(wanted) == 20
    np.testing.assert_allclose(costs, [cost for _, cost in wanted], atol=1e-9)
    dear = sum(cost > 0 for _, cost in wanted)
    assert dear > 10
    pairs = [set(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)]
    assert pairs[:dear] == [pair for pair, _ in wanted[:dear]]
    few = metrics.costliest_pairs(points, labels, margin=margin, count=3)
    assert [len(column) for column in few] == [3, 3, 3]
    np.testing.assert_array_equal(few[0], left[:3])


@pytest.mark.parametrize("away", [1e3, 1e6, 1e9, 1e12])
def test_an_image_far_away_costs_no_digits(away):
    points = np.concatenate([RNG.normal(size=(19, 3)), np.full((1, 3), away)])
    labels = np.arange(20)
    wanted = slowly(points, labels, 2.0)
    left, right, costs = metrics.costliest_pairs(points, labels, margin=2.0)
    np.testing.assert_allclose(costs, [cost for _, cost in wanted], atol=2e-16 * away)
    pairs = [set(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)]
    assert pairs[:5] == [pair for pair, _ in wanted[:5]]


def test_one_image_out_of_place_is_listed_once():
    points = np.zeros((9, 2))
    points[4] = [5, 0]
    left, right, costs = metrics.costliest_pairs(points, np.zeros(9, int), count=2)
    assert 4 in (left[0], right[0])
    assert 4 not in (left[1], right[1])
    assert costs.tolist() == [12.5, 0]


@pytest.mark.parametrize(
    ("points", "labels", "options", "words"),
    [
        (np.zeros(4), np.zeros(4), {}, "shape \\(N, dim\\)"),
        (np.full((4, 2), np.nan), np.zeros(4), {}, "finite"),
        (np.zeros((4, 2)), np.zeros(3), {}, "expected one for each"),
        (np.zeros((1, 2)), np.zeros(1), {}, "at least 2"),
        (np.zeros((4, 2)), np.zeros(4), {"margin": 0.0}, "margin is 0.0; expected"),
        (np.zeros((4, 2)), np.zeros(4), {"margin": "1"}, "margin is '1'; expected a number"),
        (np.full((4, 2), 1e200), np.zeros(4), {}, "expected finite numbers within"),
        (np.zeros((4, 2)), np.zeros(4), {"count": 0}, "count is 0; expected"),
    ],
)
def test_refuses_what_does_not_fit(points, labels, options, words):
    with pytest.raises(ValueError, match=words):
        metrics.costliest_pairs(points, labels, **options)
