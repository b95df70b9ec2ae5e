"""Graphs of factors and of transformations against loops over all pairs, and the paper's counts."""

from __future__ import annotations

import tracemalloc
from itertools import combinations, product

import numpy as np
import pytest
from sampling import first_batches, within_five_deviations

from siamese_lib.data.shifts import shifted
from siamese_lib.pairs.known_neighbours import factor_graph, pair_counts, transformed_graph
from siamese_lib.pairs.neighbour_graph import neighbour_graph
from siamese_lib.pairs.samplers import PairSampler

VIEWS = np.array(list(product(range(0, 360, 20), range(30, 75, 5), range(6))))  # all 972


def as_pairs(neighbours: np.ndarray) -> set[tuple[int, int]]:
    """The similar pairs, lower index first."""
    return {
        (min(i, j), max(i, j)) for i, row in enumerate(neighbours.tolist()) for j in row if j >= 0
    }


def turned_apart(one: float, other: float, period: float | None) -> float:
    """How far two angles are apart, the obvious way."""
    apart = abs(one - other)
    while period is not None and apart > period:
        apart -= period
    return apart if period is None else min(apart, period - apart)


@pytest.mark.parametrize("rows_in_memory", [1, 7, 1000])
@pytest.mark.parametrize(
    ("steps", "periods"),
    [
        ((20, 5), (360, None)),
        ((20, 0), (360, None)),
        (0, None),
        ((40, np.inf), None),
        (7.5, (90, 15)),
    ],
)
def test_factor_graph_is_a_loop_over_all_pairs(steps, periods, rows_in_memory, monkeypatch):
    monkeypatch.setattr("siamese_lib.search.vectors._BLOCK_BYTES", rows_in_memory * 16 * 90)
    views = np.random.default_rng(0).permutation(VIEWS)[:90, :2]
    graph = factor_graph(views, steps, periods=periods)
    assert graph.dtype == np.int64
    step, period = np.broadcast_to(steps, 2), periods or (None, None)
    expected = {
        (i, j)
        for i, j in combinations(range(90), 2)
        if all(
            turned_apart(a, b, p) <= s
            for a, b, s, p in zip(views[i], views[j], step, period, strict=True)
        )
    }
    assert as_pairs(graph) == expected
    for i, row in enumerate(graph.tolist()):
        listed = [j for j in row if j >= 0]
        assert listed == sorted(set(listed) - {i})
        assert row == listed + [-1] * (len(row) - len(listed))


