"""The order in which images have their turn, as seen in batches and in left images of pairs."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import equal, first_batches, grid, grid_labels, labels_of

from siamese_lib.pairs.samplers import BalancedBatchSampler, PairSampler

sizes_of_classes = st.lists(st.integers(2, 40), min_size=2, max_size=10)
batch_sizes = st.integers(1, 60)
sizes_of_many_classes = st.lists(st.integers(2, 9), min_size=2, max_size=60)
sizes_of_balanced_batches = st.integers(3, 60)


@given(sizes_of_classes, batch_sizes, st.integers(0, 5))
def test_left_images_go_through_each_class_once_a_pass(sizes, batch_size, seed):
    labels = labels_of(sizes)
    steps = -(-3 * max(sizes) * len(sizes) // batch_size)
    left, _, _ = first_batches(PairSampler(labels, batch_size, seed), steps)
    for name in np.unique(labels):
        members = np.flatnonzero(labels == name)
        seen = left[labels[left] == name]
        passes = seen[: len(seen) // len(members) * len(members)].reshape(-1, len(members))
        assert len(passes) >= 2
        assert (np.sort(passes, axis=1) == members).all()


def test_every_pass_of_every_class_has_an_order_of_its_own():
    labels = np.repeat([0, 1], 30)
    left, _, _ = first_batches(PairSampler(labels, 60), 4)
    orders = [left[labels[left] == name].reshape(4, 30) - 30 * name for name in (0, 1)]
    assert len({tuple(order) for order in np.concatenate(orders)}) == 8


@grid
def test_each_balanced_batch_is_even_to_within_one(classes, uneven, batch_size, seed):
    labels = grid_labels(classes, uneven)
    names = np.unique(labels)
    batch_size = max(batch_size, 2 * classes)
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    for step in range(40):
        batch = sampler.batch(step)
        assert batch.shape == (batch_size,)
        assert batch.dtype == np.int64
        assert np.ptp((labels[batch] == names[:, None]).sum(axis=1)) <= 1


@given(sizes_of_many_classes, sizes_of_balanced_batches, st.integers(0, 5))
def test_every_balanced_batch_has_similar_and_different_pairs(sizes, batch_size, seed):
    labels = labels_of(sizes)
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    for step in [*range(30), 10**6]:
        batch = sampler.batch(step)
        _, counts = np.unique(labels[batch], return_counts=True)
        assert len(counts) >= 2
        if batch_size >= 2 * len(sizes):
            assert sampler.per_class is None
            assert counts.min() >= 2
            assert len(counts) == len(sizes)
        else:
            assert sampler.per_class == turns(sizes, batch_size)
            assert sorted(counts)[2:] == [sampler.per_class] * (len(counts) - 2)
            assert counts.max() >= 2


def turns(sizes, batch_size):
    """The largest K up to 4 that half of the classes have, with room for two classes."""
    for k in (4, 3):
        if sum(size >= k for size in sizes) >= len(sizes) / 2 and batch_size >= 2 * k - 1:
            return k
    return 2


@pytest.mark.parametrize("batch_size", [3, 4, 6, 64, 65, 601])
@pytest.mark.parametrize("smallest", [2, 4])
def test_many_classes_take_turns(batch_size, smallest):
    sizes = [smallest + c % 5 for c in range(301)]
    labels = labels_of(sizes)
    sampler = BalancedBatchSampler(labels, batch_size, 3)
    assert sampler.per_class == turns(sizes, batch_size)
    steps = -(-4 * 301 // batch_size)
    shown = [sampler.batch(step) for step in range(steps)]
    _, counts = np.unique(labels[np.concatenate(shown)], return_counts=True)
    assert len(counts) == 301
    assert np.ptp(counts) <= turns(sizes, batch_size)  # one turn
    if smallest == 4:  # no similar pair is an image with itself
        assert all(len(set(batch)) == batch_size for batch in shown)


@pytest.mark.parametrize(("per_class", "batch_size"), [(2, 8), (3, 12), (8, 16), (5, 35)])
@pytest.mark.filterwarnings("ignore:. of 7 classes have fewer than")
def test_per_class_images_of_each_class_that_a_batch_takes(per_class, batch_size):
    sizes = [2, 3, 5, 8, 13, 21, 34]
    labels = labels_of(sizes)
    size = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    sampler = BalancedBatchSampler(labels, batch_size, 1, per_class=per_class)
    assert sampler.per_class == per_class
    turn = []
    for step in range(70):
        batch = sampler.batch(step)
        names, counts = np.unique(labels[batch], return_counts=True)
        assert set(counts) == {per_class}
        turn += names.tolist()
        images, times = np.unique(batch, return_counts=True)
        allowed = np.array([-(-per_class // size[labels[image]]) for image in images])
        assert (times <= allowed).all()
    _, taken = np.unique(turn, return_counts=True)
    assert len(taken) == 7
    assert np.ptp(taken) <= 1


def test_small_classes_are_said_if_per_class_asks_for_more():
    labels = labels_of([2, 3, 5, 8])
    with pytest.warns(UserWarning, match="2 of 4 classes have fewer than 4 images, the smallest 2"):
        BalancedBatchSampler(labels, 8, per_class=4)
    BalancedBatchSampler(labels, 8, per_class=2)  # a warning would be an error


@pytest.mark.parametrize(
    ("per_class", "message"),
    [
        (1, "per_class is 1; expected a whole number, 2 or more"),
        (2.0, "per_class is 2.0; expected a whole number"),
        (3, "per_class is 3 and batch_size 8, for 3 classes; expected .* multiple of 3, from 6"),
        (2, "per_class is 2 and batch_size 8, for 3 classes; expected .* from 4 to 6"),
        (8, "per_class is 8 and batch_size 8, for 3 classes; expected .* from 16 to 24"),
    ],
)
def test_a_per_class_that_cannot_be_meant(per_class, message):
    with pytest.raises(ValueError, match=message):
        BalancedBatchSampler(labels_of([9, 9, 9]), 8, per_class=per_class)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_batch_that_holds_no_two_kinds_of_pairs_is_refused(batch_size):
    message = f"batch_size is {batch_size}; expected a whole number, 3 or more. A batch needs two"
    with pytest.raises(ValueError, match=message):
        BalancedBatchSampler([0, 0, 1, 1], batch_size)


@pytest.mark.parametrize(
    ("sizes", "batch_size", "seed", "digest"),
    [
        ([400] * 10, 128, 0, "430c8e27be44"),
        ([400] * 10, 256, 1, "55817a24d30a"),
        ([400] * 10, 32, 2, "859622a228d1"),
        ([400] * 10, 20, 3, "0d4764499db0"),
        ([2, 3, 5, 9], 8, 0, "7baa47ac9180"),
    ],
)
def test_recorded_batches_stay_as_they_were(sizes, batch_size, seed, digest):
    """Runs that were trained before can be trained again, and an interrupted one goes on."""
    sampler = BalancedBatchSampler(labels_of(sizes), batch_size, seed)
    batches = np.stack([sampler.batch(step) for step in range(200)]).astype("<i8")
    assert hashlib.sha256(batches.tobytes()).hexdigest()[:12] == digest


@given(sizes_of_classes, sizes_of_balanced_batches, st.integers(0, 5))
def test_no_image_is_twice_in_a_balanced_batch(sizes, batch_size, seed):
    labels = labels_of(sizes)
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    share = sampler.per_class or -(-batch_size // len(sizes))
    size = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    for step in range(-(-5 * max(sizes) * len(sizes) // batch_size)):
        images, counts = np.unique(sampler.batch(step), return_counts=True)
        for image, count in zip(images, counts, strict=True):
            n = size[labels[image]]
            assert count <= (1 if n >= share else -(-share // n))


@pytest.mark.parametrize("share", [2, 3, 8, 13])
def test_no_image_is_twice_in_a_batch_that_holds_a_large_part_of_its_class(share):
    for size in range(max(share, 2), 3 * share + 1):
        sampler = BalancedBatchSampler(np.arange(2 * size) % 2, 2 * share - 1, seed=size)
        for step in range(200):
            assert len(set(sampler.batch(step))) == 2 * share - 1


@given(sizes_of_classes, sizes_of_balanced_batches, st.integers(0, 5))
def test_balanced_batches_go_through_each_class_once_a_pass(sizes, batch_size, seed):
    labels = labels_of(sizes)
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    steps = -(-(4 * max(sizes) + 2) * len(sizes) // batch_size)
    shown = np.concatenate([sampler.batch(step) for step in range(steps)])
    share = sampler.per_class or -(-batch_size // len(sizes))
    for name in np.unique(labels):
        members = np.flatnonzero(labels == name)
        seen = shown[labels[shown] == name]
        passes = seen[: len(seen) // len(members) * len(members)].reshape(-1, len(members))
        assert len(passes) >= 3
        assert (np.sort(passes, axis=1) == members).all()
        if len(members) >= max(20, 2 * share):  # equal orders: less than once in 20! / 2 passes
            assert not (passes[1:] == passes[:-1]).all(axis=1).any()


def test_threads_do_not_disturb_each_other():
    labels = labels_of([2, 3, 5, 8, 13, 21])
    steps = np.random.default_rng(0).integers(0, 100, 500)
    alone = BalancedBatchSampler(labels, 64)
    expected = [alone.batch(step) for step in steps]
    with ThreadPoolExecutor(8) as pool:
        assert equal(pool.map(BalancedBatchSampler(labels, 64).batch, steps), expected)
