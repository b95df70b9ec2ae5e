"""Pairs from labels, explicit pairs, and what all samplers promise."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from sampling import equal, first_batches, grid, grid_labels, labels_of, within_five_deviations

from siamese_lib.pairs.samplers import BalancedBatchSampler, PairSampler

# Pairs from labels


@grid
def test_every_pair_is_two_images_with_a_true_label(classes, uneven, batch_size, seed):
    labels = grid_labels(classes, uneven)
    for left, right, same in itertools.islice(PairSampler(labels, batch_size, seed), 20):
        assert left.shape == right.shape == same.shape == (batch_size,)
        assert (left.dtype, right.dtype, same.dtype) == (np.int64, np.int64, np.float32)
        assert (left != right).all()
        assert np.array_equal(same, labels[left] == labels[right])
        assert min(left.min(), right.min()) >= 0
        assert max(left.max(), right.max()) < len(labels)


@grid
def test_similar_pairs_and_classes_are_even(classes, uneven, batch_size, seed):
    labels = grid_labels(classes, uneven)
    steps = -(-4000 // batch_size)
    left, right, same = first_batches(PairSampler(labels, batch_size, seed), steps)
    assert within_five_deviations(same.sum(), len(same), 0.5)
    names = np.unique(labels)
    on_the_left = (labels[left] == names[:, None]).sum(axis=1)
    assert np.ptp(on_the_left) <= 1
    # Of what the left images and coins leave open, each class has its share in expectation, and
    # the variance of such a sum is at most a binomial one.
    on_the_right = (labels[right] == names[:, None]).sum(axis=1)
    assert within_five_deviations(on_the_right, len(right), 1 / classes)


@pytest.mark.parametrize("same_fraction", [0.0, 0.2, 1.0])
def test_same_fraction_is_the_share_of_similar_pairs(same_fraction):
    sampler = PairSampler(labels_of([5, 9, 30]), 500, seed=4, same_fraction=same_fraction)
    _, _, same = first_batches(sampler, 10)
    assert within_five_deviations(same.sum(), len(same), same_fraction)
    assert sampler.same_fraction == same_fraction


def test_every_possible_pair_is_as_likely_as_it_should_be():
    labels = labels_of([2, 3, 5])
    sampler = PairSampler(labels, 1000, seed=8, same_fraction=0.4)
    left, right, _ = first_batches(sampler, 60)
    counts = np.zeros((10, 10))
    np.add.at(counts, (left, right), 1)
    size = (labels == labels[:, None]).sum(axis=1)
    for i, j in itertools.product(range(10), range(10)):
        if i == j:
            probability = 0.0
        elif labels[i] == labels[j]:
            probability = 0.4 / 3 / size[i] / (size[i] - 1)
        else:
            probability = 0.6 / 3 / size[i] / 2 / size[j]
        assert within_five_deviations(counts[i, j], len(left), probability), (i, j)


# What all samplers promise


def pair_samplers() -> dict[str, Callable[[int], PairSampler | BalancedBatchSampler]]:
    ring = np.stack([np.arange(1, 31) % 30, np.arange(2, 32) % 30], axis=1)
    left, right = np.arange(30), (np.arange(30) + 7) % 30
    return {
        "labels": lambda seed: PairSampler(labels_of([4, 11, 15]), 8, seed),
        "neighbours": lambda seed: PairSampler.from_neighbours(ring, 8, seed),
        "pairs": lambda seed: PairSampler.from_pairs(left, right, left % 2, 8, seed),
        "balanced": lambda seed: BalancedBatchSampler(labels_of([4, 11, 15]), 8, seed),
    }


every_sampler = pytest.mark.parametrize("make", pair_samplers().values(), ids=pair_samplers())


@every_sampler
def test_a_batch_depends_on_seed_and_step_alone(make):
    walked, jumped = make(7), make(7)
    expected = [np.stack(walked.batch(step)) for step in range(200)]
    for step in np.random.default_rng(0).permutation(200):
        assert np.array_equal(np.stack(jumped.batch(step)), expected[step])
    assert equal([np.stack(batch) for batch in make(7)], expected[: len(walked)])
    other = [np.stack(make(8).batch(step)) for step in range(5)]
    assert not any(np.array_equal(a, b) for a, b in zip(other, expected, strict=False))


@every_sampler
def test_a_far_step_is_the_same_wherever_one_comes_from(make):
    near, far = make(1), make(1)
    near.batch(10**9 - 1)
    assert np.array_equal(np.stack(near.batch(10**9)), np.stack(far.batch(10**9)))


@every_sampler
def test_each_iteration_is_the_next_epoch(make):
    sampler, reference = make(3), make(3)
    assert len(sampler) == 3
    for epoch in range(3):
        batches = list(map(np.stack, sampler))
        assert equal(batches, [np.stack(reference.batch(3 * epoch + i)) for i in range(3)])
    # An iterator has its epoch from the moment it is made, whether used or not.
    fourth, fifth = iter(sampler), iter(sampler)
    assert np.array_equal(np.stack(next(fifth)), np.stack(reference.batch(12)))
    assert np.array_equal(np.stack(next(fourth)), np.stack(reference.batch(9)))


@every_sampler
def test_next_of_iter_gives_new_batches_each_time(make):
    sampler = make(3)
    first, second = np.stack(next(iter(sampler))), np.stack(next(iter(sampler)))
    assert not np.array_equal(first, second)


@every_sampler
def test_what_a_caller_does_to_a_batch_stays_there(make):
    sampler = make(2)
    before = np.stack(sampler.batch(0))
    batch = sampler.batch(0)
    for array in batch if isinstance(batch, tuple) else [batch]:
        array[:] = 0
    assert np.array_equal(np.stack(sampler.batch(0)), before)


@every_sampler
def test_copies_go_on_alike(make):
    sampler = make(2)
    next(iter(sampler))
    for twin in (copy.deepcopy(sampler), pickle.loads(pickle.dumps(sampler))):
        assert np.array_equal(np.stack(twin.batch(4)), np.stack(sampler.batch(4)))


def test_size_seed_and_length():
    labels = labels_of([50, 50])
    sampler = PairSampler(labels, 30, seed=5)
    assert (sampler.size, sampler.batch_size, sampler.seed, len(sampler)) == (100, 30, 5, 3)
    assert len(PairSampler(labels, 101)) == 1
    assert len(list(BalancedBatchSampler(labels, 30, steps_per_epoch=7))) == 7


@pytest.mark.parametrize("sampler", [PairSampler, BalancedBatchSampler])
def test_only_equality_of_labels_matters(sampler):
    numbers = labels_of([3, 4, 5])
    expected = np.stack(sampler(numbers, 16).batch(3))
    for labels in (
        numbers.astype(np.int8),
        numbers.tolist(),
        ["abc"[n] for n in (numbers + 4) // 3],
        np.array([b"x", b"y", b"z"])[(numbers + 4) // 3],
    ):
        assert np.array_equal(np.stack(sampler(labels, 16).batch(3)), expected)


# Explicit pairs


def test_given_pairs_come_once_a_pass_as_given():
    rng = np.random.default_rng(0)
    left, right = rng.permutation(200)[:96].reshape(2, 48)
    same = rng.integers(0, 2, 48)
    sampler = PairSampler.from_pairs(left, right, same, 16)
    assert sampler.size is None
    assert sampler.same_fraction == same.mean()
    epochs = []
    for _ in range(3):
        parts = [np.concatenate(part) for part in zip(*sampler, strict=True)]
        assert [part.dtype for part in parts] == [np.int64, np.int64, np.float32]
        epochs.append(list(zip(*parts, strict=True)))
        assert sorted(epochs[-1]) == sorted(zip(left, right, same, strict=True))
    assert epochs[0] != epochs[1] != epochs[2]


def test_drawn_pairs_can_be_given_back():
    drawn = PairSampler(labels_of([5, 5]), 6).batch(0)
    given_back = PairSampler.from_pairs(*drawn, batch_size=6).batch(0)
    assert sorted(zip(*given_back, strict=True)) == sorted(zip(*drawn, strict=True))


# Errors


@pytest.mark.parametrize("sampler", [PairSampler, BalancedBatchSampler])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(3, dtype=int), r"labels have shape \(3, 3\).*argmax"),
        (np.array([[0], [0], [1], [1]]), r"labels have shape \(4, 1\).*ravel"),
        ([], r"labels have shape \(0,\)"),
        (3, r"labels have shape \(\)"),
        ([1, 1, 1], "one class only, 1"),
        ([0, 0, 1, 2, 2, 3], r"single image in 2 of 4 classes \(1, 3\)"),
        (["cat", "cat", "dog"], r"1 of 2 classes \(dog\)"),
        (list(range(9)), r"\(0, 1, 2, 3, 4, \.{3}\)"),
        ([0.0, 0.0, 1.0, 1.0], r"labels are float64.*astype\(int\)"),
        ([0.0, 0.0, np.nan, np.nan], "NaN"),
        (np.array(["a", "a", None, None], dtype=object), "labels are object"),
    ],
)
def test_labels_that_cannot_be_meant(sampler, labels, message):
    with pytest.raises(ValueError, match=message):
        sampler(labels)


@every_sampler
def test_steps_that_cannot_be_meant(make):
    for step in (-1, 0.5, None):
        with pytest.raises(ValueError, match=f"step is {step}; expected a whole number, 0 or more"):
            make(0).batch(step)


@pytest.mark.parametrize(
    "make",
    [
        lambda **settings: PairSampler([0, 0, 1, 1], **settings),
        lambda **settings: BalancedBatchSampler([0, 0, 1, 1], **settings),
        lambda **settings: PairSampler.from_neighbours([[1], [0], [3], []], **settings),
        lambda **settings: PairSampler.from_pairs([0], [1], [True], **settings),
    ],
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 2.5),
        ("seed", -1),
        ("seed", "x"),
        ("steps_per_epoch", 0),
    ],
)
def test_numbers_that_cannot_be_meant(make, name, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; expected a whole number"):
        make(**{name: value})


@pytest.mark.parametrize("same_fraction", [-0.1, 1.1, float("nan")])
def test_fractions_that_cannot_be_meant(same_fraction):
    message = f"same_fraction is {same_fraction}; expected a number from 0 to 1"
    with pytest.raises(ValueError, match=message):
        PairSampler([0, 0, 1, 1], same_fraction=same_fraction)
    with pytest.raises(ValueError, match=message):
        PairSampler.from_neighbours([[1], [0], [3], []], same_fraction=same_fraction)


@pytest.mark.parametrize(
    ("left", "right", "same", "message"),
    [
        ([0, 1], [1], [1, 0], r"have shapes \(2,\), \(1,\) and \(2,\)"),
        ([[0]], [[1]], [[1]], r"have shapes \(1, 1\)"),
        ([], [], [], r"have shapes \(0,\)"),
        ([0.0], [1], [1], "left holds float64 .*expected indices"),
        ([0, 2], [1, -3], [1, 1], "right holds .* -3; expected indices"),
        ([0, 0], [1, 2], [1, 2], "same holds .*2.*; expected the number 1"),
        ([0], [1], [np.nan], "same holds .*nan.*; expected the number 1"),
        ([0], [1], ["yes"], "same holds .*yes.*; expected the number 1"),
        ([0, 5, 6], [1, 5, 6], [1, 1, 1], "2 of 3 pairs .* pair 1 is image 5 twice"),
    ],
)
def test_pairs_that_cannot_be_meant(left, right, same, message):
    with pytest.raises(ValueError, match=message):
        PairSampler.from_pairs(left, right, same)
