"""Classes that are held out are tested, and are not trained on."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.data.class_split import split_by_class
from siamese_lib.data.dataset import DataError, Dataset, Split

NAMES = ("ant", "bee", "cat", "dog", "elk")


def made(train: list[int], test: list[int]) -> Dataset:
    """A data set in which the first pixel of an image is its number, different for each."""
    numbers = np.arange(len(train) + len(test), dtype=np.uint8) + 2
    images = np.broadcast_to(numbers[:, None, None, None], (len(numbers), 4, 5, 1)).copy()
    labels, count = np.array(train + test), len(train)
    splits = Split(images[:count], labels[:count]), Split(images[count:], labels[count:])
    return Dataset(*splits, NAMES, "memory", "pets", ("x.txt: no picture",))


PETS = made([0, 0, 1, 1, 2, 2, 2, 3, 3], [0, 1, 2, 2, 3])  # no elk


def rows(split: Split) -> list[tuple[int, int]]:
    return list(zip(split.images[:, 0, 0, 0].tolist(), split.labels.tolist(), strict=True))


@pytest.mark.parametrize("names", [["cat"], ["dog", "ant"], ("bee",), np.array(["cat"])])
def test_images_go_where_a_loop_puts_them(names):
    found = split_by_class(PETS, names)
    wanted = {NAMES.index(name) for name in names}
    early, late = rows(PETS.train), rows(PETS.test)
    assert rows(found.train) == [row for row in early if row[1] not in wanted]
    assert rows(found.test) == [row for row in early + late if row[1] in wanted]
    assert (found.class_names, found.name, found.skipped) == (NAMES, "pets", PETS.skipped)
    assert found.source == f"memory ({len(names)} of 4 classes held out)"


def test_a_single_name_may_stand_alone():
    assert rows(split_by_class(PETS, "cat").test) == rows(split_by_class(PETS, ["cat"]).test)


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.25, 1), (0.5, 2), (0.4, 2)])
def test_a_share_is_of_the_classes_that_have_images(share, count):
    drawn = {tuple(np.unique(split_by_class(PETS, share, seed=s).test.labels)) for s in range(20)}
    assert {len(classes) for classes in drawn} == {count}
    assert {label for classes in drawn for label in classes} == {0, 1, 2, 3}
    first, again = (split_by_class(PETS, share, seed=7) for _ in range(2))
    assert rows(first.test) == rows(again.test)


def test_the_result_is_a_copy():
    found = split_by_class(PETS, ["cat"])
    found.train.images[:] = 0
    found.test.images[:] = 0
    assert PETS.train.images.min() == 2


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        (["cow", "cat"], r"found 'cow', unknown; expected names of its 4 classes .*'ant', 'bee'"),
        ([2], "found 2, unknown"),
        (["cat", "cat"], "found 'cat', named twice"),
        (["elk"], "found 'elk', without images"),
        ([f"cow {n}" for n in range(9)], "'cow 4' and 4 more, unknown"),
        ([], "found no class; expected at least one"),
        (["ant", "bee", "cat"], "found 3 classes, which leave 1 to train on; expected two"),
        (list(NAMES[:4]), "leave 0 to train on"),
        (0.9, "found 4 classes, which leave 0"),
        (0, "found a share of 0; expected a share above 0 and below 1"),
        (1.0, "found a share of 1"),
        (float("nan"), "found a share of nan"),
    ],
)
def test_what_cannot_be_held_out(held_out, words):
    with pytest.raises(DataError, match=f"pets, held_out: .*{words}"):
        split_by_class(PETS, held_out)


def test_a_seed_that_is_none():
    with pytest.raises(ValueError, match="seed is -1"):
        split_by_class(PETS, 0.5, seed=-1)


def test_a_class_without_training_images_does_not_count_as_trained():
    pets = made([0, 0, 1, 1], [2, 2, 3])
    with pytest.raises(DataError, match="leave 1 to train on"):
        split_by_class(pets, ["ant"])
    assert np.unique(split_by_class(pets, ["cat"]).train.labels).tolist() == [0, 1]
