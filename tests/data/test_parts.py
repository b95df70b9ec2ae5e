"""A part of the images stands for all of them, whatever their order."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.data.parts import evenly, is_fair, part_of

SORTED = {
    "equal": np.repeat(np.arange(5), 2_800),
    "many": np.repeat(np.arange(301), 97),
    "uneven": np.repeat([0, 1, 2, 3], [9_000, 900, 90, 9]),
    "tiny": np.repeat(np.arange(5_000), 3),
    "words": np.repeat(["ant", "bee", "cat"], 500),
}


def shares(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    classes, numbers = np.unique(labels, return_inverse=True)
    return np.bincount(numbers[rows], minlength=len(classes))


@pytest.mark.parametrize("name", SORTED)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_of_images_in_the_order_of_their_classes_some_of_each_are_drawn(
    name: str, share: float
) -> None:
    labels = SORTED[name]
    most = int(share * len(labels))
    part = part_of(labels, most)
    assert part.drawn
    assert len(part) == len(set(part.rows.tolist())) == most
    assert (np.diff(part.rows) > 0).all()
    sizes = shares(labels, np.arange(len(labels)))
    found = shares(labels, part.rows)
    if most >= len(sizes):
        assert (found >= np.minimum(sizes, min(8, most // len(sizes)))).all()
    large = sizes * share > 50
    assert np.abs(found[large] / (sizes[large] * share) - 1).max(initial=0) < 0.15
    again = part_of(labels, most)
    assert np.array_equal(part.rows, again.rows)
    assert not np.array_equal(part.rows, part_of(labels, most, seed=1).rows)


@pytest.mark.parametrize("classes", [2, 10, 300])
@pytest.mark.parametrize("order", ["shuffled", "in turns"])
def test_of_images_in_a_mixed_order_the_first_are_taken(classes: int, order: str) -> None:
    labels = np.arange(60_000) % classes
    if order == "shuffled":
        np.random.default_rng(0).shuffle(labels)
    for most in (100, 2_000, 10_000):
        part = part_of(labels, most)
        assert not part.drawn
        assert part.rows.tolist() == list(range(most))


def test_a_class_that_comes_last_is_not_lost() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 60_000)
    labels = np.concatenate([labels, np.full(70, 10)])
    assert shares(labels, part_of(labels, 10_000).rows)[10] >= 8


def test_a_period_of_the_order_is_no_trap() -> None:
    """Every third image of three classes in turns is of one class."""
    labels = np.arange(2_998) % 3
    every_third = np.linspace(0, 2_997, 1_000).astype(int)
    assert not is_fair(labels, every_third)


def test_all_images_and_none() -> None:
    labels = SORTED["words"]
    part = part_of(labels, 5_000)
    assert (len(part), part.drawn, part.words("images")) == (1_500, False, "1,500 images")
    assert part.taken(labels).base is not None  # not a copy
    assert evenly(labels, 1).size == 1
    assert evenly([], 4).size == len(part_of([], 4)) == 0


def test_words() -> None:
    assert part_of([0, 1] * 20, 10).words("images") == "the first 10 of 40 images"
    drawn = part_of(SORTED["equal"], 10_000).words("images")
    assert drawn == "10,000 of 14,000 images, drawn evenly over the classes"
