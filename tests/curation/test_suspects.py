"""Suspect labels: planted ones come first, and scores against loops over votes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from siamese_lib.curation import suspect_labels, votes

CLASSES = np.array(["elk", "owl", "seal"])


def clouds(count: int, seed: int, width: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around the centre of each class, and the classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return np.eye(3)[labels] + width * rng.normal(size=(count, 3)), labels


def slowly(kinds: list[np.ndarray], labels: list[str], k: int) -> dict[int, tuple[float, str]]:
    """Return for each image the score and the class suggested, by counting votes."""
    shares, right = [], []
    sizes = {each: labels.count(each) for each in sorted(set(labels))}  # of a tie, the first wins
    for points in kinds:
        rows = []
        for at, point in enumerate(points):
            distances = np.sqrt(((points - point) ** 2).sum(axis=1))
            distances[at] = np.inf
            votes = Counter(labels[near] for near in np.argsort(distances, kind="stable")[:k])
            rows.append({c: (votes[c] + 8 / len(sizes)) / (k + 8) for c in sizes})
        shares.append(rows)
        hits = [max(row, key=row.__getitem__) == labels[at] for at, row in enumerate(rows)]
        right.append(np.mean(hits) - max(sizes.values()) / len(labels))
    result = {}
    for at, own in enumerate(labels):
        fit = dict.fromkeys(sizes, 1.0)
        for rows, skill in zip(shares, right, strict=True):
            for each in fit:
                fit[each] *= rows[at][each] ** (max(skill, 0) / max(right))
        best = max((each for each in fit if each != own), key=fit.__getitem__)
        result[at] = fit[best] / (fit[best] + fit[own]), best
    return result


@pytest.mark.parametrize("k", [4, 20])
def test_agrees_with_loops_over_votes(k):
    kinds = [clouds(90, seed)[0] for seed in (0, 1)]
    labels = CLASSES[clouds(90, 0)[1]]
    labels[:6] = np.roll(labels[:6], 1)
    found = suspect_labels(kinds, labels, k=k, count=90)
    wanted = slowly(kinds, labels.tolist(), k)
    np.testing.assert_allclose(found.scores, [wanted[at][0] for at in found.indices.tolist()])
    assert sorted(found.indices.tolist()) == list(range(90))
    assert (np.diff(found.scores) <= 0).all()
    np.testing.assert_array_equal(found.labels, labels[found.indices])
    assert found.suggested is not None
    sure = [wanted[at][1] == each for at, each in zip(found.indices, found.suggested, strict=True)]
    assert np.mean(sure[:10]) == 1


def test_images_of_a_small_class_are_no_more_suspect_than_others():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(203, 2)) + 50 * np.repeat([[0], [1]], [100, 103], axis=0)
    labels = np.repeat(["many", "much", "few"], [100, 100, 3])
    labels[0] = "much"  # its neighbours vote as those of the few do: none for its own class
    found = suspect_labels(points, labels, count=4)
    assert set(found.indices.tolist()) == {0, 200, 201, 202}
    assert found.scores == pytest.approx(found.scores[0], rel=0.05)


def test_planted_labels_come_first_and_two_kinds_find_more_than_one():
    found = []
    for seed in range(3):
        kinds = [clouds(300, 10 * seed + part, 0.55)[0] for part in (0, 1)]
        true = clouds(300, 0)[1]
        labels = true.copy()
        wrong = np.random.default_rng(seed).choice(300, 15, replace=False)
        labels[wrong] = (labels[wrong] + 1) % 3
        both, one = (suspect_labels(each, labels, count=15) for each in (kinds, kinds[0]))
        found.append([np.isin(each.indices, wrong).sum() for each in (both, one)])
        hit = np.isin(both.indices, wrong)
        assert both.suggested is not None
        assert (both.suggested[hit] == true[both.indices[hit]]).mean() > 0.9
    both, one = np.sum(found, axis=0)
    assert both > one
    assert both >= 36


def test_a_kind_that_says_nothing_does_not_matter():
    good, labels = clouds(300, 0, 0.5)
    noise = np.random.default_rng(1).normal(size=(300, 4))
    labels[:10] = (labels[:10] + 1) % 3
    alone = suspect_labels(good, labels, count=10)
    joined = suspect_labels([good, noise], labels, count=10)
    assert len(set(alone.indices.tolist()) & set(joined.indices.tolist())) >= 9
    assert len(suspect_labels(np.zeros((9, 2)), np.arange(9) % 3)) == 9  # no kind says anything


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_of_wide_features_the_principal_components_are_compared(metric):
    rng = np.random.default_rng(0)
    wide = 1 + rng.normal(size=(300, 40)) @ rng.normal(size=(40, 200))  # they vary in 40 directions
    compact = votes._compact(wide, metric)
    assert compact.shape == (300, 64)
    if metric == "cosine":
        wide = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    _, _, rows = np.linalg.svd(wide - wide.mean(axis=0), full_matrices=False)
    slowly = (wide - wide.mean(axis=0)) @ rows[:40].T
    for pair in rng.integers(300, size=(50, 2)):
        apart = [np.linalg.norm(np.subtract(*each[pair])) for each in (compact, slowly)]
        assert apart[0] == pytest.approx(apart[1], rel=0.01)
    np.testing.assert_array_equal(votes._compact(np.eye(80), "euclidean"), np.eye(80))


@pytest.mark.parametrize(
    ("features", "options", "words"),
    [
        ([np.eye(4), np.eye(5)], {}, "features have 4, 5 rows"),
        (np.eye(4), {"labels": [0, 1]}, "got 2 labels; expected 4"),
        (np.eye(4), {"labels": [0] * 4}, "got 1 class in 4 labels"),
        (np.full((4, 2), np.nan), {}, "NaN"),
        (np.eye(4), {"k": 0}, "k is 0"),
        (np.eye(4), {"metric": "angle"}, "metric is 'angle'"),
        (np.eye(4), {"count": 0}, "count is 0"),
        (np.eye(1), {"labels": [0]}, "at least 2 images"),
    ],
)
def test_refuses_what_does_not_fit(features, options, words):
    with pytest.raises(ValueError, match=words):
        suspect_labels(features, **{"labels": [0, 1, 0, 1], **options})
