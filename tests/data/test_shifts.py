"""Shifts and borders, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from siamese_lib.data.shifts import padded, shifted

HALVES: Any = 1.5


@pytest.mark.parametrize("shape", [(2, 5, 4, 1), (3, 4, 6, 3), (2, 5, 4)])
@pytest.mark.parametrize("right", [-9, -2, 0, 1, 4])
@pytest.mark.parametrize("down", [-5, -1, 0, 3])
def test_every_pixel_moves_and_black_comes_in(shape, right, down):
    images = np.random.default_rng(0).integers(1, 256, shape, np.uint8)
    moved = shifted(images, right, down)
    assert moved.dtype == np.uint8
    for row in range(shape[1]):
        for column in range(shape[2]):
            inside = 0 <= row - down < shape[1] and 0 <= column - right < shape[2]
            expected = images[:, row - down, column - right] if inside else 0
            assert np.array_equal(
                moved[:, row, column], np.broadcast_to(expected, moved[:, 0, 0].shape)
            )


def test_a_shift_within_the_border_loses_nothing_and_can_be_undone():
    wide = padded(np.random.default_rng(0).random((3, 20, 20, 1)), 32)
    for right in (-6, -3, 3, 6):
        assert np.array_equal(shifted(shifted(wide, right), -right), wide)


def test_padding_puts_images_in_the_middle():
    images = np.random.default_rng(0).integers(1, 256, (2, 28, 25, 3), np.uint8)
    wide = padded(images, 32)
    assert (wide.shape, wide.dtype) == ((2, 32, 32, 3), np.uint8)
    assert np.array_equal(wide[:, 2:30, 3:28], images)
    assert wide.astype(int).sum() == images.astype(int).sum()
    assert np.array_equal(padded(images[..., 0], 28)[..., 1:26], images[..., 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shifted(np.zeros((4, 4)), 1), r"float64 of shape \(4, 4\).*image\[None\]"),
        (lambda: shifted(np.zeros((1, 4, 4)), HALVES), "right is 1.5; expected a whole number"),
        (lambda: shifted(np.full((1, 4, 4), "x"), 1), "images: got <U1"),
        (lambda: padded(np.zeros((1, 28, 30)), 29), "side is 29; expected at least 30"),
        (lambda: padded(np.zeros((1, 28, 30)), HALVES), "side is 1.5"),
    ],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(ValueError, match=message):
        call()
