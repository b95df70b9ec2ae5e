"""The order in which images are drawn: endless, seeded, balanced over classes, for any step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import class_numbers, whole_number

_RUN = 4  # images of a class in its turn, where classes are too many for every batch


class SamplingOrder:
    """An endless order of items, batch by batch, that takes their groups in turn.

    Slot j belongs to group ``j % G``, in a seeded order of the G groups. It holds the
    item at position ``j // G`` of that group's own endless stream: all items of the group in
    random order, then all of them in another random order, and so on. So in every batch the
    counts of the groups differ by at most one, even if the groups differ in size. Each item comes
    once in each pass of its group.

    With ``run=K``, each group has K slots before the next group has its turn.

    Args:
        groups: int64 (N,), the group of each item. Each group from 0 to G - 1 has an item.
        batch_size: B, items in a batch.
        seed: a whole number, 0 or more.
        use: number of the order, if several orders share a seed.
        run: slots that a group has in its turn.

    Raises:
        ValueError: `batch_size` is below 1 or `seed` below 0, or not a whole number.
    """

    def __init__(
        self, groups: np.ndarray, batch_size: int, seed: int, use: int = 0, run: int = 1
    ) -> None:
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.seed = whole_number("seed", seed, 0)
        self.use = use
        self.run = run
        self.members = np.argsort(groups, kind="stable")  # group after group
        self.sizes = np.bincount(groups)
        self.starts = _starts(self.sizes)
        self.group_order = self.random(use).permutation(len(self.sizes))
        self.share = max(run, -(-self.batch_size // len(self.sizes)))
        # The orders in use are in one array, so that a batch takes one look-up. Each group has
        # room for as many passes as one batch can touch. Pass p goes into room p % rooms.
        self.rooms = (self.share - 2) // self.sizes + 2
        self.room_starts = _starts(self.rooms)
        self.span = self.rooms * self.sizes
        self.span_starts = _starts(self.span)
        self._cache = np.empty(self.span.sum(), np.int64), np.full(self.rooms.sum(), -1)

    def random(self, *key: int) -> np.random.Generator:
        """Return the random generator of one use of the seed, independent of all others."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def batch(self, step: int) -> np.ndarray:
        """Return the items of one batch, int64 (B,). Raise ValueError if `step` is below 0."""
        step = whole_number("step", step, 0)
        slot = step * self.batch_size + np.arange(self.batch_size)
        turn, place = np.divmod(slot // self.run, len(self.sizes))
        position = turn * self.run + slot % self.run
        group = self.group_order[place]
        passes = position // self.sizes[group]
        room = self.room_starts[group] + passes % self.rooms[group]
        orders, held = self._cache
        missing = held[room] != passes
        if missing.any():
            # Change copies only, since another thread may be reading the old arrays.
            orders, held = orders.copy(), held.copy()
            held[room] = passes
            _, first = np.unique(room[missing], return_index=True)
            for g, p in zip(group[missing][first], passes[missing][first], strict=True):
                start = self.span_starts[g] + p % self.rooms[g] * self.sizes[g]
                orders[start : start + self.sizes[g]] = self.one_pass(int(g), int(p))
            self._cache = orders, held
        return orders[self.span_starts[group] + position % self.span[group]]

    def one_pass(self, group: int, number: int) -> np.ndarray:
        """Return the items of a group in the order of one pass."""
        start = self.starts[group]
        members = self.members[start : start + self.sizes[group]]
        return self.random(self.use, group, number).permutation(members)


class DistinctOrder(SamplingOrder):
    """Batches with K items of a group, and no item twice unless its group is below its share.

    If there is no room for two items of every group, groups have K slots in their turn, and
    `chosen_run` chooses K. A batch then has K items of each of its groups, except for the first and
    the last group where K does not divide the batch.

    Only the batch in which one pass of a group ends and the next begins could hold an item
    twice. There, items of the new pass that the batch already has are moved further back. A group
    with fewer items than about twice its share of a batch has no room for that. Such a group
    keeps its first order for ever; a batch holds more than half of it anyway.

    Args:
        groups, batch_size, seed: as for `SamplingOrder`.
        run: K, for groups that take turns even if all of them have room; None chooses.

    Raises:
        ValueError: as `SamplingOrder`; or `batch_size` is below 3; or `run` is not as
            `_checked_run` demands.
    """

    def __init__(
        self, groups: np.ndarray, batch_size: int, seed: int, run: int | None = None
    ) -> None:
        check_size(whole_number("batch_size", batch_size, 1))
        sizes = np.bincount(groups)
        run = chosen_run(sizes, batch_size) if run is None else _checked_run(run, sizes, batch_size)
        super().__init__(groups, batch_size, seed, run=run)

    def one_pass(self, group: int, number: int) -> np.ndarray:
        """Return the items of a group in the order of one pass."""
        size = int(self.sizes[group])
        if number == 0 or size < 2 * self.share - 1:
            return super().one_pass(group, 0)
        order = super().one_pass(group, number)
        head = self._head(group, number * size)  # items of this pass in the batch it begins in
        shown = super().one_pass(group, number - 1)[size - (self.share - head) :]
        clash = np.flatnonzero(np.isin(order[:head], shown))
        clear = np.flatnonzero(~np.isin(order[head:], shown))
        # In a group of this size these places lie before the last share - 1 items. Those must
        # stay where they are, since the next pass assumes that the batch already has them.
        swap = head + clear[: len(clash)]
        order[clash], order[swap] = order[swap], order[clash]
        return order

    def _head(self, group: int, position: int) -> int:
        """Return how many items from a position of a group's stream are in the batch there."""
        if self.run > 1:
            return self.run - position % self.run
        place = int(np.flatnonzero(self.group_order == group)[0])
        slot = position * len(self.sizes) + place
        return -(-(self.batch_size - slot % self.batch_size) // len(self.sizes))


def check_size(images: int) -> None:
    """Raise ValueError if a batch of so many images cannot hold both kinds of pairs."""
    if images < 3:
        raise ValueError(
            f"batch_size is {images}; expected a whole number, 3 or more. A batch needs two images "
            "of one class and one of another, to have a similar and a different pair."
        )


def chosen_run(sizes: np.ndarray, batch_size: int) -> int:
    """Return how many items a group has in its turn, or 1 if every batch has items of all groups.

    All groups are in every batch if there is room for two items of each. Otherwise it is 4, as K
    items make K (K - 1) / 2 similar pairs: 64 groups of 2 make 64 such pairs, 32 of 4 make 192. It
    is less if half of the groups do not have so many items, or if a batch has no room for two
    groups.

    Args:
        sizes: int64 (G,), items of each group.
        batch_size: B, at least 3.
    """
    if batch_size >= 2 * len(sizes):
        return 1
    return min(_RUN, (batch_size + 1) // 2, max(2, int(np.sort(sizes)[len(sizes) // 2])))


def _checked_run(run: int, sizes: np.ndarray, batch_size: int) -> int:
    """Return K as an int; ValueError unless a batch has K images each of 2 to G classes."""
    run = whole_number("per_class", run, 2)
    taken, left = divmod(batch_size, run)
    if left or not 2 <= taken <= len(sizes):
        most = run * len(sizes)
        raise ValueError(
            f"per_class is {run} and batch_size {batch_size}, for {len(sizes)} classes; expected "
            f"a batch_size that is a multiple of {run}, from {2 * run} to {most}, so that each "
            "batch has as many images of each class that it takes. Choose another batch_size, or "
            "leave per_class out."
        )
    return run


def as_groups(labels: ArrayLike) -> np.ndarray:
    """Return labels as class numbers from 0 up, int64 (N,).

    Raises:
        ValueError: the labels are not integers or strings of shape (N,), there are fewer than
            two classes, or a class has a single image.
    """
    groups, classes = class_numbers(labels)
    if not groups.size:
        raise ValueError("labels have shape (0,); expected (N,), one class for each image.")
    counts = np.bincount(groups)
    if len(classes) < 2:
        raise ValueError(
            f"labels have one class only, {classes[0]}; expected at least two, to make different "
            "pairs. Add images of another class." + _names_hint(classes)
        )
    single = classes[counts == 1]
    if single.size:
        names = ", ".join(str(name) for name in single[:5]) + (", ..." if single.size > 5 else "")
        raise ValueError(
            f"labels have a single image in {single.size} of {len(classes)} classes ({names}); "
            "expected two or more in each, to make similar pairs. Add images or drop these classes."
            + _names_hint(classes)
        )
    return groups


def _names_hint(classes: np.ndarray) -> str:
    """Return where to find the names of classes that an error could only name by their numbers."""
    if classes.dtype.kind not in "iu":
        return ""
    return " If these are labels of a Dataset, its `check_trainable` names the classes."


def _starts(lengths: np.ndarray) -> np.ndarray:
    """Return the start of each of several stretches that are laid end to end."""
    return np.cumsum(lengths) - lengths
