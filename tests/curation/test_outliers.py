"""Outliers: planted ones come first, and scores against a loop."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.curation import outliers


def slowly(points: np.ndarray, k: int) -> list[float]:
    """Compute each score from sorted distances."""
    mean, near = [], []
    for point in points:
        distances = np.sqrt(((points - point) ** 2).sum(axis=1))
        order = [place for place in np.argsort(distances, kind="stable") if distances[place] > 0]
        near.append(order[:k])
        mean.append(np.mean(distances[order[:k]]))
    return [mean[at] / np.mean([mean[other] for other in near[at]]) for at in range(len(points))]


@pytest.mark.parametrize("k", [1, 5])
def test_agrees_with_a_loop(k):
    points = np.random.default_rng(k).normal(size=(60, 3))
    found = outliers(points, np.arange(60) % 3, k=k, count=60)
    wanted = slowly(points, k)
    np.testing.assert_allclose(found.scores, sorted(wanted, reverse=True), rtol=1e-5)
    np.testing.assert_allclose(found.scores, np.array(wanted)[found.indices], rtol=1e-5)
    assert len(set(found.indices.tolist())) == 60
    np.testing.assert_array_equal(found.labels, found.indices % 3)


def test_images_of_no_class_come_first_whatever_the_density_of_the_classes():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 8)) * 10
    labels = np.arange(500) % 5
    points = (
        centres[labels] + rng.normal(size=(500, 8)) * np.array([0.1, 0.3, 1, 1, 2])[labels, None]
    )
    strange = centres[:1] + rng.normal(size=(5, 8)) * 4
    found = outliers(np.concatenate([points, strange]), count=5)
    assert set(found.indices.tolist()) == set(range(500, 505))


def test_copies_alone_are_no_outliers():
    assert outliers(np.ones((5, 2)), k=2).scores.tolist() == [1] * 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 5}, "k is 5; expected at most 4"),
        ({"count": 0}, "count is 0"),
        ({"labels": [1]}, "got 1 labels; expected 5"),
        ({"metric": "angle"}, "metric is 'angle'"),
    ],
)
def test_refuses_what_does_not_fit(options, words):
    with pytest.raises(ValueError, match=words):
        outliers(np.eye(5), **{"k": 2, **options})
