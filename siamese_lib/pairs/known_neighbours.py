"""Neighbours that are known beforehand: from what varies, or from transformations of the images.

`siamese_lib.neighbour_graph` finds neighbours in the pixels. The functions here find them in what
is known of the images. All return one kind of array, (N, k), that `PairSampler.from_neighbours`
takes. Two graphs over the same images become one, in which a pair is similar if it is in either,
when their columns are put next to each other: ``np.hstack([first, second])``.

References:
    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", 2006,
    sections 3.3 (shifted digits) and 3.4 (pose and light of an aeroplane).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import real_array
from siamese_lib.checks import real_number, whole_number
from siamese_lib.pairs.neighbour_graph import Graph, listed_neighbours
from siamese_lib.search.vectors import blocks

_ROUNDING = 1e-9  # relative: 0.1 + 0.2 is a step of 0.1 from 0.2


class PairCounts(NamedTuple):
    """Pairs of two different images, each counted once.

    Attributes:
        similar: pairs of neighbours.
        different: all other pairs.
    """

    similar: int
    different: int


def factor_graph(
    factors: ArrayLike,
    steps: float | Sequence[float],
    *,
    periods: Sequence[float | None] | None = None,
) -> np.ndarray:
    """Find the neighbours of every image in factors that are known, such as the camera's angles.

    Two images are similar if no factor differs by more than its step. A factor that is left out,
    such as the light, does not matter: a similar pair may differ in it by any amount.

    With the azimuth and the elevation of 972 pictures, and one step of each, 23,814 pairs are
    similar. Of 660 pictures drawn from these, 10,974 pairs are expected to be similar. The paper
    counts 10,989 in its 660.

    Args:
        factors: real numbers (N, F), finite: each image's value of each factor; or (N,) for one.
        steps: the largest difference of similar images, 0 or more: one number for all factors, or
            one for each. A difference that is larger by a rounding error only is not larger.
        periods: for each factor, what a full turn is, such as 360 for degrees; None for a factor
            that does not turn. By default none does.

    Returns:
        int64 (N, k): the neighbours in ascending order. Row i lists those of image i, never i
        itself, and -1 fills up the row. `PairSampler.from_neighbours` takes this array.

    Raises:
        ValueError: the factors are not such numbers; a step is below 0; a period is not above 0;
            or there are not as many steps or periods as factors.

    Example:
        >>> azimuth = np.array([0, 120, 240, 340])
        >>> sl.factor_graph(azimuth, 20, periods=[360])
        array([[ 3],
               [-1],
               [-1],
               [ 0]])
    """
    values = real_array("factors", factors).astype(np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(
            f"factors have shape {np.shape(factors)}; expected finite numbers of shape (N, F), one "
            "row for each image. Leave images with unknown factors out."
        )
    count, kinds = values.shape
    step = [steps] * kinds if np.ndim(steps) == 0 else list(np.ravel(steps))
    period = [None] * kinds if periods is None else list(periods)
    if not len(step) == len(period) == kinds:
        raise ValueError(
            f"{kinds} factors have {len(step)} steps and {len(period)} periods; expected one of "
            "each for every factor. Give None as the period of a factor that does not turn."
        )
    largest = [real_number("steps", each, 0, np.inf, ends=True) for each in step]
    turn = [None if each is None else real_number("periods", each, 0) for each in period]
    owners, named = [], []
    for part in blocks(count, 16 * count):
        near = np.ones((part.stop - part.start, count), bool)
        for column, most, full in zip(values.T, largest, turn, strict=True):
            apart = np.abs(column[part, None] - column)
            size = np.abs(column).max()
            if full is not None:
                apart %= full
                apart = np.minimum(apart, full - apart)
                size = max(size, full)
            near &= apart <= most + _ROUNDING * size
        near[np.arange(len(near)), np.arange(part.start, part.stop)] = False
        rows, columns = np.nonzero(near)
        owners.append(rows + part.start)
        named.append(columns)
    return _in_rows(np.concatenate(owners), np.concatenate(named), count)


def transformed_graph(neighbours: np.ndarray | Sequence[ArrayLike], copies: int) -> np.ndarray:
    """Let transformed copies of an image be similar to it, to each other and to its neighbours'.

    A network that learns from these pairs learns to ignore the transformation. The images are N
    originals in V versions, one version after the other, as
    ``np.concatenate([sl.shifted(images, by) for by in (-6, -3, 0, 3, 6)])`` returns them: image
    ``v * N + i`` is version v of original i. Every version of i is similar to every other version
    of i, and to every version of the neighbours of i.

    Args:
        neighbours: of the originals, integers (N, k), as `neighbour_graph` returns; -1 fills up a
            row. A sequence of N rows of any lengths will do too. With no neighbours at all,
            ``np.empty((N, 0), int)``, only copies of one original are similar.
        copies: V, number of versions of each image, the original included; at least 1.

    Returns:
        int64 (V N, K): row i lists the neighbours of image i, and -1 fills up the row.
        `PairSampler.from_neighbours` takes this array.

    Raises:
        ValueError: a neighbour is not an integer, is out of range, or is the image itself; or
            `copies` is not a whole number of 1 or more.

    Example:
        >>> sl.transformed_graph(np.array([[1], [-1], [-1]]), copies=2)
        array([[ 1,  3,  4],
               [ 4, -1, -1],
               [ 5, -1, -1],
               [ 0,  1,  4],
               [ 1, -1, -1],
               [ 2, -1, -1]])
    """
    copies = whole_number("copies", copies, 1)
    owners, named = listed_neighbours(neighbours)
    count = len(neighbours)
    each = np.arange(count)
    owners, named = np.concatenate([each, owners]), np.concatenate([each, named])
    version = count * np.arange(copies)
    shape = (copies, copies, len(owners))
    rows = np.broadcast_to(version[:, None, None] + owners, shape).ravel()
    columns = np.broadcast_to(version[None, :, None] + named, shape).ravel()
    keys = np.unique((rows * copies * count + columns)[rows != columns])
    return _in_rows(*np.divmod(keys, copies * count), copies * count)


def pair_counts(neighbours: np.ndarray | Sequence[ArrayLike]) -> PairCounts:
    """Count the similar and the different pairs of a graph, without listing them.

    Args:
        neighbours: as for `PairSampler.from_neighbours`.

    Raises:
        ValueError: as `PairSampler.from_neighbours`.

    Example:
        >>> sl.pair_counts(np.array([[1], [2], [3], [-1]]))
        PairCounts(similar=3, different=3)
    """
    graph = Graph(neighbours)
    similar = len(graph.left) // 2
    return PairCounts(similar, graph.size * (graph.size - 1) // 2 - similar)


def _in_rows(owners: np.ndarray, named: np.ndarray, count: int) -> np.ndarray:
    """Return neighbours as int64 (N, k), filled up with -1.

    Args:
        owners: int64 (M,) ascending, the image that lists each neighbour.
        named: int64 (M,), the neighbours.
        count: N.
    """
    lengths = np.bincount(owners, minlength=count)
    rows = np.full((count, lengths.max(initial=0)), -1)
    rows[owners, np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths)] = named
    return rows
