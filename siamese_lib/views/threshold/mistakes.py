"""Count the pairs that a threshold judges wrongly, and find them.

Pairs are sorted and summed once. Each threshold then needs only two binary searches.
`ThresholdExplorer` shows what these functions return.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from siamese_lib.arrays import are_same, plain_array, real_array
from siamese_lib.images import png_uri, without_gray_axis
from siamese_lib.metrics.thresholds import Verification, verification
from siamese_lib.pixels import checked_images

ORDERS = ("nearest", "worst")
SHOWN = 12  # mistakes of each kind on the page
BINS = 64  # of each histogram
_CORNERS = 240  # points of the ROC curve on the page


@dataclass(frozen=True)
class Choice:
    """What the reader has set.

    Attributes:
        threshold: a distance; pairs up to this far apart are called same.
        order: which mistakes come first: the "nearest" to the threshold, which a slightly
            different threshold would avoid, or the "worst", farthest beyond it.
    """

    threshold: float
    order: str = "nearest"


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedPairs:
    """Pairs of images with their distances, sorted.

    Attributes:
        distances: float64 (N,).
        same: bool (N,).
        left, right: int64 (N,), numbers of images.
        images: uint8 (M, H, W, 1 or 3).
        words: a word for each image, such as its label, (M,); or None.
        verification: how well each threshold does on these pairs.
    """

    distances: np.ndarray
    same: np.ndarray
    left: np.ndarray
    right: np.ndarray
    images: np.ndarray
    words: Sequence[str] | None
    verification: Verification

    @property
    def limit(self) -> float:
        """The largest distance, at which every pair is called same."""
        return float(self.verification.thresholds[-1])

    @cached_property
    def different_first(self) -> np.ndarray:
        """Rows of different pairs, nearest first; n false accepts are the first n, worst first."""
        rows = np.flatnonzero(~self.same)
        return rows[self.distances[rows].argsort(kind="stable")]

    @cached_property
    def same_first(self) -> np.ndarray:
        """Rows of same pairs, farthest first; n false rejects are the first n, worst first."""
        rows = np.flatnonzero(self.same)
        return rows[(-self.distances[rows]).argsort(kind="stable")]

    @cached_property
    def equal_error(self) -> float:
        """The threshold where the rates of both mistakes differ least."""
        v = self.verification
        return float(v.thresholds[np.abs(v.fpr - (1 - v.tpr)).argmin()])

    @cached_property
    def pictures(self) -> dict[int, str]:
        """PNGs made so far, as data URIs by the number of the image."""
        return {}


def judged(
    distances: np.ndarray,
    same: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    images: np.ndarray,
    words: Sequence[str] | None,
) -> JudgedPairs:
    """Check and sort pairs, once for all thresholds.

    Args:
        distances: real numbers (N,), 0 or more.
        same: bool or numbers (N,), 1 = same class and 0 = different, some of each.
        left: int (N,), number of the first image of each pair.
        right: int (N,), number of the second image.
        images: uint8 (M, H, W), (M, H, W, 1) or (M, H, W, 3).
        words: a word for each image, (M,), or None.

    Raises:
        ValueError: as in `siamese_lib.metrics.thresholds`; or a distance is below 0, all are 0, or
            numbers of images or words do not fit the images.
    """
    measured = verification(distances, same)
    distances, same = real_array("distances", distances).astype(np.float64), are_same(same)
    if distances.min() < 0 or not distances.max() > 0:
        raise ValueError(
            f"distances: got {distances.min():g} to {distances.max():g}; expected 0 or more, and "
            "at least one above 0."
        )
    images = checked_images(images)
    sides = {"left": plain_array("left", left), "right": plain_array("right", right)}
    for name, side in sides.items():
        if side.shape != distances.shape or side.dtype.kind not in "iu":
            raise ValueError(
                f"{name}: got {side.dtype} of shape {side.shape}; expected the number of an image "
                f"for each of {len(distances):,} pairs."
            )
        if side.min() < 0 or side.max() >= len(images):
            raise ValueError(
                f"{name}: got {side.min()} to {side.max()}; expected numbers from 0 to "
                f"{len(images) - 1:,}, as there are {len(images):,} images."
            )
    if words is not None and len(words) != len(images):
        raise ValueError(
            f"labels: got {len(words):,}; expected one for each of {len(images):,} images."
        )
    return JudgedPairs(
        distances=distances,
        same=same,
        left=sides["left"],
        right=sides["right"],
        images=images,
        words=words,
        verification=measured,
    )


def moved(pairs: JudgedPairs, choice: Choice, threshold: float) -> Choice:
    """Return the choice with another threshold.

    Raises:
        ValueError: the threshold is not from 0 to the largest distance.
    """
    if not 0 <= threshold <= pairs.limit:
        raise ValueError(
            f"threshold is {threshold}; expected 0 to {pairs.limit:g}, the largest distance."
        )
    return replace(choice, threshold=float(threshold))


def sorted_by(choice: Choice, order: str) -> Choice:
    """Return the choice with another order of the mistakes.

    Raises:
        ValueError: the order is not one of `ORDERS`.
    """
    if order not in ORDERS:
        raise ValueError(f"order is {order!r}; expected {' or '.join(map(repr, ORDERS))}.")
    return replace(choice, order=order)


def chart(pairs: JudgedPairs) -> dict[str, Any]:
    """Return what does not depend on the threshold, for JSON.

    Returns:
        ``limit``, ``best`` and ``equal``: the largest distance, the threshold of the best accuracy
        and that of equal error rates. ``bars``: shares of the ``same`` and of the ``different``
        pairs in `BINS` equal intervals of distance. ``roc``: ``fpr``, ``tpr`` and ``thresholds``,
        for as many points as the eye can tell apart. ``auc``, ``eer``, ``positives`` and
        ``negatives``: as in `Verification`. ``shown``: how many mistakes of each kind are listed.
        ``digits``: decimals of a distance.
    """
    v = pairs.verification
    edges = np.linspace(0, pairs.limit, BINS + 1)
    kinds = {"same": pairs.same, "different": ~pairs.same}
    counts = {name: np.histogram(pairs.distances[own], edges)[0] for name, own in kinds.items()}
    along = np.sqrt(v.fpr) + 1 - np.sqrt(1 - v.tpr)  # length of the curve as the page draws it
    corners = np.unique(np.searchsorted(along, np.linspace(0, along[-1], _CORNERS)))
    return {
        "limit": pairs.limit,
        "best": max(v.best_threshold, 0.0),
        "equal": max(pairs.equal_error, 0.0),
        "bars": {name: (c / c.sum()).round(6).tolist() for name, c in counts.items()},
        "roc": {
            "fpr": v.fpr[corners].round(6).tolist(),
            "tpr": v.tpr[corners].round(6).tolist(),
            "thresholds": np.maximum(v.thresholds[corners], 0).tolist(),
        },
        "auc": v.auc,
        "eer": v.eer,
        "positives": v.positives,
        "negatives": v.negatives,
        "shown": SHOWN,
        "digits": digits_up_to(pairs.limit),
    }


def counts(pairs: JudgedPairs, choice: Choice) -> dict[str, float]:
    """Count both kinds of mistakes at the threshold, for JSON: the fields of `AtThreshold`."""
    return dict(vars(pairs.verification.at(choice.threshold)))


def mistakes(pairs: JudgedPairs, choice: Choice) -> dict[str, list[dict[str, Any]]]:
    """List the first `SHOWN` mistakes of each kind, for JSON.

    Returns:
        ``accepts``, different pairs that are called same, and ``rejects``, same pairs that are
        called different. Both are lists of pairs. A pair has the numbers of its two ``images``, its
        ``distance``, and the ``words`` and ``pictures`` (data URIs) of both images.
    """
    at = pairs.verification.at(choice.threshold)
    ranked = {
        "accepts": pairs.different_first[: at.false_accepts],
        "rejects": pairs.same_first[: at.false_rejects],
    }
    if choice.order == "nearest":
        ranked = {kind: rows[::-1] for kind, rows in ranked.items()}
    return {kind: [_card(pairs, int(row)) for row in rows[:SHOWN]] for kind, rows in ranked.items()}


def listed(pairs: JudgedPairs, choice: Choice) -> list[dict[str, Any]]:
    """List every mistake at the threshold, without pictures, as rows of a table.

    Returns:
        A row for each mistake, false accepts before false rejects, and the worst of each kind
        first. A row has ``kind``, ``left`` and ``right`` (numbers of images), ``left_label`` and
        ``right_label`` if there are labels, and ``distance``.
    """
    at = pairs.verification.at(choice.threshold)
    kinds = {
        "false accept": pairs.different_first[: at.false_accepts],
        "false reject": pairs.same_first[: at.false_rejects],
    }
    rows = []
    for kind, found in kinds.items():
        for row in found.tolist():
            left, right = int(pairs.left[row]), int(pairs.right[row])
            entry: dict[str, Any] = {"kind": kind, "left": left, "right": right}
            if pairs.words is not None:
                entry |= {"left_label": pairs.words[left], "right_label": pairs.words[right]}
            rows.append(entry | {"distance": float(pairs.distances[row])})
    return rows


def digits_up_to(limit: float) -> int:
    """Return how many decimals give the largest distance three significant digits."""
    return max(0, 2 - math.floor(math.log10(limit)))


def _card(pairs: JudgedPairs, row: int) -> dict[str, Any]:
    both = [int(pairs.left[row]), int(pairs.right[row])]
    return {
        "images": both,
        "distance": float(pairs.distances[row]),
        "words": None if pairs.words is None else [pairs.words[image] for image in both],
        "pictures": [_picture(pairs, image) for image in both],
    }


def _picture(pairs: JudgedPairs, number: int) -> str:
    if number not in pairs.pictures:
        image = pairs.images[number]
        pairs.pictures[number] = png_uri(without_gray_axis(image))
    return pairs.pictures[number]
