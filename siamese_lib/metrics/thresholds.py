"""Judge distances as a test of whether two images are of one class.

References:
    Fawcett, "An introduction to ROC analysis", 2006: the curve, and the area under it.
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13: percentile
    intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.arrays import are_same, real_array
from siamese_lib.checks import real_number, whole_number

_BLOCK_BYTES = 4 << 20  # of resampled pairs in memory at a time, for each of a few arrays


@dataclass(frozen=True, kw_only=True)
class AtThreshold:
    """What one threshold does. A pair is called same if its distance is at most the threshold.

    Attributes:
        threshold: a distance.
        false_accepts: number of different pairs that are called same.
        false_rejects: number of same pairs that are called different.
        fpr: false positive rate, the share of different pairs that are called same.
        tpr: true positive rate, the share of same pairs that are called same.
        accuracy: share of all pairs that are called correctly.
    """

    threshold: float
    false_accepts: int
    false_rejects: int
    fpr: float
    tpr: float
    accuracy: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Verification:
    """How well a threshold on the distance separates same pairs from different pairs.

    A pair is called same if its distance is at most the threshold. The three arrays are the
    receiver operating characteristic, float64 (T,): a first entry for "never same", then one entry
    for each distinct distance, in rising order.

    Attributes:
        fpr: false positive rate, the share of different pairs that are called same.
        tpr: true positive rate, the share of same pairs that are called same.
        thresholds: distances; the first is −infinity.
        positives: number of same pairs.
        negatives: number of different pairs.
        auc: area under `tpr` over `fpr`: how likely a same pair is closer than a different one.
        eer: equal error rate, where `fpr` = 1 − `tpr`, interpolated between two thresholds.
        best_threshold: the threshold with the best accuracy; of several, the smallest.
        accuracy: share of all pairs that are called correctly at `best_threshold`. The threshold
            was chosen on these same pairs. Before you quote an accuracy, measure it on other
            pairs with `at`.
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
        """Return what a threshold of your choice does to these pairs.

        Raises:
            ValueError: `threshold` is NaN or no number.
        """
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
        ValueError: the shapes differ or are not (N,); a distance is not finite; a label is not 0
            or 1; or all pairs are of one kind.
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
    """Return intervals for the results of `verification`: how they might vary with other pairs.

    Pairs are drawn again from those given, with replacement, as many same and as many different
    pairs as given, and judged. The interval holds the middle of the outcomes. The pairs count as
    independent. If each image is in many pairs, the results are less certain than the intervals.

    Args:
        distances: real numbers (N,), one for each pair.
        same: bool or numbers (N,), 1 = same class and 0 = different, some of each.
        threshold: used for the accuracy; without it, the best threshold for the pairs drawn.
        confidence: share of the outcomes that the interval holds, above 0 and below 1.
        resamples: how many times pairs are drawn.
        seed: seed of the draws, a whole number, 0 or more.

    Returns:
        The lower and the upper end for ``auc``, ``eer``, ``best_threshold`` and ``accuracy``.

    Raises:
        ValueError: as `verification`, or an argument is out of range.
    """
    confidence = real_number("confidence", confidence, 0, 1)
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
    # Do not interpolate: between −infinity and a distance there is no middle.
    ends = np.quantile(outcomes, tails, axis=1, method="closest_observation").T.tolist()
    names = ("auc", "eer", "best_threshold", "accuracy")
    return {name: (least, most) for name, (least, most) in zip(names, ends, strict=True)}


def _places(distances: ArrayLike, same: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the thresholds (T,), and the places of same and different pairs in them, int64."""
    distances, same = real_array("distances", distances), are_same(same)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise ValueError(
            f"distances have shape {distances.shape} and same has {same.shape}; expected (N,) for "
            "both, one entry for each pair."
        )
    wild = np.flatnonzero(~np.isfinite(distances))
    if wild.size:
        raise ValueError(
            f"distances hold NaN or infinity in {wild.size:,} of {len(distances):,} places, first "
            f"in {wild[0]}; expected finite numbers. Find out what diverged."
        )
    positives = int(np.count_nonzero(same))
    if not 0 < positives < len(same):
        raise ValueError(
            f"same holds {positives} same and {len(same) - positives} different pairs; expected "
            "some of each."
        )
    thresholds, places = np.unique(distances.astype(np.float64), return_inverse=True)
    return np.append(-np.inf, thresholds), places[same] + 1, places[~same] + 1


def _place(thresholds: np.ndarray, threshold: float) -> int:
    """Return the place of the largest distance that is called same."""
    threshold = real_number("threshold", threshold, ends=True)
    return int(np.searchsorted(thresholds, threshold, side="right")) - 1


def _called_same(places: np.ndarray, size: int) -> np.ndarray:
    """Count in each row of places (B, N) how many lie at or below each of `size`: (B, size)."""
    rows = np.arange(len(places))[:, None] * size
    counts = np.bincount((places + rows).ravel(), minlength=len(places) * size)
    return counts.reshape(len(places), size).cumsum(axis=1)


def _curves(
    true: np.ndarray, false: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return fpr and tpr (B, T), AUC and EER (B,), and accuracies (B, T) from counts (B, T)."""
    positives, negatives = true[:, -1:], false[:, -1:]
    fpr, tpr = false / negatives, true / positives
    # fpr + tpr - 1 rises from -1 to 1. Find where it first is 0 or more, and the place before.
    excess = fpr + tpr - 1
    row, after = np.arange(len(excess)), (excess >= 0).argmax(axis=1)
    low, high = excess[row, after - 1], excess[row, after]
    share = high / (high - low)
    eer = fpr[row, after] - share * (fpr[row, after] - fpr[row, after - 1])
    right = (true + negatives - false) / (positives + negatives)
    auc = np.asarray(np.trapezoid(tpr, fpr, axis=1))
    return fpr, tpr, auc, eer, right
