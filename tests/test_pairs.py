"""Samplers of pairs and batches, and the neighbourhood graph.

Bounds on counts are five standard deviations of a binomial count, which a right sampler misses
once in two million. Seeds are fixed, so a test that passed once passes always; only another
stream of numbers from numpy would draw again.
"""

from __future__ import annotations

import copy
import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_lib.neighbours import neighbour_graph
from siamese_lib.pairs import BalancedBatchSampler, PairSampler

GRID = [
    pytest.param(classes, uneven, batch_size, seed, id=f"{classes}-{uneven}-{batch_size}-{seed}")
    for classes, uneven, (batch_size, seed) in itertools.product(
        (2, 3, 7, 10), (False, True), zip((1, 2, 13, 64, 257), (0, 1, 2, 3, 2**40), strict=True)
    )
]
grid = pytest.mark.parametrize(("classes", "uneven", "batch_size", "seed"), GRID)

sizes_of_classes = st.lists(st.integers(2, 40), min_size=2, max_size=10)
batch_sizes = st.integers(1, 60)


def labels_of(sizes, seed=0):
    """Labels of classes of these sizes, numbered with gaps, in random order."""
    labels = np.repeat(3 * np.arange(len(sizes)) - 4, sizes)
    return np.random.default_rng(seed).permutation(labels)


def grid_labels(classes, uneven):
    sizes = [2 + 7 * c * c if uneven else 20 for c in range(classes)]
    return labels_of(sizes, seed=classes)


def within_five_deviations(count, trials, probability):
    deviation = np.sqrt(trials * probability * (1 - probability))
    return (np.abs(count - trials * probability) <= 5 * deviation).all()


def first_batches(sampler, steps):
    return [np.concatenate(part) for part in zip(*map(sampler.batch, range(steps)), strict=True)]


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


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


# What all samplers promise


def pair_samplers():
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


def test_threads_do_not_disturb_each_other():
    labels = labels_of([2, 3, 5, 8, 13, 21])
    steps = np.random.default_rng(0).integers(0, 100, 500)
    alone = BalancedBatchSampler(labels, 64)
    expected = [alone.batch(step) for step in steps]
    with ThreadPoolExecutor(8) as pool:
        assert equal(pool.map(BalancedBatchSampler(labels, 64).batch, steps), expected)


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


# Balanced batches


@grid
def test_each_balanced_batch_is_even_to_within_one(classes, uneven, batch_size, seed):
    labels = grid_labels(classes, uneven)
    names = np.unique(labels)
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    for step in range(40):
        batch = sampler.batch(step)
        assert batch.shape == (batch_size,)
        assert batch.dtype == np.int64
        assert np.ptp((labels[batch] == names[:, None]).sum(axis=1)) <= 1


