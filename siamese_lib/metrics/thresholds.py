"""Are two images of one class? Distances judged as an answer to that.

References:
    Fawcett, "An introduction to ROC analysis", 2006: the curve, and the area under it.
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13: percentile
    intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.checks import whole_number

_BLOCK_BYTES = 4 << 20  # of resampled pairs held at a time, in a few arrays


@dataclass(frozen=True, kw_only=True)
class AtThreshold:
    """What one threshold on the distance does; a pair at most so far apart is called same.

    Attributes:
        threshold: a distance.
        false_accepts: number of different pairs that are called same.
        false_rejects: number of same pairs that are called different.
        fpr: false positive rate, the share of different pairs that are called same.
        tpr: true positive rate, the share of same pairs that are called same.
        accuracy: share of all pairs that are called rightly.
    """

    threshold: float
    false_accepts: int
    false_rejects: int
    fpr: float
    tpr: float
    accuracy: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Verification:
    """How well a threshold on the distance tells same pairs from different ones.

    A pair is called same where its distance is at most the threshold. The three arrays are the
    receiver operating characteristic, float64 (T,), one entry for each distinct distance in
    rising order, after a first for "never same".

    Attributes:
        fpr: false positive rate, the share of different pairs that are called same.
        tpr: true positive rate, the share of same pairs that are called same.
        thresholds: distances; the first is −infinity.
        positives: number of same pairs.
        negatives: number of different pairs.
        auc: area under `tpr` over `fpr`: how likely a same pair is closer than a different one.
        eer: equal error rate, where `fpr` = 1 − `tpr`, between two thresholds if need be.
        best_threshold: the one with the best accuracy, and of several the smallest.
        accuracy: share of all pairs that are called rightly at `best_threshold`. It was chosen on
            these same pairs, so judge other pairs by it before quoting it: `at`.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    positives: int
    negatives: int
    auc: float
    eer: float
    best_threshold: float
    accuracy: float

    def at(self, threshold: float) -> AtThreshold:
        """Judge these pairs by a threshold of your choice; ValueError for NaN."""
        place = _place(self.thresholds, threshold)
        fpr, tpr = float(self.fpr[place]), float(self.tpr[place])
        accepts, rejects = round(fpr * self.negatives), round((1 - tpr) * self.positives)
        wrong = (accepts + rejects) / (self.positives + self.negatives)
        return AtThreshold(
            threshold=float(threshold),
            false_accepts=accepts,
            false_rejects=rejects,
            fpr=fpr,
            tpr=tpr,
            accuracy=1 - wrong,
        )


def verification(distances: ArrayLike, same: ArrayLike) -> Verification:
    """Judge distances as a test of whether two images are of one class.

    Args:
        distances: real numbers (N,), one for each pair.
        same: bool or numbers (N,), 1 = same class and 0 = different, some of each.

    Raises:
        ValueError: other shapes, a distance that is not finite, a label that is not 0 or 1, or
            pairs of one kind only.
    """
    thresholds, near, far = _places(distances, same)
    true, false = (_called_same(places[None], len(thresholds)) for places in (near, far))
    fpr, tpr, auc, eer, right = _curves(true, false)
    best = int(right[0].argmax())
    return Verification(
        fpr=fpr[0],
        tpr=tpr[0],
        thresholds=thresholds,
        positives=len(near),
        negatives=len(far),
        auc=float(auc[0]),
        eer=float(eer[0]),
        best_threshold=float(thresholds[best]),
        accuracy=float(right[0, best]),
    )


