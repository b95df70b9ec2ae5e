"""The figures that the book quotes, against a slow loop over every distance."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from tiny_sorted import greys, sorted_dataset, untrained
from tiny_training import SHAPE, corners

import siamese_lib as sl
from siamese_lib.runs import evaluation


@pytest.fixture(scope="module")
def noise() -> sl.Dataset:
    """30 images of noise in three classes, so that the figures are neither 0 nor 1."""
    rng = np.random.default_rng(0)
    train, test = (
        sl.Split(rng.integers(0, 256, (n, *SHAPE), np.uint8), rng.integers(0, 3, n, np.int64))
        for n in (20, 10)
    )
    return sl.Dataset(train, test, ("a", "b", "c"), "made here", "noise")


@pytest.fixture(scope="module")
def run() -> sl.Run:
    towers = [sl.conv_tower(SHAPE, 2, seed=seed).get_weights() for seed in (0, 1)]
    frames = [np.stack(frames) for frames in zip(*towers, strict=True)]
    return sl.Run(sl.conv_tower(SHAPE, 2), [0, 10], frames)


def slowly(run: sl.Run, data: sl.Dataset, frame: int, gallery: int) -> tuple[float, float]:
    """Precision and accuracy by sorting all distances for each test image."""
    train = run.embed(data.train.images, frame)[:gallery].tolist()
    hits, right = [], []
    queries = run.embed(data.test.images, frame).tolist()
    for point, label in zip(queries, data.test.labels, strict=True):
        order = sorted(range(gallery), key=lambda i: math.dist(train[i], point))
        classes = [int(data.train.labels[i]) for i in order[:7]]
        hits += [cls == label for cls in classes]
        votes = Counter(classes)
        winners = [cls for cls in classes if votes[cls] == max(votes.values())]
        right.append(winners[0] == label)  # of classes with equal votes the one that is nearest
    return sum(hits) / len(hits), sum(right) / len(right)


@pytest.mark.parametrize("frame", [0, 1, -1])
def test_against_a_loop(run: sl.Run, noise: sl.Dataset, frame: int) -> None:
    found = sl.evaluate(run, noise, frame=frame)
    precision, accuracy = slowly(run, noise, frame, 20)
    assert 0.1 < precision < 0.9
    assert (found.precision, found.accuracy) == pytest.approx((precision, accuracy))
    assert (found.gallery, found.queries) == (20, 10)


def test_only_the_first_training_images_are_searched(
    run: sl.Run, noise: sl.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "GALLERY_IMAGES", 12)
    found = sl.evaluate(run, noise)
    precision, accuracy = slowly(run, noise, -1, 12)
    assert found.gallery == 12
    assert found.precision == pytest.approx(precision)
    assert found.accuracy == pytest.approx(accuracy)


def test_images_in_the_order_of_their_classes_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "GALLERY_IMAGES", 40)
    found = sl.evaluate(untrained(), sorted_dataset(5, 20, 3))
    assert (found.precision, found.accuracy, found.gallery) == (1, 1, 40)
    assert (found.ceiling, found.lacking, found.drawn_from) == (1, 0, 100)


def test_the_highest_precision_with_few_images_to_find() -> None:
    """Classes 0 and 1 have 3 and 9 training images, class 2 none."""
    train = greys(3, 9)
    kept = np.r_[0:3, 9:18]
    few = sl.Split(train.images[kept], train.labels[kept])
    data = sl.Dataset(few, greys(3, 4), ("a", "b", "c"), "made here", "few")
    found = sl.evaluate(untrained(), data)
    assert found.ceiling == pytest.approx((3 / 7 + 1 + 0) / 3)
    assert found.precision == pytest.approx(found.ceiling)
    assert found.lacking == 8
    assert "of at most 0.4762" in str(found)


def test_in_words() -> None:
    assert str(sl.Evaluation(0.98765, 0.9, 10_000, 1_000)) == (
        "precision@7 0.9877   kNN accuracy 0.9000   "
        "(1,000 test images, nearest 7 of the first 10,000 training images)"
    )


@pytest.mark.parametrize(("train", "test"), [(6, 5), (20, 0)])
def test_too_few_images(run: sl.Run, train: int, test: int) -> None:
    few = sl.Dataset(corners(train), corners(test), ("a", "b", "c", "d"), "made here", "few")
    with pytest.raises(ValueError, match=f"few has {train} training and {test} test images"):
        sl.evaluate(run, few)


def test_images_of_another_size(run: sl.Run) -> None:
    color = sl.Dataset(
        corners(20, channels=3), corners(5, channels=3), ("a", "b", "c", "d"), "made here", "color"
    )
    with pytest.raises(ValueError, match=r"shape \(20, 8, 8, 3\); expected \(N, 8, 8, 1\)"):
        sl.evaluate(run, color)
