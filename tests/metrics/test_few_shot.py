"""Few-shot accuracy against loops, and against all episodes that there are."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from siamese_lib.metrics import few_shot
from siamese_lib.metrics.few_shot import _accuracies, _distinct


def clouds(sizes: list[int], dim: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping classes of these sizes, in mixed order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return rng.normal(size=(len(sizes), dim))[labels] + rng.normal(size=(len(labels), dim)), labels


def slow_accuracy(examples: list[np.ndarray], queries: list[np.ndarray]) -> float:
    """The accuracy of one episode, with a list of examples and of queries for each class."""
    right = []
    for label, own in enumerate(queries):
        for query in own:
            far = [np.sqrt(((query - sum(e) / len(e)) ** 2).sum()) for e in examples]
            right.append(far.index(min(far)) == label)
    return sum(right) / len(right)


def expected(points: np.ndarray, labels: np.ndarray, ways: int, shots: int) -> float:
    """The mean over all sets of classes of the mean over their episodes, with one query a class."""
    means = []
    for classes in combinations(np.unique(labels), ways):
        choices = []
        for label in classes:
            own = np.flatnonzero(labels == label)
            sets = combinations(own, shots)
            choices.append([(some, query) for some in sets for query in own if query not in some])
        means.append(
            np.mean(
                [
                    slow_accuracy(
                        [points[list(e)] for e, _ in each], [points[[q]] for _, q in each]
                    )
                    for each in product(*choices)
                ]
            )
        )
    return float(np.mean(means))


@pytest.mark.parametrize(("shots", "queries", "ways"), [(1, 1, 5), (3, 2, 4), (2, 5, 2)])
def test_an_episode_is_judged_as_a_loop_judges_it(shots, queries, ways):
    points = np.random.default_rng(0).normal(size=(20, ways, shots + queries, 3))
    slow = [slow_accuracy([c[:shots] for c in e], [c[shots:] for c in e]) for e in points]
    np.testing.assert_allclose(_accuracies(points, shots), slow)
    assert len(set(slow)) > 2


@pytest.mark.parametrize(("ways", "shots"), [(2, 1), (3, 1), (2, 2)])
def test_the_mean_is_that_of_all_episodes(ways, shots):
    points, labels = clouds([3, 4, 3, 5])
    found = few_shot(points, labels, ways, shots, episodes=20_000)
    assert found.accuracy == pytest.approx(expected(points, labels, ways, shots), abs=0.01)
    assert found.accuracy == pytest.approx(found.per_episode.mean())
    assert found.per_episode.shape == (20_000,)


def test_numbers_are_different_and_equally_frequent():
    sizes = np.array([[4, 7], [5, 4]])
    drawn = np.stack([_distinct(sizes, 3, np.random.default_rng(seed)) for seed in range(4000)])
    assert drawn.shape == (4000, 2, 2, 3)
    for place in np.ndindex(2, 2):
        own = drawn[(slice(None), *place)]
        assert all(len({*row}) == 3 for row in own.tolist())
        for column in own.T:
            shares = np.bincount(column, minlength=sizes[place]) / len(own)
            np.testing.assert_allclose(shares, 1 / sizes[place], atol=0.03)


def test_the_interval_holds_the_mean_in_95_of_100_measurements():
    points, labels = clouds([6, 6, 6, 6])
    truth = few_shot(points, labels, 3, episodes=100_000).accuracy
    inside = []
    for seed in range(1, 301):
        low, high = few_shot(points, labels, 3, episodes=100, seed=seed).interval
        inside.append(low <= truth <= high)
    assert 0.92 <= np.mean(inside) <= 0.98


def test_labels_may_be_words_and_order_does_not_matter():
    points, labels = clouds([5, 6, 7])
    by_number = few_shot(points, labels, 3, episodes=50)
    by_name = few_shot(points, np.array(["ant", "bee", "cat"])[labels], 3, episodes=50)
    np.testing.assert_array_equal(by_number.per_episode, by_name.per_episode)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int64])
def test_other_numbers(kind):
    points, labels = clouds([5, 5, 5])
    points = np.rint(50 * points)
    found = few_shot(points.astype(kind), labels, 3, episodes=200)
    assert found.accuracy == few_shot(points, labels, 3, episodes=200).accuracy


def test_an_offset_that_all_share_changes_little():
    points, labels = clouds([9, 9, 9])
    near = few_shot(points.astype(np.float32), labels, 3, episodes=500)
    far = few_shot((points + 5000).astype(np.float32), labels, 3, episodes=500)
    assert far.accuracy == pytest.approx(near.accuracy, abs=0.01)


def test_points_that_coincide_are_told_apart_by_chance():
    found = few_shot(np.zeros((40, 2)), np.arange(40) % 4, 4, episodes=500)
    assert found.accuracy == pytest.approx(0.25, abs=0.01)


def test_a_seed_gives_the_same_episodes_for_any_embeddings():
    points, labels = clouds([9, 9, 9])
    first = few_shot(points, labels, 2, seed=3, episodes=1000)
    wide = np.pad(points, ((0, 0), (0, 4000)))  # so wide that few episodes are judged at a time
    again = few_shot(wide, labels, 2, seed=3, episodes=1000)
    np.testing.assert_array_equal(first.per_episode, again.per_episode)
    assert (first.per_episode != few_shot(points, labels, 2, seed=4).per_episode).any()


def test_in_words():
    points, labels = clouds([9, 9, 9])
    found = few_shot(points, labels, 3, 2, queries=4, episodes=1000)
    low, high = found.interval
    assert str(found) == (
        f"3-way 2-shot accuracy {found.accuracy:.3f} ({low:.3f} to {high:.3f}, 1,000 episodes)"
    )
    assert (found.ways, found.shots, found.queries) == (3, 2, 4)


POINTS, LABELS = np.arange(12.0).reshape(6, 2), [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ways": 3}, "labels have 2 classes; expected at least 3, the ways"),
        ({"shots": 2, "queries": 2}, "2 of 2 classes have fewer than 4 images, such as 0 with 3"),
        ({"shots": 1, "queries": 9}, "expected 10 in each, for 1 shots and 9 queries"),
        ({"ways": 1}, "ways is 1; expected a whole number, 2 or more"),
        ({"shots": 0}, "shots is 0"),
        ({"queries": 0}, "queries is 0"),
        ({"episodes": 1}, "episodes is 1; expected a whole number, 2 or more"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_episodes_that_cannot_be_drawn(arguments, words):
    with pytest.raises(ValueError, match=words):
        few_shot(POINTS, LABELS, **{"ways": 2, **arguments})


@pytest.mark.parametrize(
    ("points", "labels", "words"),
    [
        (POINTS[0], LABELS, r"embeddings: got float64 of shape \(2,\)"),
        (np.full((6, 2), np.nan), LABELS, "embeddings: got NaN"),
        (POINTS, LABELS[:5], "got 5 labels; expected 6"),
        (POINTS, [0, None, 0, 1, 1, 1], "missing"),
    ],
)
def test_what_is_no_embedding_or_label(points, labels, words):
    with pytest.raises(ValueError, match=words):
        few_shot(points, labels, 2)
