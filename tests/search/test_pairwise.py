"""Squared distances of all pairs, against differences in long double."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.search.pairwise import Pairwise

RNG = np.random.default_rng(0)
VECTORS = {
    "normal": RNG.normal(size=(40, 6)),
    "far from 0": RNG.normal(size=(40, 6)) + 1e9,
    "one far away": np.concatenate([RNG.normal(size=(40, 6)), np.full((1, 6), 1e12)]),
    "two far groups": np.concatenate([RNG.normal(size=(20, 6)), RNG.normal(size=(20, 6)) + 1e11]),
    "near-copies": 5 + 1e-12 * RNG.normal(size=(40, 6)),
    "copies": np.repeat(RNG.normal(size=(4, 6)), 10, axis=0),
    "large": 1e29 * RNG.normal(size=(40, 6)),
    "small": 1e-30 * RNG.normal(size=(40, 6)),
}


@pytest.mark.parametrize("vectors", VECTORS.values(), ids=VECTORS)
def test_distances_keep_their_digits(vectors: np.ndarray) -> None:
    wide = vectors.astype(np.longdouble)
    expected = ((wide[:, None] - wide) ** 2).sum(axis=-1).astype(float)
    rows = np.array([7, 0, 39])
    found = Pairwise(vectors).from_rows(rows)
    # An offset of the median rounds each number once, by its own size.
    rounding = np.abs(vectors - np.median(vectors, axis=0)).max() * 1e-15
    np.testing.assert_allclose(np.sqrt(found), np.sqrt(expected[rows]), rtol=1e-6, atol=rounding)
    left, right = np.arange(39), np.arange(1, 40)
    pairs = Pairwise(vectors).of_pairs(left, right)
    np.testing.assert_allclose(np.sqrt(pairs), np.sqrt(expected[left, right]), atol=rounding)


def test_whole_numbers_are_exact() -> None:
    vectors = RNG.integers(0, 256, (60, 30)).astype(np.uint8)
    wide = vectors.astype(int)
    expected = ((wide[:, None] - wide) ** 2).sum(axis=-1)
    assert np.array_equal(Pairwise(vectors).from_rows(np.arange(60)), expected)
