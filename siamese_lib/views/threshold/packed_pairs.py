"""All pairs of a threshold explorer as data, so that a page counts without a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_lib.views import wire
from siamese_lib.views.threshold.mistakes import JudgedPairs


def packed_pairs(pairs: JudgedPairs) -> dict[str, Any]:
    """Pack the pairs, their images and the words under these.

    Returns:
        ``different`` and ``same``: the pairs of both kinds, in the order of
        `JudgedPairs.different_first` and `JudgedPairs.same_first`. Both have ``distances``, float64
        (N,), and ``places``, uint32 (N, 2): where the two images stand in ``images``. ``numbers``:
        uint32 (M,), the images that are in a pair. ``images``: their pixels. ``words``: M words, or
        None.
    """
    numbers = np.unique([pairs.left, pairs.right])

    def kind(rows: np.ndarray) -> dict[str, bytes]:
        both = np.column_stack([pairs.left[rows], pairs.right[rows]])
        return {
            "distances": pairs.distances[rows].astype("<f8").tobytes(),
            "places": np.searchsorted(numbers, both).astype("<u4").tobytes(),
        }

    return {
        "different": kind(pairs.different_first),
        "same": kind(pairs.same_first),
        "numbers": numbers.astype("<u4").tobytes(),
        "images": wire.packed_images(pairs.images[numbers]),
        "words": None if pairs.words is None else [pairs.words[number] for number in numbers],
    }
