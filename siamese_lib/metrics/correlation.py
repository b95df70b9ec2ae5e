"""How well what is known of images, such as a camera's angle, can be read off a map of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import real_array
from siamese_lib.checks import real_number, whole_number
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import checked


def circular_correlation(angles: ArrayLike, others: ArrayLike, *, period: float = 360.0) -> float:
    """Compare two angles of the same images, such as a camera's azimuth and one on a map.

    Neither the zero of an angle nor the jump from 360 to 0 matters. Two angles that turn together
    have 1, two that turn against each other -1, two that have nothing to do with each other about
    0. It takes no mean angle, as that means nothing for angles all around.

    Args:
        angles, others: real numbers (N,) each, N at least 2.
        period: what a full turn is, above 0: 360 for degrees, ``2 * np.pi`` for radians.

    Returns:
        From -1 to 1.

    Raises:
        ValueError: the angles are not such numbers, or all images have one angle, or an angle and
            its opposite.

    References:
        Fisher and Lee, "A correlation coefficient for circular data", 1983, equation 2.2.

    Example:
        >>> azimuth = np.arange(0, 360, 20)
        >>> round(sl.metrics.circular_correlation(azimuth, (100 - azimuth) % 360), 6)
        -1.0
    """
    period = real_number("period", period, 0)
    one, other = (
        each * (2 * np.pi / period) for each in _alike(("angles", angles), ("others", others))
    )
    pairs = np.mean(np.cos(one) * np.cos(other)) * np.mean(np.sin(one) * np.sin(other))
    pairs -= np.mean(np.cos(one) * np.sin(other)) * np.mean(np.sin(one) * np.cos(other))
    spreads = []
    for name, angle in (("angles", one), ("others", other)):
        spread = 1 - np.mean(np.cos(2 * angle)) ** 2 - np.mean(np.sin(2 * angle)) ** 2
        if spread < 1e-12:
            raise ValueError(
                f"{name} are all the same, or opposite; expected angles that differ, as there is "
                "nothing to compare."
            )
        spreads.append(spread)
    return float(np.clip(4 * pairs / np.sqrt(spreads[0] * spreads[1]), -1, 1))


def rank_correlation(values: ArrayLike, others: ArrayLike) -> float:
    """Compare the orders of two numbers of the same images (Spearman's rank correlation).

    Args:
        values, others: real numbers (N,) each, N at least 2. Equal numbers share the mean of their
            ranks.

    Returns:
        From -1 to 1: 1 if one rises whenever the other does.

    Raises:
        ValueError: the numbers are not such, or one is the same for all images.

    Example:
        >>> round(sl.metrics.rank_correlation([1, 2, 3, 4], [1, 10, 100, 1000]), 6)
        1.0
    """
    one, other = _alike(("values", values), ("others", others))
    ranks = []
    for name, numbers in (("values", one), ("others", other)):
        _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        if len(counts) < 2:
            raise ValueError(
                f"{name} are all {numbers[0]:g}; expected numbers that differ, as there is nothing "
                "to compare."
            )
        rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
        ranks.append(rank - rank.mean())
    return float(ranks[0] @ ranks[1] / np.linalg.norm(ranks[0]) / np.linalg.norm(ranks[1]))


def r_squared(points: ArrayLike, values: ArrayLike, *, k: int | None = None) -> float:
    """Return how much of what is known of images can be read off their places on a map (R²).

    A linear function of the place predicts the values, fitted by least squares on the same points;
    or, with `k`, the mean of the k nearest other points. The second also finds what bends. Either
    may predict nothing at all: then R² is about 0, and with `k` about -1 / k.

    Args:
        points: real numbers (N, D), N at least 2.
        values: real numbers (N,), or (N, V) for several. Classes have no order, so pass a column
            for each: ``np.eye(6)[light]`` for lights from 0 to 5.
        k: how many neighbours predict a value, from 1 to N - 1; None for a linear function.

    Returns:
        The share of the variance of the values that is predicted, at most 1. It is below 0 if the
        mean of all images predicts them better.

    Raises:
        ValueError: the arrays are not such, or the values are the same for all images, or `k` is
            out of range.

    Example:
        >>> line = np.arange(5.0)[:, None]
        >>> round(sl.metrics.r_squared(line, 3 * line + 1), 6)
        1.0
    """
    places = checked("points", real_array("points", points), "euclidean").astype(np.float64)
    known = real_array("values", values).astype(np.float64)
    known = known[:, None] if known.ndim == 1 else known
    if known.ndim != 2 or len(known) != len(places) or not np.isfinite(known).all():
        raise ValueError(
            f"values have shape {np.shape(values)} for {len(places)} points; expected finite "
            "numbers of shape (N,) or (N, V), one row for each point."
        )
    known = known - known.mean(axis=0)
    whole = np.sum(known**2)
    if not whole > 0:
        raise ValueError("values are the same for all points; expected values that differ.")
    if k is None:
        places = places - places.mean(axis=0)
        predicted = places @ np.linalg.lstsq(places, known, rcond=None)[0]
    else:
        predicted = _of_neighbours(places, known, whole_number("k", k, 1))
    return float(1 - np.sum((known - predicted) ** 2) / whole)


def _of_neighbours(places: np.ndarray, known: np.ndarray, k: int) -> np.ndarray:
    """Return the mean of the k nearest other points for each point, float64 (N, V)."""
    if k >= len(places):
        raise ValueError(
            f"k is {k}; expected at most {len(places) - 1}, the number of other points."
        )
    nearest, _ = Gallery(places).nearest(places, k, exclude_self=True)
    return known[nearest].mean(axis=1)


def _alike(*given: tuple[str, ArrayLike]) -> list[np.ndarray]:
    """Return numbers as float64 (N,) each; ValueError unless they are finite and equally many."""
    arrays = [real_array(name, values).astype(np.float64) for name, values in given]
    shapes = [array.shape for array in arrays]
    good = all(np.isfinite(array).all() for array in arrays)
    if not good or len(set(shapes)) > 1 or len(shapes[0]) != 1 or shapes[0][0] < 2:
        names = " and ".join(name for name, _ in given)
        raise ValueError(
            f"{names} have shapes {' and '.join(map(str, shapes))}{'' if good else ', some NaN'}; "
            "expected finite numbers of one shape (N,), with N of 2 or more."
        )
    return arrays
