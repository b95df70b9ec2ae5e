"""Slant, width and stroke, of figures whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest

import siamese_lib as sl

SIDE, FINE = 64, 8  # pixels of an image, and parts of a pixel along each side


def drawn(inside) -> np.ndarray:
    """An image (1, SIDE, SIDE) of the points of the plane for which `inside` is true."""
    y, x = (np.indices((SIDE * FINE, SIDE * FINE)) + 0.5) / FINE - SIDE / 2
    parts = inside(x, y).reshape(SIDE, FINE, SIDE, FINE)
    return parts.mean(axis=(1, 3))[None]


def slow_moments(image: np.ndarray) -> tuple[float, float]:
    """Slant and width by loops over pixels."""
    ink = [(x, y, image[y, x]) for y in range(SIDE) for x in range(SIDE)]
    weight = sum(each for _, _, each in ink)
    middle = [sum(at[axis] * at[2] for at in ink) / weight for axis in (0, 1)]
    xx, xy, yy = (
        sum((at[i] - middle[i]) * (at[j] - middle[j]) * at[2] for at in ink) / weight
        for i, j in ((0, 0), (0, 1), (1, 1))
    )
    return -np.degrees(np.arctan2(xy, yy)), 4 * np.sqrt(xx - xy**2 / yy)


@pytest.mark.parametrize("degrees", [-40, -10, 0, 25])
def test_a_sheared_bar_has_the_slant_of_its_shear(degrees):
    lean = np.tan(np.radians(degrees))
    bar = drawn(lambda x, y: (abs(x + lean * y) < 2) & (abs(y) < 20))
    found = sl.metrics.handwriting(bar)
    assert found.slant[0] == pytest.approx(degrees, abs=0.2)
    assert found.slant[0] == pytest.approx(slow_moments(bar[0])[0])
    assert found.width[0] == pytest.approx(slow_moments(bar[0])[1])


@pytest.mark.parametrize("lean", [0, 0.6])
def test_a_slanted_ellipse_is_as_wide_as_an_upright_one(lean):
    ellipse = drawn(lambda x, y: ((x + lean * y) / 9) ** 2 + (y / 14) ** 2 < 1)
    assert sl.metrics.handwriting(ellipse).width[0] == pytest.approx(18, abs=0.2)


@pytest.mark.parametrize("stroke", [2, 3, 3.5, 5])
@pytest.mark.parametrize("turned", [0, 30, 45])
def test_a_ring_has_the_stroke_that_it_was_drawn_with(stroke, turned):
    """A ring has no ends and all directions; a long bar has one direction."""
    ring = drawn(lambda x, y: abs(np.hypot(x, y) - 20) < stroke / 2)
    assert sl.metrics.handwriting(ring).stroke[0] == pytest.approx(stroke, rel=0.12)
    a = np.radians(turned)
    bar = drawn(lambda x, y: abs(x * np.cos(a) + y * np.sin(a)) < stroke / 2)
    assert sl.metrics.handwriting(bar).stroke[0] == pytest.approx(stroke, rel=0.12)


def test_brightness_and_place_do_not_matter():
    image = drawn(lambda x, y: (abs(x + 0.3 * y) < 3) & (abs(y) < 15))
    bright = np.rint(image * 200).astype(np.uint8)[..., None]
    shifted = sl.shifted(bright, 5, -3)
    for one, other in zip(
        sl.metrics.handwriting(bright), sl.metrics.handwriting(shifted), strict=True
    ):
        assert one == pytest.approx(other)
    for one, other in zip(
        sl.metrics.handwriting(bright), sl.metrics.handwriting(image * 7), strict=True
    ):
        assert one == pytest.approx(other, rel=0.01, abs=0.02)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.stack([np.eye(8), np.zeros((8, 8))]), "image 1 has no ink"),
        (255 - np.eye(8)[None], "invert"),
        (np.full((1, 8, 8), np.nan), "NaN"),
        (-np.eye(8)[None], "below 0"),
        (np.ones((1, 8, 8, 3)), "expected numbers of shape"),
        (np.ones((8, 8)), "expected numbers of shape"),
        (np.eye(8)[None, :1].repeat(2, 0), "single row"),
    ],
)
def test_what_is_no_handwriting_is_refused(images, words):
    with pytest.raises(ValueError, match=words):
        sl.metrics.handwriting(images)
