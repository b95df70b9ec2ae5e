"""What can be read off a map, against sums over all pairs, and where the answer is known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import siamese_lib as sl

circular, rank, r_squared = (
    sl.metrics.circular_correlation,
    sl.metrics.rank_correlation,
    sl.metrics.r_squared,
)
RNG = np.random.default_rng(0)
LINE = np.arange(20.0)[:, None]


def slow_circular(one: np.ndarray, other: np.ndarray) -> float:
    """Fisher and Lee's sum over all pairs."""
    top = left = right = 0.0
    for i, j in combinations(range(len(one)), 2):
        a, b = np.sin(one[i] - one[j]), np.sin(other[i] - other[j])
        top, left, right = top + a * b, left + a * a, right + b * b
    return top / np.sqrt(left * right)


def slow_ranks(values: np.ndarray) -> list[float]:
    """The mean of the first and the last place that a number could have."""
    return [((values < v).sum() + (values <= v).sum() - 1) / 2 for v in values]


@pytest.mark.parametrize("noise", [0, 0.3, 1, 9])
def test_circular_correlation_is_a_sum_over_all_pairs(noise):
    one = RNG.uniform(-4, 9, 40)
    other = -one + RNG.normal(0, noise, 40)
    expected = slow_circular(one, other)
    assert circular(one, other, period=2 * np.pi) == pytest.approx(expected)
    assert circular(np.rad2deg(one), np.rad2deg(other)) == pytest.approx(expected)
    assert noise or expected == pytest.approx(-1)


def test_neither_the_zero_nor_the_jump_of_an_angle_matters():
    azimuth = np.repeat(np.arange(0, 360, 20), 3)
    seen = azimuth + RNG.normal(0, 10, len(azimuth))
    expected = circular(azimuth, seen)
    assert 0.9 < expected < 1
    assert circular(azimuth + 133, seen % 360) == pytest.approx(expected)
    assert circular(seen, -azimuth) == pytest.approx(-expected)
    # Twice around while the other goes once is another thing than once around.
    assert abs(circular(azimuth, 2 * azimuth + 7)) < 0.01


@pytest.mark.parametrize("levels", [3, 9, 1000])
def test_rank_correlation_is_the_correlation_of_ranks(levels):
    one = RNG.integers(0, levels, 50)
    other = one**3 + RNG.integers(0, levels, 50)
    expected = np.corrcoef(slow_ranks(one), slow_ranks(other))[0, 1]
    assert rank(one, other) == pytest.approx(expected)
    assert rank(one, -other) == pytest.approx(-expected)
    assert rank(one, np.exp(one / levels)) == pytest.approx(1)


def test_a_linear_prediction_is_that_of_least_squares():
    points = RNG.normal(size=(60, 3))
    values = points @ RNG.normal(size=(3, 2)) + RNG.normal(size=(60, 2)) + 40
    design = np.hstack([points, np.ones((60, 1))])
    weights = np.linalg.solve(design.T @ design, design.T @ values)
    rest = ((values - design @ weights) ** 2).sum() / ((values - values.mean(0)) ** 2).sum()
    assert r_squared(points, values) == pytest.approx(1 - rest)


@pytest.mark.parametrize("k", [1, 4, 59])
def test_a_prediction_of_neighbours_is_a_loop(k, monkeypatch):
    monkeypatch.setattr("siamese_lib.search.vectors._BLOCK_BYTES", 7 * 16 * 60)
    points, values = RNG.normal(size=(60, 2)), RNG.normal(size=60)
    squares = 0.0
    for i in range(60):
        order = [j for j in np.argsort(np.linalg.norm(points - points[i], axis=1)) if j != i]
        squares += (values[i] - values[order[:k]].mean()) ** 2
    expected = 1 - squares / ((values - values.mean()) ** 2).sum()
    assert r_squared(points, values, k=k) == pytest.approx(expected)


def test_what_bends_is_found_by_neighbours_only():
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle, wave = np.stack([np.cos(turn), np.sin(turn)], axis=1), np.cos(2 * turn)
    assert r_squared(circle, wave) < 1e-9
    assert r_squared(circle, wave, k=4) > 0.99


def test_lights_that_the_map_does_not_show_are_not_read_off():
    points, light = RNG.normal(size=(600, 3)), RNG.integers(0, 6, 600)
    assert -0.01 < r_squared(points, np.eye(6)[light]) < 0.02
    assert r_squared(points, np.eye(6)[light], k=5) == pytest.approx(-0.2, abs=0.06)
    points[:, 0] += 9 * light
    assert r_squared(points, np.eye(6)[light], k=5) > 0.95


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: circular([0, 1], [0, 1, 2]), r"shapes \(2,\) and \(3,\)"),
        (lambda: circular([0, np.nan], [0, 1]), "some NaN"),
        (lambda: circular([5, 185], [0, 1]), "angles are all the same, or opposite"),
        (lambda: circular([0, 1], [0, 1], period=0), "period is 0"),
        (lambda: rank([1, 2], [3, 3]), "others are all 3"),
        (lambda: rank([1], [3]), "N of 2 or more"),
        (lambda: r_squared(LINE, np.zeros(19)), r"shape \(19,\) for 20 points"),
        (lambda: r_squared(LINE, np.ones(20)), "the same for all points"),
        (lambda: r_squared(LINE, LINE, k=20), "k is 20; expected at most 19"),
        (lambda: r_squared(LINE[:, 0], LINE), r"points: got float64 of shape \(20,\)"),
    ],
)
def test_what_cannot_be_compared(call, message):
    with pytest.raises(ValueError, match=message):
        call()
