"""Features that nobody has trained, against loops over pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from siamese_lib.curation.looks import looks

RNG = np.random.default_rng(0)
SMALL = RNG.integers(0, 256, (3, 32, 32, 3), np.uint8)  # of the size that is looked at


def test_colours_count_pixels():
    colours = looks(SMALL)["colours"]
    for picture, found in zip(SMALL, colours, strict=True):
        counts = np.zeros(64)
        for red, green, blue in picture.reshape(-1, 3).tolist():
            counts[red // 64 + green // 64 * 4 + blue // 64 * 16] += 1
        np.testing.assert_allclose(found, np.sqrt(counts / 1024), rtol=1e-6)


def test_grays_count_pixels():
    grays = looks(SMALL[..., 0])["colours"]
    counts = np.bincount(SMALL[1, ..., 0].ravel() // 16, minlength=16)
    np.testing.assert_allclose(grays[1], np.sqrt(counts / 1024), rtol=1e-6)


def test_edges_count_directions_in_cells():
    edges = looks(SMALL)["edges"]
    gray = SMALL[2].astype(float).mean(axis=-1)
    down, across = np.gradient(gray)
    counts = np.zeros((8, 8, 8))
    for y in range(32):
        for x in range(32):
            angle = math.atan2(down[y, x], across[y, x]) % math.pi * 8 / math.pi
            upper = angle - math.floor(angle)
            strength = math.hypot(down[y, x], across[y, x])
            counts[y // 4, x // 4, int(angle) % 8] += strength * (1 - upper)
            counts[y // 4, x // 4, (int(angle) + 1) % 8] += strength * upper
    wanted = np.sqrt(counts / counts.sum()).ravel()
    np.testing.assert_allclose(edges[2], wanted, atol=1e-4)


def test_shapes_ignore_brightness_and_contrast():
    dim = (SMALL // 4 * 2 + 40).astype(np.uint8)
    bright, dark = looks(SMALL // 4 * 4)["shapes"], looks(dim)["shapes"]
    np.testing.assert_allclose(bright, dark, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(bright, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("shape", [(5, 28, 28), (5, 100, 30, 3), (5, 1, 1, 1)])
def test_images_of_any_size(shape):
    found = looks(RNG.integers(0, 256, shape, np.uint8))
    for array in found.values():
        assert array.dtype == np.float32
        assert len(array) == 5
        assert np.isfinite(array).all()


def test_a_block_of_images_at_a_time(monkeypatch):
    whole = looks(SMALL)
    monkeypatch.setattr("siamese_lib.search.vectors._BLOCK_BYTES", 1)
    for name, array in looks(SMALL).items():
        np.testing.assert_array_equal(array, whole[name])


def test_refuses_no_images():
    with pytest.raises(ValueError, match="at least one image"):
        looks(np.zeros((0, 8, 8), np.uint8))
