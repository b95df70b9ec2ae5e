"""Shifts, rotations and borders, pixel by pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from siamese_lib.data.shifts import padded, rotated, shifted

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


@pytest.mark.parametrize("shape", [(2, 5, 5, 1), (3, 6, 6, 3), (2, 4, 4)])
@pytest.mark.parametrize("quarters", range(-5, 6))
def test_a_rotation_by_quarters_of_a_circle_is_exact(shape, quarters):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(rotated(images, 90 * quarters), np.rot90(images, quarters, (1, 2)))


@pytest.mark.parametrize("degrees", [-130, -10, 0.5, 33, 45, 275])
def test_a_rotation_is_that_of_a_slow_loop(degrees):
    images = np.random.default_rng(1).random((2, 6, 9, 2))
    turned = rotated(images, degrees)
    angle = math.radians(degrees)
    for row in range(6):
        for column in range(9):
            up, right = 2.5 - row, column - 4
            # Clockwise again, to where the pixel was.
            from_right = right * math.cos(angle) + up * math.sin(angle)
            from_up = up * math.cos(angle) - right * math.sin(angle)
            expected = np.zeros((2, 2))
            for a in range(6):
                for b in range(9):
                    near = max(0, 1 - abs(2.5 - from_up - a)) * max(0, 1 - abs(4 + from_right - b))
                    expected += near * images[:, a, b]
            np.testing.assert_allclose(turned[:, row, column], expected, atol=1e-7)


def test_a_rotation_keeps_every_dtype_and_the_images():
    images = np.random.default_rng(2).integers(0, 2, (2, 7, 7))
    for dtype in (bool, np.uint8, np.int64, np.float32):
        given = images.astype(dtype)
        turned = rotated(given, 30)
        assert (turned.dtype, turned.shape) == (np.dtype(dtype), given.shape)
        assert np.array_equal(given, images.astype(dtype))
        assert np.array_equal(rotated(given, 0), given)
    assert np.array_equal(rotated(images.astype(bool), 30), rotated(images, 30) > 0)


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
        (lambda: rotated(np.zeros((4, 4)), 1), r"float64 of shape \(4, 4\).*image\[None\]"),
        (lambda: rotated(np.zeros((1, 4, 4)), math.nan), "degrees is nan; expected a finite"),
        (lambda: padded(np.zeros((1, 28, 30)), 29), "side is 29; expected at least 30"),
        (lambda: padded(np.zeros((1, 28, 30)), HALVES), "side is 1.5"),
    ],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(ValueError, match=message):
        call()
