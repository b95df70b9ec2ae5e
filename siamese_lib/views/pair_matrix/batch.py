"""The images of a batch, as points through time, and the pairs that a sampler drew from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.arrays import plain_array, real_array
from siamese_lib.pairs.samplers import PairSampler
from siamese_lib.views.film import Film
from siamese_lib.views.given import ViewError
from siamese_lib.views.pair_matrix.costs import distances_of
from siamese_lib.views.plane import principal_axes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST = 200  # images, so that a cell of the matrix can be seen
_LARGEST = 1e15  # the squares of such coordinates fit single precision


@dataclass(frozen=True, eq=False)
class Batch:
    """The images of a batch through time.

    Attributes:
        points: float32 (F, N, dim), the embeddings at each frame.
        film: the same points in the plane, with their classes, images and steps.
        explained: share of the variance of the last frame that lies in the plane, 0 to 1.
        drawn: int64 (2, R), the images on the left and on the right of the random pairs; or None.
    """

    points: np.ndarray
    film: Film
    explained: float
    drawn: np.ndarray | None

    @classmethod
    def of(
        cls,
        frames: ArrayLike,
        labels: ArrayLike,
        pairs: tuple[ArrayLike, ArrayLike] | None,
        seed: int,
        **parts: Any,
    ) -> Batch:
        """Check and keep what a view is given.

        Args:
            frames: real numbers (F, N, dim), or (N, dim) for a single frame.
            labels: int or str (N,).
            pairs: the left and the right images of the random pairs; None draws N // 2 pairs.
            seed: of the pairs that are drawn.
            parts: more arguments of `Film`.

        Raises:
            ViewError: something is not as described.
        """
        points = _checked_points(frames)
        axes, explained = principal_axes(points[-1])
        film = Film((points - points.mean(axis=1, keepdims=True)) @ axes, labels, **parts)
        numbers = film.classes.numbers
        if numbers is None:
            raise ViewError("labels is None; expected the class of each image.")
        drawn = _drawn(numbers, seed) if pairs is None else _checked_pairs(pairs, len(numbers))
        return cls(points, film, explained, drawn)

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.points.shape[0]

    @property
    def images(self) -> int:
        """How many images there are."""
        return self.points.shape[1]

    @cached_property
    def same(self) -> np.ndarray:
        """Whether each pair is similar, bool (P,)."""
        rows, columns = np.triu_indices(self.images, k=1)
        numbers = np.asarray(self.film.classes.numbers)
        return numbers[rows] == numbers[columns]

    def distances(self, frame: int) -> np.ndarray:
        """Return the distance of each pair at a frame, float64 (P,)."""
        return distances_of(self.points[frame])

    def times(self, which: str) -> np.ndarray:
        """Return how often each of "all" or of the "random" pairs is compared, int64 (P,)."""
        if which == "all" or self.drawn is None:
            return np.ones(len(self.same), np.int64)
        low, high = np.sort(self.drawn, axis=0)
        numbers = low * self.images - low * (low + 1) // 2 + high - low - 1
        return np.bincount(numbers, minlength=len(self.same))


def _checked_points(frames: ArrayLike) -> np.ndarray:
    """Return embeddings float32 (F, N, dim)."""
    try:
        given = real_array("frames", frames)
    except ValueError as error:
        raise ViewError(str(error)) from None
    if given.ndim == 2:
        given = given[None]
    if given.dtype.kind == "b" or given.ndim != 3 or 0 in given.shape:
        raise ViewError(
            f"frames: got {given.dtype} of shape {given.shape}; expected real numbers of shape "
            "(F, N, dim), or (N, dim) for a single frame."
        )
    if not 2 <= given.shape[1] <= MOST:
        raise ViewError(
            f"frames: got {given.shape[1]:,} images; expected 2 to {MOST}, so that a pair can be "
            "seen. Take one batch, such as sl.BalancedBatchSampler(labels, 128).batch(0)."
        )
    if not (np.abs(given) <= _LARGEST).all():
        raise ViewError(
            f"frames: got numbers that are not finite, or beyond ±{_LARGEST:g}; expected finite "
            "ones. Check whether the training diverged."
        )
    return given.astype(np.float32)


def _checked_pairs(pairs: tuple[ArrayLike, ArrayLike], images: int) -> np.ndarray:
    """Return given pairs as int64 (2, R)."""
    try:
        left, right = (plain_array("pairs", side) for side in pairs)
    except (TypeError, ValueError):
        left = right = np.zeros(0)
    whole = left.dtype.kind in "iu" and right.dtype.kind in "iu"
    if left.ndim != 1 or left.shape != right.shape or not left.size or not whole:
        raise ViewError(
            f"pairs: got {pairs!r:.200}; expected (left, right), two arrays of whole numbers of "
            "equal length, which say which images make the random pairs."
        )
    drawn = np.stack([left, right]).astype(np.int64)
    if drawn.min() < 0 or drawn.max() >= images:
        raise ViewError(
            f"pairs: got images {drawn.min()} to {drawn.max()}; expected 0 to {images - 1}."
        )
    if (drawn[0] == drawn[1]).any():
        raise ViewError(
            "pairs: got an image paired with itself; expected two different images in each pair. "
            "Leave such pairs out."
        )
    return drawn


def _drawn(numbers: np.ndarray, seed: int) -> np.ndarray | None:
    """Draw as many pairs as the images make if each is used once, from classes of two or more."""
    usable = np.flatnonzero(np.bincount(numbers)[numbers] >= 2)
    if len(np.unique(numbers[usable])) < 2:
        return None
    try:
        sampler = PairSampler(numbers[usable], batch_size=max(len(numbers) // 2, 1), seed=seed)
    except ValueError as error:
        raise ViewError(str(error)) from None
    left, right, _ = sampler.batch(0)
    return usable[np.stack([left, right])]
