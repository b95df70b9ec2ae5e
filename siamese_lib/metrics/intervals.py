"""How far a mean over queries may be off: bootstrap intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import class_numbers, whole_number

_BLOCK_BYTES = 32 << 20  # of numbers drawn at a time


def bootstrap(
    values: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return an interval for a mean over queries, such as precision@7 or P@1.

    As many queries as there are values are drawn again and again, with replacement. The interval
    holds the middle of their means (the percentile bootstrap). It says how the mean might vary with
    other queries of these classes.

    With labels, classes are drawn instead of queries, each with all of its queries. Then the
    interval says how the mean might vary with other classes, too. That is the right question for
    classes that training has never seen. If the classes differ, this interval is wider. With few
    classes, say fewer than ten, it is a rough guess and often too narrow.

    Neither interval says how the mean varies with another training. Train with several seeds to see
    that.

    Args:
        values: real numbers (Q,), one for each query: for precision@k the share of its k neighbours
            that are right, for P@1 whether the nearest is.
        labels: integers or strings (Q,), the class of each query.
        confidence: share of the means that the interval holds, above 0 and below 1.
        resamples: how many times queries or classes are drawn.
        seed: of the draws, a whole number, 0 or more.

    Returns:
        The lower and the upper end.

    Raises:
        ValueError: the values are not finite numbers of shape (Q,), or there are none; there is not
            one label for each, or one class only; or a number is out of range.

    References:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
        Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8: drawing
        whole groups.

    Example:
        >>> neighbours, queries = np.array([[0, 0], [0, 1], [1, 1], [1, 1]]), np.array([0, 0, 1, 1])
        >>> right = (neighbours == queries[:, None]).mean(axis=1)  # of each query
        >>> right.mean()
        np.float64(0.875)
        >>> sl.metrics.bootstrap(right)
        (0.625, 1.0)
    """
    numbers = np.asarray(values)
    if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "biuf":
        raise ValueError(
            f"values are {numbers.dtype} of shape {numbers.shape}; expected one number for each "
            "query, of shape (Q,), with Q at least 1. For neighbours (Q, k) that are right or "
            "wrong, pass right.mean(axis=1)."
        )
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"values: {(~np.isfinite(numbers)).sum():,} of {len(numbers):,} are NaN or infinite; "
            "expected finite numbers. Leave out queries that cannot be judged."
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence!r}; expected a number above 0 and below 1.")
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    sums, sizes = _groups(numbers.astype(np.float64), labels)
    means = np.empty(whole_number("resamples", resamples, 1))
    step = max(1, _BLOCK_BYTES // (8 * len(sums)))
    for start in range(0, len(means), step):
        rows = means[start : start + step]
        drawn = rng.integers(len(sums), size=(len(rows), len(sums)))
        rows[:] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return low, high


def _groups(values: np.ndarray, labels: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum and the number of the values that are drawn together, (G,) each."""
    if labels is None:
        return values, np.ones(len(values))
    numbers, classes = class_numbers(labels, count=len(values))
    if len(classes) < 2:
        raise ValueError(
            f"labels have one class only, {classes[0]}; expected at least two, to draw classes. "
            "Leave the labels out, to draw queries."
        )
    return np.bincount(numbers, values), np.bincount(numbers)
