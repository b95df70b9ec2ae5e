"""Pairs judged by a threshold that moves: what is counted, and which pairs it gets wrong.

Everything that can be sorted or summed is, once; a threshold then costs two binary searches.
`ThresholdExplorer` shows what these functions return, and does nothing else with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from siamese_lib.images import checked_images, png_uri
from siamese_lib.metrics.thresholds import Verification, verification

ORDERS = ("nearest", "worst")
SHOWN = 12  # mistakes of each kind on the page
BINS = 64
_CORNERS = 240  # of the drawn curve


@dataclass(frozen=True)
class Choice:
    """What the reader has set.

    Attributes:
        threshold: a distance; pairs at most so far apart are called same.
        order: which mistakes come first: those "nearest" to the threshold, which a small step
            would put right, or the "worst", farthest beyond it.
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
        words: a word for each image, such as its label; (M,) or None.
        verification: of the distances.
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
        """Different pairs, the nearest first: the first n are the false accepts, worst first."""
        rows = np.flatnonzero(~self.same)
        return rows[self.distances[rows].argsort(kind="stable")]

    @cached_property
    def same_first(self) -> np.ndarray:
        """Same pairs, the farthest first: the first n are the false rejects, worst first."""
        rows = np.flatnonzero(self.same)
        return rows[(-self.distances[rows]).argsort(kind="stable")]

    @cached_property
    def equal_error(self) -> float:
        """The threshold where the rates of both mistakes differ least."""
        v = self.verification
        return float(v.thresholds[np.abs(v.fpr - (1 - v.tpr)).argmin()])

    @cached_property
    def pictures(self) -> dict[int, str]:
        """PNGs made so far, by the number of the image."""
        return {}


def judged(
    distances: np.ndarray,
    same: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    images: np.ndarray,
    words: Sequence[str] | None,
) -> JudgedPairs:
    """Sort pairs for all thresholds.

    Raises:
        ValueError: as `siamese_lib.metrics.thresholds`; distances below 0, all of them 0, or
            numbers of images and words that do not fit.
    """
    measured = verification(distances, same)
    distances = np.asarray(distances, dtype=np.float64)
    if distances.min() < 0 or not distances.max() > 0:
        raise ValueError(
            f"distances must be 0 or more, and one above 0, got {distances.min():g} to "
            f"{distances.max():g}."
        )
    images = checked_images(images)
    sides = {"left": np.asarray(left), "right": np.asarray(right)}
    for name, side in sides.items():
        if side.shape != distances.shape or side.dtype.kind not in "iu":
            raise ValueError(
                f"{name} must be the number of an image for each of {len(distances):,} pairs, got "
                f"{side.dtype} of shape {side.shape}."
            )
        if side.min() < 0 or side.max() >= len(images):
            raise ValueError(
                f"{name} must be from 0 to {len(images) - 1:,}, as there are {len(images):,} "
                f"images; got {side.min()} to {side.max()}."
            )
    if words is not None and len(words) != len(images):
        raise ValueError(f"labels must be one for each of {len(images):,} images, got {len(words)}")
    return JudgedPairs(
        distances=distances,
        same=np.asarray(same).astype(bool),
        left=sides["left"],
        right=sides["right"],
        images=images,
        words=words,
        verification=measured,
    )


def moved(pairs: JudgedPairs, choice: Choice, threshold: float) -> Choice:
    """Set the threshold.

    Raises:
        ValueError: it is not from 0 to the largest distance.
    """
    if not 0 <= threshold <= pairs.limit:
        raise ValueError(
            f"threshold must be from 0 to the largest distance, {pairs.limit:g}; got {threshold}."
        )
    return replace(choice, threshold=float(threshold))


def sorted_by(choice: Choice, order: str) -> Choice:
    """Set which mistakes come first.

    Raises:
        ValueError: it is not one of `ORDERS`.
    """
    if order not in ORDERS:
        raise ValueError(f"order must be one of {ORDERS}, got {order!r}.")
    return replace(choice, order=order)


def chart(pairs: JudgedPairs) -> dict[str, Any]:
    """Say what stays when the threshold moves, in JSON.

    Returns:
        ``limit``, ``best`` and ``equal``: the largest distance, the threshold of best accuracy and
        that of equal errors. ``bars``: shares of the ``same`` and the ``different`` pairs in
        `BINS` equal steps of distance. ``roc``: ``fpr``, ``tpr`` and their thresholds, as
        many as the eye can tell apart. ``auc``, ``eer``, ``positives``, ``negatives``.
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
    }


def counts(pairs: JudgedPairs, choice: Choice) -> dict[str, float]:
    """Count both mistakes at the threshold, in JSON: the fields of `metrics.AtThreshold`."""
    return dict(vars(pairs.verification.at(choice.threshold)))


def mistakes(pairs: JudgedPairs, choice: Choice) -> dict[str, list[dict[str, Any]]]:
    """List the first `SHOWN` mistakes of either kind, in JSON.

    Returns:
        ``accepts``, different pairs called same, and ``rejects``, same pairs called different.
        Each is a list of pairs: the two numbers of its ``images``, its ``distance``, and the
        ``words`` and ``pictures`` (data URIs) of both images.
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
    """List every mistake at the threshold, without pictures, as a table wants it.

    Returns:
        A row for each, false accepts first and the worst of either first: ``kind``, ``left`` and
        ``right`` (numbers of images), ``left_label`` and ``right_label`` if known, ``distance``.
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


def short(distance: float, limit: float) -> str:
    """Write a distance with three figures of the largest one."""
    digits = max(0, 2 - math.floor(math.log10(limit)))
    return f"{distance:.{digits}f}"


def _card(pairs: JudgedPairs, row: int) -> dict[str, Any]:
    both = [int(pairs.left[row]), int(pairs.right[row])]
    return {
        "images": both,
        "distance": short(pairs.distances[row], pairs.limit),
        "words": None if pairs.words is None else [pairs.words[image] for image in both],
        "pictures": [_picture(pairs, image) for image in both],
    }


def _picture(pairs: JudgedPairs, number: int) -> str:
    if number not in pairs.pictures:
        image = pairs.images[number]
        pairs.pictures[number] = png_uri(image[..., 0] if image.shape[-1] == 1 else image)
    return pairs.pictures[number]