@given(sizes_of_classes, batch_sizes, st.integers(0, 5))
def test_no_image_is_twice_in_a_balanced_batch(sizes, batch_size, seed):
    labels = labels_of(sizes)
    share = -(-batch_size // len(sizes))
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    size = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    for step in range(-(-5 * max(sizes) * len(sizes) // batch_size)):
        images, counts = np.unique(sampler.batch(step), return_counts=True)
        for image, count in zip(images, counts, strict=True):
            n = size[labels[image]]
            assert count <= (1 if n >= share else -(-share // n))


@pytest.mark.parametrize("share", [1, 2, 3, 8, 13])
def test_no_image_is_twice_in_a_batch_that_holds_a_large_part_of_its_class(share):
    for size in range(max(share, 2), 3 * share + 1):
        sampler = BalancedBatchSampler(np.arange(2 * size) % 2, 2 * share - 1, seed=size)
        for step in range(200):
            assert len(set(sampler.batch(step))) == 2 * share - 1


@given(sizes_of_classes, batch_sizes, st.integers(0, 5))
def test_balanced_batches_go_through_each_class_once_a_pass(sizes, batch_size, seed):
    labels = labels_of(sizes)
    sampler = BalancedBatchSampler(labels, batch_size, seed)
    steps = -(-4 * max(sizes) * len(sizes) // batch_size)
    shown = np.concatenate([sampler.batch(step) for step in range(steps)])
    share = -(-batch_size // len(sizes))
    for name in np.unique(labels):
        members = np.flatnonzero(labels == name)
        seen = shown[labels[shown] == name]
        passes = seen[: len(seen) // len(members) * len(members)].reshape(-1, len(members))
        assert len(passes) >= 3
        assert (np.sort(passes, axis=1) == members).all()
        if len(members) >= max(20, 2 * share):  # equal orders: less than once in 20! / 2 passes
            assert not (passes[1:] == passes[:-1]).all(axis=1).any()


# Explicit pairs


def test_given_pairs_come_once_a_pass_as_given():
    rng = np.random.default_rng(0)
    left, right = rng.permutation(200)[:96].reshape(2, 48)
    same = rng.integers(0, 2, 48)
    sampler = PairSampler.from_pairs(left, right, same, 16)
    assert sampler.size is None
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


# The paper's neighbourhood graph


def adjacency(neighbours):
    """Whether any two images are neighbours, bool (N, N), the obvious way."""
    near = np.zeros((len(neighbours), len(neighbours)), bool)
    for i, row in enumerate(neighbours):
        for j in row:
            if j != -1:
                near[i, j] = near[j, i] = True
    return near


def random_rows(size, most, seed):
    """Rows of up to `most` neighbours, some empty, some with a neighbour named twice."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(size):
        others = np.delete(np.arange(size), i)
        rows.append(rng.choice(others, rng.integers(0, most + 1)))
    return rows


@pytest.mark.parametrize("batch_size", [1, 13, 128])
@pytest.mark.parametrize(("size", "most"), [(4, 1), (12, 3), (60, 5), (60, 20)])
def test_neighbour_pairs_are_neighbours_and_different_pairs_are_not(size, most, batch_size):
    rows = random_rows(size, most, seed=3)
    near = adjacency(rows)
    sampler = PairSampler.from_neighbours(rows, batch_size, seed=1)
    left, right, same = first_batches(sampler, -(-5000 // batch_size))
    assert (left.dtype, right.dtype, same.dtype) == (np.int64, np.int64, np.float32)
    assert (left != right).all()
    assert np.array_equal(near[left, right], same == 1)
    assert within_five_deviations(same.sum(), len(same), 0.5)


def test_every_pair_of_a_graph_is_as_likely_as_it_should_be():
    rows = [*random_rows(9, 3, seed=0), [], []]
    rows[0] = np.arange(1, 10)  # all but one: the last stranger must still be found
    near = adjacency(rows)
    size = len(rows)
    sampler = PairSampler.from_neighbours(rows, 1000, seed=2, same_fraction=0.3)
    left, right, _ = first_batches(sampler, 60)
    counts = np.zeros((size, size))
    np.add.at(counts, (left, right), 1)
    for i, j in itertools.product(range(size), range(size)):
        if i == j:
            probability = 0.0
        elif near[i, j]:
            probability = 0.3 / near.sum()
        else:
            probability = 0.7 / size / (size - 1 - near[i].sum())
        assert within_five_deviations(counts[i, j], len(left), probability), (i, j)


def test_similar_and_different_pairs_of_a_graph_walk_apart():
    # Each image has one neighbour, so both walks go through 40 items, one for each image.
    couples = np.arange(40).reshape(-1, 2)[:, ::-1].reshape(-1, 1)
    walks = [PairSampler.from_neighbours(couples, 40, same_fraction=f).batch(0)[0] for f in (0, 1)]
    assert np.array_equal(*np.sort(walks))
    assert not np.array_equal(*walks)


def test_padding_rows_and_either_direction_describe_the_same_graph():
    padded = np.array([[1, 2, -1], [-1, -1, -1], [1, -1, 1], [-1, -1, -1]])
    expected = PairSampler.from_neighbours(padded, 50).batch(0)
    for rows in ([[1, 2], [], [1], []], [[1], [2], [0], np.array([-1])]):
        assert equal(PairSampler.from_neighbours(rows, 50).batch(0), expected)
    assert PairSampler.from_neighbours(padded, 50).size == 4


@pytest.mark.parametrize("shape", [(30, 2), (200, 6, 5, 1)])
@pytest.mark.parametrize("k", [1, 5, 29])
def test_neighbour_graph_is_a_stable_sort_of_all_distances(shape, k, monkeypatch):
    monkeypatch.setattr("siamese_lib.neighbours._CHUNK_BYTES", 7 * 8 * shape[0])  # 7 rows at once
    images = np.random.default_rng(0).integers(0, 4, shape, dtype=np.uint8)  # many equal distances
    flat = images.reshape(len(images), -1).astype(int)
    graph = neighbour_graph(images, k)
    assert graph.dtype == np.int64
    for i, row in enumerate(graph):
        squares = ((flat - flat[i]) ** 2).sum(axis=1)
        order = [j for j in np.argsort(squares, kind="stable") if j != i]
        assert row.tolist() == order[:k]


def test_neighbour_graph_of_float_vectors_feeds_the_sampler():
    vectors = np.random.default_rng(1).normal(size=(80, 3)).astype(np.float32)
    graph = neighbour_graph(vectors)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    distances[np.diag_indices(80)] = np.inf
    assert np.array_equal(graph, np.argsort(distances, axis=1)[:, :5])
    left, right, same = PairSampler.from_neighbours(graph, 500).batch(0)
    assert np.array_equal(adjacency(graph)[left, right], same == 1)


# Errors


@pytest.mark.parametrize("sampler", [PairSampler, BalancedBatchSampler])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(3, dtype=int), r"got \(3, 3\).*argmax"),
        (np.array([[0], [0], [1], [1]]), r"got \(4, 1\).*ravel"),
        ([], r"got \(0,\)"),
        (3, r"got \(\)"),
        ([1, 1, 1], "one class only, 1"),
        ([0, 0, 1, 2, 2, 3], "2 of 4 classes have a single image.* 1, 3"),
        (["cat", "cat", "dog"], "1 of 2 classes.* dog"),
        (list(range(9)), "0, 1, 2, 3, 4, [.]{3}[.]"),
        ([0.0, 0.0, 1.0, 1.0], r"got float64.*astype\(int\)"),
        ([0.0, 0.0, np.nan, np.nan], "NaN"),
        (np.array(["a", "a", None, None], dtype=object), "got object"),
    ],
)
def test_labels_that_cannot_be_meant(sampler, labels, message):
    with pytest.raises(ValueError, match=message):
        sampler(labels)


@every_sampler
def test_steps_that_cannot_be_meant(make):
    for step in (-1, 0.5, None):
        with pytest.raises(ValueError, match=f"step must be a whole number from 0 up, got {step}"):
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
    with pytest.raises(ValueError, match=f"{name} must be a whole number.*got {value!r}"):
        make(**{name: value})


@pytest.mark.parametrize("same_fraction", [-0.1, 1.1, float("nan")])
def test_fractions_that_cannot_be_meant(same_fraction):
    message = f"same_fraction must be from 0 to 1, got {same_fraction}"
    with pytest.raises(ValueError, match=message):
        PairSampler([0, 0, 1, 1], same_fraction=same_fraction)
    with pytest.raises(ValueError, match=message):
        PairSampler.from_neighbours([[1], [0], [3], []], same_fraction=same_fraction)


@pytest.mark.parametrize(
    ("left", "right", "same", "message"),
    [
        ([0, 1], [1], [1, 0], r"got \(2,\), \(1,\) and \(2,\)"),
        ([[0]], [[1]], [[1]], r"got \(1, 1\)"),
        ([], [], [], r"got \(0,\)"),
        ([0.0], [1], [1], "left must be .* got float64"),
        ([0, 2], [1, -3], [1, 1], "right must be .* -3"),
        ([0, 0], [1, 2], [1, 2], "same must be .* got .*2"),
        ([0], [1], [np.nan], "same must be .* got .*nan"),
        ([0], [1], ["yes"], "same must be .* got .*yes"),
        ([0, 5, 6], [1, 5, 6], [1, 1, 1], "2 of 3 pairs .* pair 1 is image 5 twice"),
    ],
)
def test_pairs_that_cannot_be_meant(left, right, same, message):
    with pytest.raises(ValueError, match=message):
        PairSampler.from_pairs(left, right, same)


@pytest.mark.parametrize(
    ("neighbours", "message"),
    [
        ([[1], [4], [], []], "0 to N - 1 = 3, or -1 for none; got 4 in row 1"),
        ([[1], [-2], [], []], "got -2 in row 1"),
        (np.array([[0, 1], [1, 0], [2, 1]]), "image 0 .and 2 more. is its own neighbour.*1:"),
        (np.array([[1.0], [0.0]]), "row 0 is float64"),
        (np.array([1, 0]), r"row 0 is int64 of shape \(\)"),
        (np.full((4, 2), -1), "no neighbour in any of 4 rows"),
        ([], "no neighbour in any of 0 rows"),
        ([[1, 2], [], [], [0]], "image 0 is a neighbour of everyone"),
    ],
)
def test_neighbours_that_cannot_be_meant(neighbours, message):
    with pytest.raises(ValueError, match=message):
        PairSampler.from_neighbours(neighbours)


@pytest.mark.parametrize(
    ("images", "k", "message"),
    [
        (np.zeros(5), 1, r"got float64 of shape \(5,\).*None"),
        (np.full((3, 2), "x"), 1, "got <U1"),
        (np.zeros((5, 2)), 5, "got k = 5 and 5 images"),
        (np.zeros((5, 2)), 0, "k must be a whole number from 1 up, got 0"),
        (np.zeros((5, 2)), 1.5, "got 1.5"),
        (np.array([[0.0], [np.inf], [1.0]]), 1, "infinity in image 1"),
    ],
)
def test_images_that_have_no_neighbours(images, k, message):
    with pytest.raises(ValueError, match=message):
        neighbour_graph(images, k)
