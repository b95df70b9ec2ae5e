"""The paper's neighbourhood graph, and pairs drawn from it, against a dense adjacency matrix."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from sampling import equal, first_batches, within_five_deviations

from siamese_lib.pairs.neighbour_graph import neighbour_graph
from siamese_lib.pairs.samplers import PairSampler


def adjacency(neighbours: Sequence[Iterable[int]] | np.ndarray) -> np.ndarray:
    """Whether any two images are neighbours, bool (N, N), the obvious way."""
    near = np.zeros((len(neighbours), len(neighbours)), bool)
    for i, row in enumerate(neighbours):
        for j in row:
            if j != -1:
                near[i, j] = near[j, i] = True
    return near


def random_rows(size: int, most: int, seed: int) -> list[np.ndarray]:
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
    # Each image has one neighbour, so both orders have 40 items, one for each image.
    couples = np.arange(40).reshape(-1, 2)[:, ::-1].reshape(-1, 1)
    different, same = (
        PairSampler.from_neighbours(couples, 40, same_fraction=f).batch(0)[0] for f in (0, 1)
    )
    assert np.array_equal(np.sort(different), np.sort(same))
    assert not np.array_equal(different, same)


def test_padding_rows_and_either_direction_describe_the_same_graph():
    padded = np.array([[1, 2, -1], [-1, -1, -1], [1, -1, 1], [-1, -1, -1]])
    expected = PairSampler.from_neighbours(padded, 50).batch(0)
    for rows in ([[1, 2], [], [1], []], [[1], [2], [0], np.array([-1])]):
        assert equal(PairSampler.from_neighbours(rows, 50).batch(0), expected)
    assert PairSampler.from_neighbours(padded, 50).size == 4


@pytest.mark.parametrize("shape", [(30, 2), (200, 6, 5, 1)])
@pytest.mark.parametrize("k", [1, 5, 29])
def test_neighbour_graph_is_a_stable_sort_of_all_distances(shape, k, monkeypatch):
    monkeypatch.setattr("siamese_lib.search.vectors._BLOCK_BYTES", 7 * 8 * shape[0])
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


def test_neighbours_far_from_0_are_not_taken_for_others():
    line = np.array([0.0, 0.3, 0.5, 0.55])[:, None]
    for away in (0, 1e3, 1e9, 1e12):
        assert neighbour_graph(line + away, 1).ravel().tolist() == [1, 2, 3, 2]
    with pytest.raises(ValueError, match=r"expected finite numbers within ±1e\+30"):
        neighbour_graph(line + 1e200, 1)


@pytest.mark.parametrize(
    ("neighbours", "message"),
    [
        ([[1], [4], [], []], "row 1 holds 4; expected 0 to N - 1 = 3, or -1 for none"),
        ([[1], [-2], [], []], "row 1 holds -2"),
        (np.array([[0, 1], [1, 0], [2, 1]]), "image 0 .and 2 more. is its own neighbour.*1:"),
        (np.array([[1.0], [0.0]]), "row 0 is float64"),
        (np.array([1, 0]), r"row 0 is int64 of shape \(\)"),
        (np.full((4, 2), -1), "no neighbour in any of 4 rows"),
        ([], "no neighbour in any of 0 rows"),
        ([[1, 2], [], [], [0]], "image 0 is a neighbour of every other image"),
    ],
)
def test_neighbours_that_cannot_be_meant(neighbours, message):
    with pytest.raises(ValueError, match=message):
        PairSampler.from_neighbours(neighbours)


@pytest.mark.parametrize(
    ("images", "k", "message"),
    [
        (np.zeros(5), 1, r"images are float64 of shape \(5,\).*None"),
        (np.full((3, 2), "x"), 1, "images: got <U1"),
        (np.zeros((5, 2)), 5, "k is 5; expected at most 4"),
        (np.zeros((5, 2)), 0, "k is 0; expected a whole number, 1 or more"),
        (np.zeros((5, 2)), 1.5, "k is 1.5"),
        (np.array([[0.0], [np.inf], [1.0]]), 1, "infinity .* in 1 of 3 rows, first in row 1"),
    ],
)
def test_images_that_have_no_neighbours(images, k, message):
    with pytest.raises(ValueError, match=message):
        neighbour_graph(images, k)
