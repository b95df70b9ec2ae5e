"""Where to stop among suspect labels: what is planted says it, and real faults keep to it."""

from __future__ import annotations

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.curation import suspect_labels, where_to_stop


def clouds(count: int, width: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around the corners of 5 classes; the wider, the more classes overlap."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 5
    return np.eye(5)[labels] + width * rng.normal(size=(count, 5)), labels


def test_other_wrong_labels_are_found_above_the_score() -> None:
    """Other planted labels than those that chose the score: as many are caught as it says."""
    points, true = clouds(800, 0.4)
    rng = np.random.default_rng(9)
    wrong = rng.choice(800, 80, replace=False)
    labels = true.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, 5, 80)) % 5
    stop = where_to_stop(points, labels)
    found = suspect_labels(points, labels, count=800)
    listed = found.indices[found.scores >= stop.score]
    caught = np.isin(wrong, listed).mean()
    assert caught == pytest.approx(stop.caught / stop.planted, abs=0.12)
    assert caught > 0.6
    # The list is a small part of all images, and holds a larger share of wrong ones than the rest.
    assert len(listed) < 300
    rest = np.setdiff1d(np.arange(800), listed)
    assert np.isin(listed, wrong).mean() > 5 * np.isin(rest, wrong).mean()
    half = found.indices[found.scores >= stop.half]
    assert np.isin(wrong, half).mean() == pytest.approx(0.5, abs=0.15)
    assert stop.half >= stop.score


def test_it_lists_fewer_than_all_that_another_class_fits_better() -> None:
    points, labels = clouds(400, 0.7)
    found = suspect_labels(points, labels, count=400)
    stop = where_to_stop(points, labels)
    assert stop.score > 0.5
    assert (found.scores >= stop.score).sum() < 0.8 * (found.scores > 0.5).sum()


def test_without_faults_nothing_is_listed() -> None:
    points, labels = clouds(300, 0.05)
    stop = where_to_stop(points, labels)
    assert stop.caught == stop.planted == 60
    assert not (suspect_labels(points, labels).scores >= stop.score).any()


def test_a_seed_gives_the_same_again_and_labels_may_be_names() -> None:
    points, labels = clouds(100, 0.5)
    names = np.array(["ant", "bee", "cat", "dog", "elk"])[labels]
    assert where_to_stop(points, labels, seed=3) == where_to_stop([points], names, seed=3)
    assert where_to_stop(points, labels, seed=4) != where_to_stop(points, labels, seed=3)


def test_a_few_images_are_enough() -> None:
    stop = sl.curation.where_to_stop(np.arange(4.0)[:, None], [0, 0, 1, 1])
    assert stop.planted == 4


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 or more"):
        where_to_stop(np.zeros((9, 2)), np.zeros(9, int))


def test_the_votes_are_those_of_the_neighbours() -> None:
    points, labels = clouds(60, 0.6)
    found = suspect_labels([points, points[:, :2]], labels, k=7, count=60)
    assert found.votes is not None
    assert found.suggested is not None
    for place, row in enumerate(found.indices.tolist()):
        near = []
        for kind in (points, points[:, :2]):
            apart = np.linalg.norm(kind - kind[row], axis=1)
            apart[row] = np.inf
            near += labels[np.argsort(apart)[:7]].tolist()
        counts = [near.count(found.suggested[place]), near.count(labels[row]), 14]
        assert found.votes[place].tolist() == counts
    first = found.first(3).votes
    assert first is not None
    np.testing.assert_array_equal(first, found.votes[:3])
