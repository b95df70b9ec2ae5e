"""Thresholds of a report: sentences that a reader can use, and advice that fits few images."""

from __future__ import annotations

import re
from types import SimpleNamespace
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
    # One more training image, so that the noise is another one.
    train = Split(images[[*range(count), 0]], labels[[*range(count), 0]])
    names = tuple(map(str, range(classes)))
    data = Dataset(train, Split(images, labels), names, "made here", "corners")
    return decide(cast("Any", Spread()), data, **options)


def test_the_sentences_begin_with_the_number_and_end_with_code() -> None:
    found = decided(200)
    assert found.same is not None
    assert found.unknown is not None
    same, use_same, unknown, use_unknown = found.lines("my 'photos'")
    near, far = f"{found.same.threshold:.4g}", f"{found.unknown.threshold:.4g}"
    rate = found.same.false_accept
    assert same.startswith(
        f"{near} is the distance for “same or different”. Up to this distance, call two pictures "
        f"the same class. Mistakes: {rate} of {rate.count:,} pairs of different classes are called "
        "the same. You asked for 1.00%. Found: "
    )
    assert unknown.startswith(
        f"{far} is the distance for “none of these classes”. If the nearest picture is farther "
        f"away, call a picture unknown. Mistakes: {found.unknown.refused} of "
    )
    for line in (same, unknown):
        assert max(len(each.split()) for each in re.split(r"[.:] ", line)) < 20
    answers = [[SimpleNamespace(distance=distance) for distance in (0.0, 99.0)]]
    collection = SimpleNamespace(nearest=lambda file: answers if file == "FILE" else None)
    load = {"my 'photos'": collection}.__getitem__
    names = {"sl": SimpleNamespace(Collection=SimpleNamespace(load=load))}
    assert eval(use_same.split("`")[1], names) == answers[0][:1]
    assert eval(use_unknown.split("`")[1], names) is False


class Shrunk(Spread):
    """Another run, which puts all at a tenth of the distances."""

    def embed_once(self, images: np.ndarray) -> np.ndarray:
        return super().embed_once(images) / 10

    embed = embed_once


def test_the_threshold_for_unknown_is_for_the_run_that_is_kept() -> None:
    """Another run measures what is caught of new classes; its distances are not those of ours."""
    alone = decided(200)
    labels = np.arange(200) % 4
    images = np.zeros((200, 8, 8, 1), np.uint8)
    images[:, 0, 0, 0] = labels
    old, new = (Split(images[each], labels[each]) for each in (labels < 3, labels == 3))
    split = Dataset(old, new, tuple("0123"), "made here", "corners")
    both = decided(200, new_classes=(cast("Any", Shrunk()), split))
    assert alone.unknown is not None
    assert both.unknown is not None
    assert alone.unknown.threshold > 0.1
    assert both.unknown.threshold == pytest.approx(alone.unknown.threshold, rel=0.3)
    assert both.unknown.caught.count == 50


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
