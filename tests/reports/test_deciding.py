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
        return 3 * np.eye(4)[images[:, 0, 0, 0] % 4] + rng.normal(size=(len(images), 4))


def decided(count: int, classes: int = 4, **options: Any) -> Decision:
    labels = np.arange(count) % classes
    images = np.zeros((count, 8, 8, 1), np.uint8)
    images[:, 0, 0, 0] = labels
    split = Split(images, labels)
    data = Dataset(split, split, tuple(map(str, range(classes))), "made here", "corners")
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
    ("count", "advice"),
    [
        (40, " Add pictures, or allow a false-accept share of 0.034 or more."),
        (16, " Add pictures."),
        (12, " Add pictures."),
    ],
)
def test_few_images_get_advice_that_fits(count: int, advice: str) -> None:
    found = decided(count)
    assert found.same is None
    assert found.missing[0] == (
        f"No threshold for “same or different”: {count} test images are too few to choose one and "
        f"to judge it.{advice}"
    )
    assert "=" not in "".join(found.missing)


@pytest.mark.parametrize("count", [3, 8])
def test_few_images_do_not_say_what_is_unknown(count: int) -> None:
    (unknown,) = [each for each in decided(count).missing if "none of these classes" in each]
    assert unknown == (
        f"No threshold for “none of these classes”: {count} test images are too few to choose one "
        "and to judge it. Add pictures."
    )


@pytest.mark.parametrize(("count", "classes"), [(6, 4), (400, 200)])
def test_classes_that_are_too_small_are_the_reason(count: int, classes: int) -> None:
    assert decided(count, classes).missing[0] == (
        "No threshold for “same or different” from the test images: labels: got no class with 4 of "
        f"the {count} images; expected one or more, so that each half of the images has a same "
        "pair. Give more images of a class."
    )


@pytest.mark.parametrize("count", [1, 8, 1000])
def test_a_single_class_is_the_reason(count: int) -> None:
    for reason in decided(count, 1).missing:
        assert reason.endswith(
            f"from the test images: labels: got 1 class in {count:,} labels; expected 2 or more. "
            "Give images of other classes too."
        )
    assert len(decided(count, 1).missing) == 2


def test_the_advice_holds() -> None:
    assert decided(40, false_accept=0.034).same is not None
    assert decided(40, false_accept=0.033).same is None
