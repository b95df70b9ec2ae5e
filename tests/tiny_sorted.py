"""Data in the order of their classes, as `load_folder` gives them, that any tower tells apart."""

from __future__ import annotations

import numpy as np

import siamese_lib as sl


def greys(classes: int, each: int, *, shape: tuple[int, int, int] = (8, 8, 1)) -> sl.Split:
    """Images of one grey level, which is their class, class after class."""
    labels = np.repeat(np.arange(classes), each)
    levels = (10 + 240 * labels // classes).astype(np.uint8)
    return sl.Split(np.broadcast_to(levels[:, None, None, None], (len(levels), *shape)), labels)


def sorted_dataset(classes: int, train: int, test: int) -> sl.Dataset:
    names = tuple(f"class {number}" for number in range(classes))
    return sl.Dataset(greys(classes, train), greys(classes, test), names, "made here", "greys")


def untrained(dim: int = 2, frames: int = 1) -> sl.Run:
    """A run of a tower that tells greys apart without training."""
    tower = sl.conv_tower((8, 8, 1), dim, seed=0)
    kept = [np.stack([weight] * frames) for weight in tower.get_weights()]
    return sl.Run(tower, list(range(0, 10 * frames, 10)), kept)
