"""Choose the images of each batch: pairs for the siamese model, class-balanced batches for a tower.

A batch depends only on the sampler's seed and the number of the step: ``sampler.batch(1000)`` is
the same whether 999 batches came before it or none. So an interrupted training continues exactly
where it stopped, and any batch can be looked at again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number
from siamese_lib.pairs.drawing import (
    GivenPairs,
    LabelledPairs,
    NeighbourPairs,
    Pairs,
    checked_fraction,
    checked_pairs,
)
from siamese_lib.pairs.neighbour_graph import Graph
from siamese_lib.pairs.sampling_order import DistinctOrder, SamplingOrder, as_groups

_Batch = TypeVar("_Batch")


class _Sampler(Generic[_Batch]):
    """What all samplers share: a batch for each step, and one epoch of batches when iterated."""

    size: int | None
    batch_size: int
    seed: int

    def _begin(
        self, order: SamplingOrder, draw: Callable[[int], _Batch], steps_per_epoch: int | None
    ) -> None:
        """Take the order of images from `order`, and the batch of a step from `draw`."""
        self.size = len(order.members)
        self.batch_size = order.batch_size
        self.seed = order.seed
        if steps_per_epoch is None:
            steps_per_epoch = max(1, self.size // self.batch_size)
        self._length = whole_number("steps_per_epoch", steps_per_epoch, 1)
        self._draw = draw
        self._epochs_begun = 0

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self._length

    def __iter__(self) -> Iterator[_Batch]:
        """Begin the next epoch: first steps 0 to len - 1, next time the len steps after them."""
        first = self._epochs_begun * self._length
        self._epochs_begun += 1
        return map(self.batch, range(first, first + self._length))

    def batch(self, step: int) -> _Batch:
        """Return the batch of one step, whatever was drawn before."""
        return self._draw(step)


class PairSampler(_Sampler[Pairs]):
    """Pairs of images, each with a label: 1 = same class, 0 = different classes.

    Each pair is similar with probability `same_fraction`, independently of the other pairs. The
    left images come from the classes in turn. Within a class they come in random order, and all
    of them come before any comes again. The right image of a similar pair is any other image of
    the same class. The right image of a different pair comes from another class, all classes
    being equally likely. So all classes are equally frequent on both sides, even if their sizes
    differ, and every image is used.

    Iterating gives one epoch. The next iteration gives new pairs::

        left, right, same = next(iter(sampler))

    Args:
        labels: integers or strings (N,), the class of each image.
        batch_size: B, pairs in a batch.
        seed: a whole number, 0 or more; the same seed gives the same pairs.
        same_fraction: probability that a pair is similar, from 0 to 1.
        steps_per_epoch: batches in an epoch; by default N // B, about one pair for each image.

    Attributes:
        size: N, the number of images; None for explicit pairs, which do not give it.
        same_fraction: probability that a pair is similar; of explicit pairs, their share.
        largest_index: the largest index of an image in explicit pairs; None for other pairs.

    Raises:
        ValueError: the labels are not one class for each image; there are fewer than two
            classes; a class has a single image, so no similar pair; or a number is out of range.

    Example:
        >>> labels = np.repeat([0, 1, 2], 10)
        >>> left, right, same = sl.PairSampler(labels, batch_size=6).batch(0)
        >>> labels[left]
        array([0, 1, 2, 0, 1, 2])
        >>> labels[right]
        array([0, 1, 0, 0, 0, 1])
        >>> same
        array([1., 1., 0., 1., 0., 0.], dtype=float32)
    """

    largest_index: int | None = None

    def __init__(
        self,
        labels: ArrayLike,
        batch_size: int = 128,
        seed: int = 0,
        *,
        same_fraction: float = 0.5,
        steps_per_epoch: int | None = None,
    ) -> None:
        groups = as_groups(labels)
        order = SamplingOrder(groups, batch_size, seed)
        pairs = LabelledPairs(order, groups, checked_fraction(same_fraction))
        self.same_fraction = pairs.same_fraction
        self._begin(order, pairs.batch, steps_per_epoch)

    @classmethod
    def from_neighbours(
        cls,
        neighbours: np.ndarray | Sequence[ArrayLike],
        batch_size: int = 128,
        seed: int = 0,
        *,
        same_fraction: float = 0.5,
        steps_per_epoch: int | None = None,
    ) -> PairSampler:
        """Draw pairs from a neighbourhood graph, without class labels, as the paper does.

        Two images are similar if either lists the other as a neighbour. Similar pairs are
        all pairs of neighbours, in random order and in both directions. The left images of
        different pairs are all images in random order. The right image is any other image that
        is not a neighbour. An image without neighbours occurs in different pairs only. Only the
        pairs of neighbours are kept in memory.

        The paper takes all pairs instead. For 6,000 digits it counts 30,000 similar pairs, 5 for
        each digit, and 18 million different ones. So one pair in 600 pulls. Most of the others are
        soon farther apart than the margin, and teach nothing. Here half of the pairs of each step
        pull and half push. It is the paper's loss with more weight on similar pairs. To draw with
        the paper's own weights, count the pairs with `pair_counts`::

            counts = sl.pair_counts(neighbours)
            same_fraction = counts.similar / sum(counts)

        Args:
            neighbours: integers (N, k), as `neighbour_graph`, `factor_graph` and
                `transformed_graph` return, or such arrays next to each other. Row i lists the
                neighbours of image i, and -1 fills up the row. A sequence of N rows of any lengths
                will do too.
            batch_size, seed, same_fraction, steps_per_epoch: as for `PairSampler`.

        Raises:
            ValueError: an index is out of range; an image is its own neighbour, or a neighbour
                of every other image; there are no neighbours; or a number is out of range.

        References:
            Hadsell, Chopra and LeCun (2006), section 2.1, step 1 of the algorithm.
        """
        graph = Graph(neighbours)
        order = SamplingOrder(np.zeros(graph.size, np.int64), batch_size, seed)
        pairs = NeighbourPairs(order, graph, checked_fraction(same_fraction))
        sampler = cls.__new__(cls)
        sampler.same_fraction = pairs.same_fraction
        sampler._begin(order, pairs.batch, steps_per_epoch)
        return sampler

    @classmethod
    def from_pairs(
        cls,
        left: ArrayLike,
        right: ArrayLike,
        same: ArrayLike,
        batch_size: int = 128,
        seed: int = 0,
        *,
        steps_per_epoch: int | None = None,
    ) -> PairSampler:
        """Draw explicit pairs in random order, and in a new order each time all have been drawn.

        The share of similar pairs is that of the given pairs.

        Args:
            left, right: integers (P,) each, the indices of the two images of each pair.
            same: 1 or True for similar, 0 or False for different, (P,).
            batch_size, seed, steps_per_epoch: as for `PairSampler`; by default P // B batches.

        Raises:
            ValueError: there are no pairs; a shape or type is another; an index is negative; a
                label is not 0 or 1; an entry is masked; an image is paired with itself; two images
                are both similar and different; or a number is out of range.
        """
        pairs = checked_pairs(left, right, same)
        order = SamplingOrder(np.zeros(len(pairs[0]), np.int64), batch_size, seed)
        sampler = cls.__new__(cls)
        sampler.same_fraction = float(pairs[2].mean(dtype=np.float64))
        sampler._begin(order, GivenPairs(order, pairs).batch, steps_per_epoch)
        sampler.size = None
        sampler.largest_index = int(max(pairs[0].max(), pairs[1].max()))
        return sampler

    def batch(self, step: int) -> Pairs:
        """Return the pairs of one step, whatever was drawn before.

        Args:
            step: number of the batch, counted from 0 over all epochs.

        Returns:
            Indices of the left and the right images, int64 (B,) each, and whether they are
            similar, float32 (B,): 1 = same, 0 = different.

        Raises:
            ValueError: `step` is negative or not a whole number.
        """
        return super().batch(step)


class BalancedBatchSampler(_Sampler[np.ndarray]):
    """Batches with equally many images of each class, for losses over every pair in a batch.

    In each batch, the counts of the classes differ by at most one image, even if the classes
    differ in size. Within a class, all images come in random order before any comes again. No
    image is twice in a batch unless its class has fewer images than its share of the batch.

    A similar pair needs two images of a class. If B is below twice the number of classes, a batch
    therefore has K images each of B / K classes, which take turns. K is 4, or less if more than
    half of the classes have fewer images, or if B is below 7. If K does not divide B, the first and
    the last class of a batch have fewer. So every batch has similar and different pairs, however
    many classes there are. `per_class` gives another K, and also lets few classes take turns.

    Iterating gives one epoch. The next iteration continues from there.

    Args:
        labels: integers or strings (N,), the class of each image.
        batch_size: B, images in a batch, at least 3.
        seed: a whole number, 0 or more; the same seed gives the same batches.
        per_class: K, images of each class in a batch, at least 2. B must be a multiple of K, and
            B / K must be from 2 to the number of classes.
        steps_per_epoch: batches in an epoch; by default N // B.

    Attributes:
        size: N, the number of images.
        per_class: K; None if every batch has images of all classes.

    Raises:
        ValueError: the labels are not one class for each image; there are fewer than two
            classes; a class has a single image; or a number is out of range.

    Warns:
        UserWarning: classes have fewer images than the `per_class` that was asked for. Each batch
            that takes such a class has images twice.

    References:
        Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification",
        2017, section 2: batches of P classes with K images each.

    Example:
        >>> labels = np.array(["common"] * 90 + ["rare"] * 10)
        >>> batch = sl.BalancedBatchSampler(labels, batch_size=8).batch(0)
        >>> sorted(labels[batch].tolist())
        ['common', 'common', 'common', 'common', 'rare', 'rare', 'rare', 'rare']
        >>> letters = np.repeat(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 5)
        >>> batch = sl.BalancedBatchSampler(letters, batch_size=8).batch(0)
        >>> letters[batch].tolist()
        ['I', 'I', 'I', 'I', 'V', 'V', 'V', 'V']
    """

    def __init__(
        self,
        labels: ArrayLike,
        batch_size: int = 128,
        seed: int = 0,
        *,
        per_class: int | None = None,
        steps_per_epoch: int | None = None,
    ) -> None:
        groups = as_groups(labels)
        order = DistinctOrder(groups, batch_size, seed, per_class)
        self.per_class = order.run if order.run > 1 else None
        if per_class is not None:
            _warn_of_small_classes(order.sizes, order.run)
        self._begin(order, order.batch, steps_per_epoch)

    def batch(self, step: int) -> np.ndarray:
        """Return the images of one step, whatever was drawn before.

        Args:
            step: number of the batch, counted from 0 over all epochs.

        Returns:
            Indices of the images, int64 (B,).

        Raises:
            ValueError: `step` is negative or not a whole number.
        """
        return super().batch(step)


def _warn_of_small_classes(sizes: np.ndarray, per_class: int) -> None:
    """Warn if classes of these sizes, int64 (G,), have fewer images than a batch takes of each."""
    small = sizes[sizes < per_class]
    if small.size:
        warnings.warn(
            f"{small.size} of {len(sizes)} classes have fewer than {per_class} images, the "
            f"smallest {small.min()}; expected {per_class} or more, as per_class is {per_class}. "
            "Batches hold images of these classes twice. A smaller per_class avoids it.",
            stacklevel=3,
        )
