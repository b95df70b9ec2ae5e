"""How far each point of a map can be trusted: which of its neighbours would stay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.arrays import real_array
from siamese_lib.checks import whole_number
from siamese_lib.search.gallery import Gallery

NEAREST = 10  # neighbours by which a point's place on a map is judged


def kept_neighbours(
    embeddings: ArrayLike, positions: ArrayLike, k: int = NEAREST
) -> NDArray[np.float64]:
    """Measure for each point of a map how many of its neighbours the map shows next to it.

    A map of two dimensions cannot keep all neighbours of an embedding of more. This is the share of
    the `k` nearest images in the embedding that are also among the `k` nearest on the map.

    Args:
        embeddings: real numbers (N, dim).
        positions: real numbers (N, 2), the same images on the map.
        k: number of neighbours, from 1 to N − 1.

    Returns:
        float64 (N,), from 0 to 1, in steps of 1 / k.

    Raises:
        ValueError: the arrays are not as described, or do not belong to the same images.

    References:
        Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", 2001, for the
        question; they count the ranks of false neighbours.

    Example:
        >>> line = [[0.0], [1.0], [2.1], [3.3]]
        >>> sl.metrics.kept_neighbours(line, [[0, 0], [1, 0], [2, 0], [0, 0.5]], k=1)
        array([0., 1., 1., 0.])
    """
    near, shown = (_neighbours(each, k) for each in _of_same_images([embeddings, positions]))
    return in_both(near, shown)


def stable_neighbours(trainings: Sequence[ArrayLike], k: int = NEAREST) -> NDArray[np.float64]:
    """Predict for each image how many of its neighbours another training would give it again.

    Trainings that differ only in their seeds give an image other neighbours. Where an image's
    neighbours change, its place on a map says little. The shares that the given trainings have in
    common are too extreme a prediction, as chance is part of them. So they are moved towards their
    mean, by as much as leaving out one training after the other shows to be right.

    Args:
        trainings: real numbers (N, dim) each, the same images embedded by three or more trainings.
            Their dimensions may differ.
        k: number of neighbours, from 1 to N − 1.

    Returns:
        float64 (N,), from 0 to 1: the expected share of the `k` neighbours in one training that are
        among the `k` neighbours in another.

    Raises:
        ValueError: there are fewer than three trainings, or the arrays are not as described.

    References:
        Kelley, "Interpretation of Educational Measurements", 1927: the regression of a true score
        on an observed one.
    """
    if len(trainings) < 3:
        raise ValueError(
            f"Got {len(trainings)} trainings; expected at least 3: two to compare, and one to "
            "check them by. Train with more seeds."
        )
    lists = [_neighbours(each, k) for each in _of_same_images(trainings)]
    pairs = list(combinations(range(len(lists)), 2))
    shares = np.array([in_both(lists[a], lists[b]) for a, b in pairs])
    seen, variance = shares.mean(axis=0), shares.mean(axis=0).var()
    if not variance:
        return seen
    common = 0.0  # covariance of what the others share with what they share with the one left out
    for left_out in range(len(lists)):
        own = np.array([left_out in pair for pair in pairs])
        known, new = shares[~own].mean(axis=0), shares[own].mean(axis=0)
        common += float(np.cov(known, new, bias=True)[0, 1]) / len(lists)
    reliability = np.clip(common / variance, 0, 1)
    return seen.mean() + reliability * (seen - seen.mean())


def _of_same_images(arrays: Sequence[ArrayLike]) -> list[np.ndarray]:
    """Return the arrays, or raise ValueError if they are not of the same number of images."""
    found = [real_array(f"arrays[{place}]", each) for place, each in enumerate(arrays)]
    shapes = [each.shape for each in found]
    if any(len(shape) != 2 for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
        raise ValueError(
            f"Got arrays of shapes {', '.join(map(str, shapes))}; expected (N, dim) each, of the "
            "same N images."
        )
    return found


def _neighbours(embeddings: np.ndarray, k: int) -> np.ndarray:
    """Return the `k` nearest other images of each, int64 (N, k)."""
    whole_number("k", k, 1)
    return Gallery(embeddings).nearest(embeddings, k, exclude_self=True)[0]


def in_both(some: np.ndarray, others: np.ndarray) -> NDArray[np.float64]:
    """Return the share of the neighbours (N, k) that are in both lists, (N,)."""
    both = np.sort(np.concatenate([some, others], axis=1), axis=1)  # none is twice in one list
    return (both[:, 1:] == both[:, :-1]).sum(axis=1) / some.shape[1]
