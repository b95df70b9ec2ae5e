"""Thresholds that are judged on other images than those that chose them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.metrics import decision, halves, rates

MEANS = 1.5 * np.random.default_rng(0).normal(size=(8, 4))


def clouds(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around 8 means, some of them far out, and their classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 8
    width = rng.gamma(2, 0.3, size=(count, 1))
    return MEANS[labels] + width * rng.normal(size=(count, 4)), labels


def distances_of(points: np.ndarray, labels: np.ndarray, metric: str) -> tuple[list, list]:
    """Return the distances of same and of different pairs, one after another."""
    near, far = [], []
    for i, j in itertools.combinations(range(len(points)), 2):
        a, b = points[i], points[j]
        if metric == "euclidean":
            apart = np.sqrt(((a - b) ** 2).sum())
        else:
            apart = 1 - a @ b / np.sqrt((a @ a) * (b @ b))
        (near if labels[i] == labels[j] else far).append(apart)
    return near, far


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_half_the_images_choose_and_the_other_half_judge(metric, rate):
    points, labels = clouds(120, 1)
    names = np.array([f"class {label}" for label in labels])
    found = sl.metrics.choose_threshold(points, names, false_accept=rate, metric=metric, seed=3)
    half = halves.half_of(labels, 3)
    assert half.sum() == 60
    assert (np.abs(np.bincount(labels[half]) - 7.5) <= 1).all()
    near, far = distances_of(points[half], labels[half], metric)
    too_many = sorted(far)[int(rate * len(far))]
    assert found.threshold == pytest.approx(max(d for d in near + far if d < too_many))
    near, far = distances_of(points[~half], labels[~half], metric)
    assert found.false_accept.value == pytest.approx(np.mean(np.array(far) <= found.threshold))
    assert found.true_accept.value == pytest.approx(np.mean(np.array(near) <= found.threshold))
    assert (found.false_accept.count, found.true_accept.count) == (len(far), len(near))
    assert f"{found.false_accept.value:.2%}" in str(found)


def test_the_intervals_hold_the_rates_of_other_images():
    points, labels = clouds(1600, 99)
    near, far = (
        np.concatenate(
            [
                distances[kind]
                for distances, same, two in decision._rows(points, labels)
                for kind in [(same if wanted else ~same) & two]
            ]
        )
        for wanted in (True, False)
    )
    held, naive = [], []
    for seed in range(40):
        found = sl.metrics.choose_threshold(*clouds(160, seed), false_accept=0.02, seed=seed)
        for rate, apart in ((found.false_accept, far), (found.true_accept, near)):
            held.append(rate.low <= (apart <= found.threshold).mean() <= rate.high)
        low, high = rates._wilson(found.false_accept.value, found.false_accept.count, 0.95)
        naive.append(low <= (far <= found.threshold).mean() <= high)
    assert 0.88 <= np.mean(held) <= 1
    assert np.mean(naive) < 0.8  # had the pairs been independent, it would be 0.95


def test_leaving_out_each_image_in_turn():
    rng = np.random.default_rng(0)
    accepted = np.triu(rng.random((30, 30)) < 0.2, 1)
    pairs = np.triu(rng.random((30, 30)) < 0.9, 1)
    accepted &= pairs
    accepted, pairs = accepted | accepted.T, pairs | pairs.T
    found = rates.rate_of_pairs(accepted.sum(axis=1), pairs.sum(axis=1), 0.9)
    without = []
    for image in range(30):
        kept = np.delete(np.arange(30), image)
        part = np.ix_(kept, kept)
        without.append(accepted[part].sum() / pairs[part].sum())
    value = accepted.sum() / pairs.sum()
    variance = 29 / 30 * sum((each - np.mean(without)) ** 2 for each in without)
    worth = min(value * (1 - value) / variance, pairs.sum() // 2)
    assert found.count == pairs.sum() // 2
    assert (found.value, found.low, found.high) == pytest.approx(
        (value, *rates._wilson(value, worth, 0.9))
    )


def test_wilsons_interval_holds_the_shares_that_the_count_does_not_reject():
    low, high = rates._wilson(0.1, 50, 0.95)
    for end in (low, high):
        assert abs(0.1 - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / 50))
    assert rates._wilson(0.0, 50, 0.95)[0] == 0
    assert rates._wilson(1.0, 50, 0.95)[1] == 1


def test_no_false_accept_is_not_a_rate_of_zero():
    found = rates.rate_of_pairs(np.zeros(40, int), np.full(40, 39), 0.95)
    assert (found.value, found.low, found.count) == (0, pytest.approx(0), 780)
    assert found.high == pytest.approx(rates._wilson(0.0, 20, 0.95)[1])


def test_of_many_images_some_are_drawn(monkeypatch):
    monkeypatch.setattr(decision, "_MOST", 80)
    points, labels = clouds(400, 0)
    found = sl.metrics.choose_threshold(points, np.sort(labels), false_accept=0.05)
    assert found.false_accept.count + found.true_accept.count == 40 * 39 // 2


# --- none of these classes ---


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_unknown_beyond_the_nearest_of_all_others(metric):
    points, labels = clouds(200, 2)
    found = sl.metrics.unknown_threshold(points, labels, refused=0.1, metric=metric, seed=1)
    nearest, strange = [], []
    for i in range(200):
        apart = [
            distances_of(points[[i, j]], np.zeros(2), metric)[0][0] if j != i else np.inf
            for j in range(200)
        ]
        nearest.append(min(apart))
        strange.append(min(np.array(apart)[labels != labels[i]]))
    half = halves.half_of(labels, 1)
    chosen = sorted(np.array(nearest)[half])
    assert found.threshold == pytest.approx(chosen[-11], rel=1e-5)  # 10 of 100 are beyond
    assert found.refused.value == np.mean(np.array(nearest)[~half] > found.threshold)
    assert found.caught.value == np.mean(np.array(strange) > found.threshold)
    assert (found.refused.count, found.caught.count) == (100, 200)
    assert 0 < found.refused.value < found.caught.value
    assert f"{found.caught.value:.2%}" in str(found)


def test_images_of_other_classes_are_caught():
    points, labels = clouds(200, 2)
    found = sl.metrics.unknown_threshold(points, labels, points[:50] + 40)
    assert (found.caught.value, found.caught.count) == (1, 50)
    same = sl.metrics.unknown_threshold(points, labels, points[:50])
    assert same.caught.value == 0


def test_more_images_are_searched_as_in_a_larger_set():
    points, labels = clouds(200, 2)
    other, kinds = clouds(300, 4)
    more: Any = {"gallery": other, "gallery_labels": kinds}
    found = sl.metrics.unknown_threshold(points, labels, refused=0.1, seed=1, **more)
    everything, everyone = np.concatenate([points, other]), np.concatenate([labels, kinds])
    apart = np.linalg.norm(points[:, None] - everything, axis=2)
    apart[np.arange(200), np.arange(200)] = np.inf
    nearest = apart.min(axis=1)
    strange = np.where(labels[:, None] == everyone, np.inf, apart).min(axis=1)
    half = halves.half_of(labels, 1)
    assert found.threshold == pytest.approx(np.sort(nearest[half])[-11], rel=1e-5)
    assert found.refused.value == np.mean(nearest[~half] > found.threshold)
    assert found.caught.value == np.mean(strange > found.threshold)
    alone = sl.metrics.unknown_threshold(points, labels, refused=0.1, seed=1)
    assert found.threshold < alone.threshold
    new = sl.metrics.unknown_threshold(points, labels, other[:50], **more)
    assert new.caught.value == 0  # they are in the gallery


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"gallery": np.ones((3, 4))}, "got one of them; expected both or none"),
        ({"gallery": np.ones((3, 2)), "gallery_labels": [0, 0, 1]}, "2 numbers .* have 4"),
        ({"gallery": np.ones((3, 4)), "gallery_labels": [0, 1]}, "labels"),
        ({"gallery": np.ones((3, 4)), "gallery_labels": ["0", "1", "1"]}, "integers for both"),
    ],
)
def test_a_gallery_that_does_not_fit_is_refused(more: Any, words: str):
    with pytest.raises(ValueError, match=words):
        sl.metrics.unknown_threshold(*clouds(200, 2), **more)


# --- what is refused ---


@pytest.mark.parametrize("choose", [sl.metrics.choose_threshold, sl.metrics.unknown_threshold])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"embeddings": np.zeros(5)}, "expected numbers of shape"),
        ({"labels": [0, 1]}, "got 2 labels; expected 160"),
        ({"labels": [0] * 160}, "got 1 class in 160 labels"),
        ({"confidence": 1}, "confidence is 1; expected"),
        ({"metric": "angle"}, "metric is 'angle'"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_refuses_what_does_not_fit(choose, change, words):
    points, labels = clouds(160, 0)
    with pytest.raises(ValueError, match=words):
        choose(**{"embeddings": points, "labels": labels, **change})


def test_refuses_a_rate_that_the_images_cannot_measure():
    points, labels = clouds(48, 0)  # 24 images in each half: 252 different pairs
    with pytest.raises(
        ValueError, match=r"false_accept is 0.0001, .* 252 different pairs, so 0.025"
    ):
        sl.metrics.choose_threshold(points, labels, false_accept=0.0001)
    with pytest.raises(ValueError, match=r"Give more images, or false_accept=0.02"):
        sl.metrics.choose_threshold(points, labels, false_accept=0.01)
    assert sl.metrics.choose_threshold(points, labels, false_accept=0.02).asked == 0.02
    for count in range(40, 60, 3):
        part = points[:count], labels[:count]
        with pytest.raises(decision.TooFewError) as caught:
            sl.metrics.choose_threshold(*part, false_accept=0.001)
        assert caught.value.least is not None
        sl.metrics.choose_threshold(*part, false_accept=caught.value.least)
        with pytest.raises(decision.TooFewError):
            sl.metrics.choose_threshold(*part, false_accept=0.9 * caught.value.least)
    with pytest.raises(decision.TooFewError, match=r"Give more images\.$"):
        sl.metrics.unknown_threshold(points[:8], labels[:8])  # a rate above 1 would be needed
    with pytest.raises(ValueError, match=r"refused is 0.05, .* 24 images, so 1.2"):
        sl.metrics.unknown_threshold(points, labels)
    for rate in (0, 1, np.nan):
        with pytest.raises(ValueError, match="expected a number above 0 and below 1"):
            sl.metrics.unknown_threshold(points, labels, refused=rate)
    with pytest.raises(ValueError, match="no class with 4 of the 8 images"):
        sl.metrics.choose_threshold(points[:8], labels[:8], false_accept=0.9)