def test_the_pairs_of_the_aeroplane_are_as_many_as_in_the_paper():
    graph = factor_graph(VIEWS[:, :2], (20, 5), periods=(360, None))
    # By hand. One camera, two lights: 162 cameras with 15 pairs each. Two cameras, any lights: 36
    # pairs for each two cameras next to each other, in azimuth 162, in elevation 144, in both 288.
    assert pair_counts(graph) == (162 * 15 + 36 * (162 + 144 + 288), 972 * 971 // 2 - 23_814)
    similar, different = 10_989, 206_481  # in the paper, of 660 pictures
    assert similar + different == 660 * 659 // 2
    expected = 23_814 * (660 * 659) / (972 * 971)
    assert round(expected) == 10_974
    assert abs(expected / similar - 1) < 0.002
    for seed in range(5):
        chosen = np.random.default_rng(seed).permutation(972)[:660]
        counts = pair_counts(factor_graph(VIEWS[chosen, :2], (20, 5), periods=(360, None)))
        assert sum(counts) == similar + different
        assert abs(counts.similar / similar - 1) < 0.02


def test_a_step_that_is_a_rounding_error_too_large_is_a_step():
    angles = np.deg2rad(np.arange(0, 360, 20))
    in_degrees = factor_graph(np.arange(0, 360, 20), 20, periods=[360])
    assert in_degrees.shape == (18, 2)
    assert in_degrees.min() == 0
    in_radians = factor_graph(angles, np.deg2rad(20), periods=[2 * np.pi])
    assert np.array_equal(in_radians, in_degrees)


@pytest.mark.parametrize("copies", [1, 2, 5])
@pytest.mark.parametrize("as_rows", [False, True])
def test_transformed_copies_of_neighbours_are_similar(copies, as_rows):
    neighbours = np.array([[1, 3, -1], [2, -1, -1], [-1, -1, -1], [0, 4, 2], [-1, -1, -1]])
    given = [[j for j in row if j >= 0] for row in neighbours.tolist()] if as_rows else neighbours
    near = as_pairs(neighbours)
    expected = {
        (a, b)
        for a, b in combinations(range(5 * copies), 2)
        if a % 5 == b % 5 or (min(a % 5, b % 5), max(a % 5, b % 5)) in near
    }
    assert as_pairs(transformed_graph(given, copies)) == expected


def test_copies_alone_are_similar_without_neighbours():
    graph = transformed_graph(np.empty((4, 0), int), 3)
    assert as_pairs(graph) == {(a, b) for a, b in combinations(range(12), 2) if a % 4 == b % 4}


def test_versions_are_in_the_order_of_concatenated_shifts():
    images = np.zeros((3, 4, 6), np.uint8)
    images[np.arange(3), np.arange(3), 2] = 255  # each image has a row of its own
    versions = np.concatenate([shifted(images, by) for by in (-1, 0, 2)])
    for i, j in as_pairs(transformed_graph(np.empty((3, 0), int), 3)):
        assert np.array_equal(versions[i].any(axis=1), versions[j].any(axis=1))


def test_the_union_of_graphs_holds_the_pairs_of_both():
    images = np.random.default_rng(0).random((40, 6))
    views = np.random.default_rng(1).permutation(VIEWS)[:40, :2]
    pixels, pose = neighbour_graph(images, 3), factor_graph(views, (20, 5), periods=(360, None))
    both = np.hstack([pixels, pose])
    expected = as_pairs(pixels) | as_pairs(pose)
    assert len(as_pairs(pixels) & as_pairs(pose)) > 0
    assert pair_counts(both) == (len(expected), 40 * 39 // 2 - len(expected))
    left, right, same = PairSampler.from_neighbours(both, 3000).batch(0)
    for i, j, is_similar in zip(left.tolist(), right.tolist(), same.tolist(), strict=True):
        assert ((min(i, j), max(i, j)) in expected) == is_similar


def test_the_papers_own_weights_are_a_share_of_similar_pairs():
    graph = factor_graph(VIEWS[::3, :2], (20, 5), periods=(360, None))
    counts = pair_counts(graph)
    share = counts.similar / sum(counts)
    sampler = PairSampler.from_neighbours(graph, 1000, same_fraction=share)
    _, _, same = first_batches(sampler, 40)
    assert within_five_deviations(same.sum(), len(same), share)


def test_different_pairs_are_never_listed():
    count, copies = 1000, 5
    ring = (np.arange(count)[:, None] + [1, 2]) % count
    tracemalloc.start()
    graph = transformed_graph(ring, copies)
    counts = pair_counts(graph)
    PairSampler.from_neighbours(graph, 128).batch(0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts.similar == 10 * count + 2 * count * copies**2
    assert counts.different == 5000 * 4999 // 2 - counts.similar > 12_000_000
    assert most < 4 * counts.different  # 8 bytes for each would be 100 MB


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: factor_graph(np.zeros((3, 2, 2)), 1), r"shape \(3, 2, 2\)"),
        (lambda: factor_graph([[0.0], [np.nan]], 1), "finite numbers"),
        (lambda: factor_graph([], 1), r"shape \(0,\)"),
        (lambda: factor_graph(["left", "right"], 1), "factors: got <U5"),
        (lambda: factor_graph([0, 1], -1), "steps is -1"),
        (lambda: factor_graph([0, 1], (1, 2)), "1 factors have 2 steps and 1 periods"),
        (lambda: factor_graph([0, 1], 1, periods=(360, None)), "1 steps and 2 periods"),
        (lambda: factor_graph([0, 1], 1, periods=[0]), "periods is 0"),
        (lambda: transformed_graph([[1], [0]], 0), "copies is 0"),
        (lambda: transformed_graph([[1], [2]], 2), "row 1 holds 2"),
        (lambda: transformed_graph([[1], [1]], 2), "image 1 is its own neighbour"),
        (lambda: pair_counts(np.full((3, 1), -1)), "no neighbour in any of 3 rows"),
    ],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(ValueError, match=message):
        call()
