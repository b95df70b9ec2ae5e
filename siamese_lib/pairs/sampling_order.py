"""The order in which images are drawn: endless, seeded, balanced over classes, for any step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number


class SamplingOrder:
    """An endless order of items, batch by batch, that takes their groups in turn.

    Slot j belongs to group ``j % G``, in a seeded order of the G groups. It holds the
    item at position ``j // G`` of that group's own endless stream: all items of the group in
    random order, then all of them in another random order, and so on. So in every batch the
    counts of the groups differ by at most one, even if the groups differ in size. Each item comes
    once in each pass of its group.

    Args:
        groups: int64 (N,), the group of each item. Each group from 0 to G - 1 has an item.
        batch_size: B, items in a batch.
        seed: a whole number, 0 or more.
        use: number of the order, if several orders share a seed.

    Raises:
        ValueError: `batch_size` is below 1 or `seed` below 0, or not a whole number.
    """

    def __init__(self, groups: np.ndarray, batch_size: int, seed: int, use: int = 0) -> None:
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.seed = whole_number("seed", seed, 0)
        self.use = use
        self.members = np.argsort(groups, kind="stable")  # group after group
        self.sizes = np.bincount(groups)
        self.starts = _starts(self.sizes)
        self.group_order = self.random(use).permutation(len(self.sizes))
        self.share = -(-self.batch_size // len(self.sizes))
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
        position, place = np.divmod(slot, len(self.sizes))
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
    """An order with no item twice in a batch, unless the item's group is smaller than its share.

    Only the batch in which one pass of a group ends and the next begins could hold an item
    twice. There, items of the new pass that the batch already has are moved further back. A group
    with fewer items than about twice its share of a batch has no room for that. Such a group
    keeps its first order for ever; a batch holds more than half of it anyway.
    """

    def one_pass(self, group: int, number: int) -> np.ndarray:
        """Return the items of a group in the order of one pass."""
        size = int(self.sizes[group])
        if number == 0 or size < 2 * self.share - 1:
            return super().one_pass(group, 0)
        order = super().one_pass(group, number)
        place = int(np.flatnonzero(self.group_order == group)[0])
        slot = number * size * len(self.sizes) + place
        slots_left = self.batch_size - slot % self.batch_size
        head = -(-slots_left // len(self.sizes))  # items of this pass in the batch it begins in
        shown = super().one_pass(group, number - 1)[size - (self.share - head) :]
        clash = np.flatnonzero(np.isin(order[:head], shown))
        clear = np.flatnonzero(~np.isin(order[head:], shown))
        # In a group of this size these places lie before the last share - 1 items. Those must
        # stay where they are, since the next pass assumes that the batch already has them.
        swap = head + clear[: len(clash)]
        order[clash], order[swap] = order[swap], order[clash]
        return order


def as_groups(labels: ArrayLike) -> np.ndarray:
    """Return labels as class numbers from 0 up, int64 (N,).

    Raises:
        ValueError: the labels are not integers or strings of shape (N,), there are fewer than
            two classes, or a class has a single image.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not labels.size:
        raise ValueError(
            f"labels have shape {labels.shape}; expected (N,), one class for each image. For a "
            "column pass labels.ravel(), for one-hot rows labels.argmax(axis=1)."
        )
    if labels.dtype.kind not in "biuUS":
        raise ValueError(
            f"labels are {labels.dtype}; expected integers or strings. If none is missing (NaN), "
            "pass labels.astype(int) or labels.astype(str)."
        )
    classes, groups, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"labels have one class only, {classes[0]}; expected at least two, to make different "
            "pairs. Add images of another class." + _names_hint(labels)
        )
    single = classes[counts == 1]
    if single.size:
        names = ", ".join(str(name) for name in single[:5]) + (", ..." if single.size > 5 else "")
        raise ValueError(
            f"labels have a single image in {single.size} of {len(classes)} classes ({names}); "
            "expected two or more in each, to make similar pairs. Add images or drop these classes."
            + _names_hint(labels)
        )
    return groups.astype(np.int64)


def _names_hint(labels: np.ndarray) -> str:
    """Return where to find the names of classes that an error could only name by their numbers."""
    if labels.dtype.kind not in "iu":
        return ""
    return " If these are labels of a Dataset, its `check_trainable` names the classes."


def _starts(lengths: np.ndarray) -> np.ndarray:
    """Return the start of each of several stretches that are laid end to end."""
    return np.cumsum(lengths) - lengths
