"""Shares that were measured, and how far they might vary with other images.

References:
    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927: the
    interval of a share.
    Efron and Stein, "The Jackknife Estimate of Variance", 1981: how far a measure varies with the
    images, from leaving each of them out in turn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share that was measured, with its interval.

    Attributes:
        value: the share, from 0 to 1.
        low, high: ends of its interval.
        count: number of pairs or images that it is a share of.
    """

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.2%} ({self.low:.2%} to {self.high:.2%})"


def rate_of_pairs(called: np.ndarray, pairs: np.ndarray, confidence: float) -> Rate:
    """Return the share of pairs that are called same, from the counts of each image, (N,) twice."""
    total, count = pairs.sum(), int(pairs.sum()) // 2
    value = float(called.sum() / total)
    without = (called.sum() - 2 * called) / np.maximum(total - 2 * pairs, 1)
    images = len(pairs)
    variance = (images - 1) / images * ((without - without.mean()) ** 2).sum()
    # All or none were called same: that says how many pairs without a common image agree.
    worth = images / 2 if variance == 0 else value * (1 - value) / variance
    low, high = _wilson(value, min(float(worth), count), confidence)
    return Rate(value=value, low=low, high=high, count=count)


def rate_of_images(called: np.ndarray, confidence: float) -> Rate:
    """Return the share of images that are called unknown, from bool (N,)."""
    value = float(called.mean())
    low, high = _wilson(value, len(called), confidence)
    return Rate(value=value, low=low, high=high, count=len(called))


def _wilson(value: float, count: float, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of `count` independent cases."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = value + z**2 / (2 * count)
    reach = z * math.sqrt(value * (1 - value) / count + z**2 / (4 * count**2))
    least, most = ((middle + sign * reach) / (1 + z**2 / count) for sign in (-1, 1))
    return max(least, 0.0), min(most, 1.0)
