"""Keep some pictures of a folder for testing, such that each picture decides its own side.

A picture's side is drawn by chance, from a hash of the seed and of its pixels. So it is the same
whatever the file is called, whichever other files and classes there are, in whatever order, and
at whatever size and in whatever colours the pictures are loaded. Adding or removing files moves no
other picture from one side to the other, with one exception: where the draw leaves a class without
a test picture, its picture with the lowest chance is one; and where it leaves a class too few
training pictures, those with the highest chance are. Too few is none; or of three different
pictures or more, one, as similar pairs need two.

Identical pictures are on one side, also where they stand in different classes. Which pictures are
identical is decided on `THUMBNAIL`s. So the same picture in another file format, with other
metadata or at another size, is nearly always on the same side as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.texts import listed

THUMBNAIL = (32, 32, 3)  # height, width and channels: what decides a picture's side


def test_side(
    pictures: np.ndarray, labels: np.ndarray, test_fraction: float, seed: int
) -> np.ndarray:
    """Choose the pictures to keep for testing.

    Args:
        pictures: uint64 (N,), fingerprints of their thumbnails.
        labels: int64 (N,).
        test_fraction: the probability that a picture is kept for testing.
        seed: chooses them.

    Returns:
        bool (N,), True for the test pictures.
    """
    distinct, which = np.unique(pictures, return_inverse=True)
    chances = np.array([_chance(int(picture), seed) for picture in distinct])
    drawn = chances < test_fraction
    classes = [np.unique(which[labels == label]) for label in np.unique(labels)]
    kept = drawn.copy()
    for members in classes:
        if len(members) > 1 and not drawn[members].any():
            kept[members[chances[members].argmin()]] = True
    final = kept.copy()
    for members in classes:
        by_chance = members[np.argsort(chances[members])]
        tested = by_chance[kept[by_chance]]
        lacking = (2 if len(members) > 2 else 1) - (len(members) - len(tested))
        if lacking > 0:
            final[tested[-lacking:]] = False
    return final[which]


def _chance(picture: int, seed: int) -> float:
    """Return a number from 0 to 1, equally distributed, for a fingerprint and a seed."""
    name = hashlib.blake2b(f"{seed} {picture}".encode(), digest_size=8)
    return int.from_bytes(name.digest(), "big") / 2**64


def notes(data: Dataset, *, drawn: bool) -> Iterator[str]:
    """Say what the pictures of a folder make of its split, without full stops.

    Args:
        data: the folder's images.
        drawn: whether `test_side` made the split; False if the folder has its own.
    """
    if data.copies:
        yield str(data.copies)
    if not drawn:
        return
    images, tests = (
        np.bincount(labels, minlength=len(data.class_names))
        for labels in (np.concatenate([data.train.labels, data.test.labels]), data.test.labels)
    )
    without = np.flatnonzero((images > 1) & (tests == 0))
    if without.size:
        names = listed([data.class_names[label] for label in without])
        yield (
            f"no image of {names} is kept for testing, as identical images are on one side of the "
            "split"
        )
