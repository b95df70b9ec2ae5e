"""Factors of images stay with their images, whatever is done to a split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from siamese_lib.data.class_split import split_by_class
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.split import DataError, Split, joined
from siamese_lib.data.turned_classes import turned_classes
from siamese_lib.training.early_stopping import hold_out


def numbered(first: int, count: int) -> Split:
    """Images of which the first pixel is their number, and so is the factor."""
    numbers = np.arange(first, first + count)
    images = np.random.default_rng(first).integers(2, 256, (count, 8, 8, 1), np.uint8)
    images[:, 0, 0, 0] = numbers
    files = tuple(f"{number}.png" for number in numbers)
    return Split(images, numbers % 3, files, {"number": numbers})


def check(split: Split, corner: tuple[int, int] = (0, 0)) -> None:
    row, column = corner
    assert np.array_equal(split.images[:, row, column, 0], split.factors["number"])


DATA = Dataset(numbered(10, 30), numbered(100, 12), ("a", "b", "c"), "made here", "numbered")


def test_factors_follow_their_images():
    few = DATA.without(train=[3, 4], test=[0])
    held = split_by_class(DATA, ["b"])
    for split in (few.train, few.test, held.train, held.test, *hold_out(DATA.train, 0.3)):
        assert 0 < len(split.factors["number"]) == len(split)
        assert split.files == tuple(f"{n}.png" for n in split.factors["number"])
        check(split)
    turned = turned_classes(DATA.train)
    for turn, corner in enumerate([(0, 0), (7, 0), (7, 7), (0, 7)]):
        part = turned.rows(np.arange(len(turned)) // 30 == turn)
        assert np.array_equal(part.factors["number"], DATA.train.factors["number"])
        check(part, corner)


def test_rows_by_number_are_in_that_order():
    some = DATA.train.rows(np.array([7, 2, 7]))
    assert some.files == ("17.png", "12.png", "17.png")
    assert some.labels.tolist() == [17 % 3, 12 % 3, 17 % 3]
    check(some)


def test_files_and_factors_that_one_split_lacks_are_left_out():
    one, other = DATA.train, replace(DATA.test, files=None, factors={})
    assert joined([one, one]).files == (*(one.files or ()), *(one.files or ()))
    both = joined([one, other])
    assert (both.files, dict(both.factors), len(both)) == (None, {}, 42)
    assert np.array_equal(both.labels, np.concatenate([one.labels, other.labels]))


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({"pose": np.arange(29)}, r"factors\['pose'\]: found numbers of shape \(29,\)"),
        ({"pose": np.full(30, "left")}, r"factors\['pose'\]: got <U4"),
    ],
)
def test_factors_that_do_not_fit(factors, message):
    with pytest.raises(DataError, match=message):
        replace(DATA.train, factors=factors)
