"""Images that any recipe can learn to tell apart, for tests of trainings."""

from __future__ import annotations

import numpy as np

import siamese_lib as sl


def tiny_stripes() -> sl.Dataset:
    """80 and 40 images of 28 by 28 pixels, in four classes: where a bright stripe is."""
    return sl.Dataset(_stripes(80, 0), _stripes(40, 1), ("a", "b", "c", "d"), "made up", "stripes")


def _stripes(count: int, seed: int) -> sl.Split:
    labels = np.arange(count) % 4
    images = np.random.default_rng(seed).integers(0, 60, (count, 28, 28, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[6 * label + 2 : 6 * label + 6] += 150
    return sl.Split(images, labels)
