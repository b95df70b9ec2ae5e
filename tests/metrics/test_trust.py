"""Of points that are said to keep 8 of 10 neighbours, 8 of 10 do."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import siamese_lib as sl

kept_neighbours, stable_neighbours = sl.metrics.kept_neighbours, sl.metrics.stable_neighbours


def nearest(points: np.ndarray, k: int) -> list[set[int]]:
    """Compute all distances, and sort them."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return [set(row) for row in distances.argsort(axis=1)[:, :k].tolist()]


def shared(some: np.ndarray, others: np.ndarray, k: int) -> list[float]:
    pairs = zip(nearest(some, k), nearest(others, k), strict=True)
    return [len(a & b) / k for a, b in pairs]


def trainings(count: int, images: int = 600, unsure: float = 0.4) -> list[np.ndarray]:
    """Embeddings that agree well on some images, and badly on others."""
    rng = np.random.default_rng(0)
    places, noise = rng.normal(size=(images, 2)), rng.uniform(0, unsure, size=(images, 1))
    return [places + noise * rng.normal(size=(images, 2)) for _ in range(count)]


def test_what_a_map_keeps_equals_a_loop() -> None:
    embeddings = np.random.default_rng(0).normal(size=(60, 5))
    expected = shared(embeddings, embeddings[:, :2], 7)
    np.testing.assert_allclose(kept_neighbours(embeddings, embeddings[:, :2], 7), expected)
    assert 0.1 < np.mean(expected) < 0.9


def test_a_map_of_two_dimensions_keeps_them_all() -> None:
    embeddings = np.random.default_rng(0).normal(size=(60, 2))
    assert (kept_neighbours(embeddings, 3 * embeddings + 1) == 1).all()


@pytest.mark.parametrize("count", [3, 4])
def test_what_is_said_of_another_training_holds(count: int) -> None:
    *known, new = trainings(count + 1)
    said = stable_neighbours(known, 10)
    seen = np.mean([shared(each, new, 10) for each in known], axis=0)
    groups = np.digitize(said, np.quantile(said, [0.2, 0.4, 0.6, 0.8]))
    for group in range(5):
        here = groups == group
        assert said[here].mean() == pytest.approx(seen[here].mean(), abs=0.04)


def test_what_is_known_alone_would_be_too_extreme() -> None:
    *known, new = trainings(4, images=2000)
    said = stable_neighbours(known, 10)
    seen = np.mean([shared(each, new, 10) for each in known], axis=0)
    raw = np.mean([shared(a, b, 10) for a, b in combinations(known, 2)], axis=0)
    assert np.polyfit(raw, seen, 1)[0] < 0.92
    assert np.polyfit(said, seen, 1)[0] == pytest.approx(1, abs=0.08)


def test_of_points_said_to_keep_eight_of_ten_eight_do() -> None:
    *known, new = trainings(4, unsure=0.03)
    said = stable_neighbours(known, 10)
    seen = np.mean([shared(each, new, 10) for each in known], axis=0)
    eight = np.abs(said - 0.8) < 0.05
    assert eight.sum() > 50
    assert seen[eight].mean() == pytest.approx(0.8, abs=0.03)


def test_trainings_that_agree_in_everything() -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    assert (stable_neighbours([points, 2 * points, points + 1], 5) == 1).all()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([np.zeros((9, 2))] * 2, "Got 2 trainings; expected at least 3"),
        ([np.zeros((9, 2)), np.zeros((8, 2)), np.zeros((9, 2))], r"shapes \(9, 2\), \(8, 2\)"),
        ([np.eye(9)] * 3, "k is 10; expected at most 8"),
    ],
)
def test_what_is_refused(given: list[np.ndarray], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        stable_neighbours(given, 10)
