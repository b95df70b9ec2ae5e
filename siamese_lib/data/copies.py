"""Find images that are there several times, pixel for pixel: in a data set, or as a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.texts import printable

_NAMED = 5  # images that a sentence names
_SHOWN = 3  # images in two classes whose files it names


@dataclass(frozen=True, eq=False)
class Copies:
    """Copies that make measures look better or worse than they are.

    Attributes:
        in_both: bool (T,), for each test image whether a training image is identical.
        in_classes: number of different images that stand in two classes or more.
        named: files of up to three of these images, of each one in two classes; empty if the files
            are not known.
    """

    in_both: np.ndarray
    in_classes: int
    named: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.in_classes or self.in_both.any())

    def __str__(self) -> str:
        parts = []
        if self.in_classes:
            is_are = "image stands" if self.in_classes == 1 else "images stand"
            files = "; ".join(f"{printable(one)} and {printable(two)}" for one, two in self.named)
            files += "; …" if self.in_classes > len(self.named) > 0 else ""
            names = f" ({files})" if files else ""
            parts.append(f"{self.in_classes:,} {is_are} in more than one class{names}")
        if self.in_both.any():
            parts.append(
                f"{self.in_both.sum():,} of {len(self.in_both):,} test images are identical to a "
                "training image"
            )
        return ", and ".join(parts)


def find_copies(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    files: tuple[str, ...] = (),
) -> Copies:
    """Find images that stand in two classes, or in the training and the test part.

    Args:
        train: images (N, H, W, C) and labels (N,).
        test: images (T, H, W, C) and labels (T,).
        files: of all N + T images; empty if they are not known.
    """
    known, asked = fingerprints(train[0]), fingerprints(test[0])
    prints, labels = np.concatenate([known, asked]), np.concatenate([train[1], test[1]])
    pairs, rows = np.unique(np.stack([prints, labels.astype(np.uint64)]), axis=1, return_index=True)
    copied, classes = np.unique(pairs[0], return_counts=True)
    twice = copied[classes > 1]
    # Pairs are sorted, so the first two of an image are of two classes.
    places = [rows[pairs[0] == each][:2].tolist() for each in twice[:_SHOWN] if len(files)]
    named = tuple((files[one], files[two]) for one, two in places)
    return Copies(np.isin(asked, known), len(twice), named)


def same_images(queries: np.ndarray, known: np.ndarray) -> list[list[int]]:
    """Find the training images that are the queries themselves, which a search finds at distance 0.

    Args:
        queries: images (Q, H, W, C).
        known: `fingerprints` of the training images, (N,).

    Returns:
        For each query, the indices of the training images that are identical to it, ascending.
    """
    return [np.flatnonzero(known == query).tolist() for query in fingerprints(queries)]


def finds_itself(same: Sequence[int]) -> str:
    """Say which training images a query is identical to; "" if there are none."""
    if not same:
        return ""
    names = ", ".join(f"{index:,}" for index in same[:_NAMED])
    names += f" and {len(same) - _NAMED:,} more" if len(same) > _NAMED else ""
    image = "image" if len(same) == 1 else "images"
    return f"This picture itself is training {image} {names}, so it is found at distance 0."