def verification_intervals(
    distances: ArrayLike,
    same: ArrayLike,
    *,
    threshold: float | None = None,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Say how far the figures of `verification` might have come out with other pairs.

    Pairs are drawn again from those given, with replacement, as many same and as many different
    ones, and judged; the interval holds the middle of what comes out. Pairs count as independent:
    if each image is in many pairs, the truth is less certain than this says.

    Args:
        distances: real numbers (N,), one for each pair.
        same: bool or numbers (N,), 1 = same class and 0 = different, some of each.
        threshold: for the accuracy; without it, each time the best for the pairs drawn.
        confidence: share of the outcomes that the interval holds, above 0 and below 1.
        resamples: how many times pairs are drawn.
        seed: of the draws.

    Returns:
        Lower and upper end for ``auc``, ``eer``, ``best_threshold`` and ``accuracy``.

    Raises:
        ValueError: as `verification`, or an argument is out of range.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be above 0 and below 1, got {confidence!r}.")
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    thresholds, near, far = _places(distances, same)
    chosen = None if threshold is None else _place(thresholds, threshold)
    outcomes = np.empty((4, whole_number("resamples", resamples, 1)))
    step = max(1, _BLOCK_BYTES // (8 * (len(near) + len(far))))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        true, false = (
            _called_same(rng.choice(places, (count, len(places))), len(thresholds))
            for places in (near, far)
        )
        _, _, auc, eer, right = _curves(true, false)
        best = right.argmax(axis=1)
        accuracy = right[np.arange(count), best] if chosen is None else right[:, chosen]
        outcomes[:, start : start + count] = auc, eer, thresholds[best], accuracy
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    # Real outcomes only: between −infinity and a distance there is no middle.
    ends = np.quantile(outcomes, tails, axis=1, method="closest_observation").T.tolist()
    names = ("auc", "eer", "best_threshold", "accuracy")
    return {name: (least, most) for name, (least, most) in zip(names, ends, strict=True)}


def _places(distances: ArrayLike, same: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the thresholds (T,), and where among them same and different pairs lie, int64."""
    distances, same = np.asarray(distances), np.asarray(same)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise ValueError(
            "distances and same must have one entry for each pair, both of shape (N,); got "
            f"{distances.shape} and {same.shape}."
        )
    if distances.dtype.kind not in "biuf" or not np.isfinite(distances).all():
        raise ValueError(
            f"distances must be finite numbers, got {distances.dtype} with NaN, infinity or "
            "something else. Look for what diverged."
        )
    if same.dtype.kind not in "biuf" or not np.isin(same, (0, 1)).all():
        some = ", ".join(map(str, np.unique(same)[:5]))
        raise ValueError(f"same must hold 1 for same and 0 for different, got {some}.")
    positives = int(same.sum())
    if not 0 < positives < len(same):
        raise ValueError(
            f"same must hold both kinds of pairs, got {positives} same and "
            f"{len(same) - positives} different."
        )
    thresholds, places = np.unique(distances.astype(np.float64), return_inverse=True)
    return np.append(-np.inf, thresholds), places[same == 1] + 1, places[same == 0] + 1


def _place(thresholds: np.ndarray, threshold: float) -> int:
    """Return the place of the largest distance that is called same."""
    if np.isnan(threshold):
        raise ValueError("threshold must be a distance, got NaN.")
    return int(np.searchsorted(thresholds, threshold, side="right")) - 1


def _called_same(places: np.ndarray, size: int) -> np.ndarray:
    """Count in each row of places (B, N) how many lie at or below each of `size`: (B, size)."""
    rows = np.arange(len(places))[:, None] * size
    counts = np.bincount((places + rows).ravel(), minlength=len(places) * size)
    return counts.reshape(len(places), size).cumsum(axis=1)


def _curves(
    true: np.ndarray, false: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Judge counts (B, T): return fpr and tpr (B, T), AUC and EER (B,), accuracies (B, T)."""
    positives, negatives = true[:, -1:], false[:, -1:]
    fpr, tpr = false / negatives, true / positives
    # The curve rises from fpr + tpr - 1 = -1 to 1: where it first is 0 or more, and just before.
    excess = fpr + tpr - 1
    row, after = np.arange(len(excess)), (excess >= 0).argmax(axis=1)
    low, high = excess[row, after - 1], excess[row, after]
    share = high / (high - low)
    eer = fpr[row, after] - share * (fpr[row, after] - fpr[row, after - 1])
    right = (true + negatives - false) / (positives + negatives)
    auc = np.asarray(np.trapezoid(tpr, fpr, axis=1))
    return fpr, tpr, auc, eer, right
