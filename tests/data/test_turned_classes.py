"""Turned classes against a loop, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import siamese_lib as sl


def split(side: int = 3, files: tuple[str, ...] | None = ("a.png", "b.png")) -> sl.Split:
    pixels = np.arange(2 * 3 * side * 2, dtype=np.uint8).reshape(2, 3, side, 2)
    return sl.Split(pixels, np.array([4, 1]), files)


@pytest.mark.parametrize("turns", [(1, 2, 3), (2,), (3, 1), ()])
def test_each_pixel_goes_where_a_quarter_turn_puts_it(turns):
    before = split()
    after = sl.turned_classes(before, turns)
    images, labels = [*before.images], [*before.labels]
    for turn in turns:
        for image, label in zip(before.images, before.labels, strict=True):
            turned = image
            for _ in range(turn):
                last = len(turned) - 1
                # Counterclockwise: the right column becomes the top row.
                turned = np.array(
                    [[turned[column, last - row] for column in range(3)] for row in range(3)]
                )
            images.append(turned)
            labels.append(label + 5 * turn)
    np.testing.assert_array_equal(after.images, images)
    np.testing.assert_array_equal(after.labels, labels)
    np.testing.assert_array_equal(after.labels % 5, [4, 1] * (1 + len(turns)))
    assert after.files == ("a.png", "b.png") * (1 + len(turns))


def test_the_result_is_a_copy():
    before = split(files=None)
    after = sl.turned_classes(before)
    after.images[:] = 0
    assert before.images.any()
    assert after.files is None


@pytest.mark.parametrize("turns", [(0,), (4,), (1, 1), (-1,)])
def test_turns_that_are_none_are_refused(turns):
    with pytest.raises(ValueError, match="turns"):
        sl.turned_classes(split(), turns)


def test_images_that_would_change_their_shape_are_refused():
    with pytest.raises(ValueError, match=r"3×4 pixels; expected square"):
        sl.turned_classes(split(4))


def test_no_images_are_refused():
    none = sl.Split(np.empty((0, 3, 3, 1), np.uint8), np.empty(0, np.int64))
    with pytest.raises(ValueError, match="no images"):
        sl.turned_classes(none)
