"""Thresholds of a report: sentences that a reader can use, and advice that fits few images."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from siamese_lib.data.dataset import Dataset, Split
from siamese_lib.reports.deciding import Decision, decide


class Spread:
    """A run that puts each class at a corner, with noise."""

    def embed_once(self, images: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(len(images))
        return 3 * np.eye(4)[images[:, 0, 0, 0]] + rng.normal(size=(len(images), 4))


def decided(count: int, classes: int = 4, **options: Any) -> Decision:
    labels = np.arange(count) % classes
    images = np.zeros((count, 8, 8, 1), np.uint8)
    images[:, 0, 0, 0] = labels
    split = Split(images, labels)
    data = Dataset(split, split, ("a", "b", "c", "d"), "made here", "corners")
    return decide(cast("Any", Spread()), data, **options)


def test_the_sentences_say_what_to_do_with_a_distance() -> None:
    found = decided(200)
    assert found.same is not None
    assert found.unknown is not None
    same, unknown = found.lines()
    rate = found.same.false_accept
    assert same.startswith(
        "Two images are called the same class if their distance is at most "
        f"{found.same.threshold:.4g}. Then {rate} of {rate.count:,} pairs of different classes are "
        "accepted by mistake (1.00% were asked for), and "
    )
    assert unknown.startswith(
        "An image is called unknown if its nearest image is farther than "
        f"{found.unknown.threshold:.4g}. Then {found.unknown.refused} of "
    )


@pytest.mark.parametrize(
    ("count", "classes", "advice"),
    [
        (40, 4, " Add pictures, or allow a false-accept share of 0.034 or more."),
        (12, 4, " Add pictures."),
        (6, 4, " Add pictures."),
        (3, 4, " Add pictures."),
        (8, 1, " Add pictures."),
        (1, 1, " Add pictures."),
    ],
)
def test_few_images_get_advice_that_fits(count: int, classes: int, advice: str) -> None:
    found = decided(count, classes)
    assert found.same is None
    same, *others = found.missing
    assert same == (
        f"No threshold for “same or different”: {count} test images are too few to choose one and "
        f"to judge it.{advice}"
    )
    if count < 40:
        (unknown,) = others
        assert unknown.startswith(f"No threshold for “none of these classes”: {count} test images")
        assert unknown.endswith(" Add pictures.")
    assert "=" not in "".join(found.missing)


def test_the_advice_holds() -> None:
    assert decided(40, false_accept=0.034).same is not None
    assert decided(40, false_accept=0.033).same is None
