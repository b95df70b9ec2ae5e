"""The gallery against a slow, obvious search: every distance in float64, one stable sort."""

from __future__ import annotations

import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from siamese_lib.search import indexes, vectors
from siamese_lib.search.gallery import Gallery

APPROXIMATE = ("hnsw", "ivf")


def slow_nearest(
    embeddings: np.ndarray,
    queries: np.ndarray,
    k: int,
    metric: str = "euclidean",
    exclude_self: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Every distance by a Python loop, then a sort by (distance, index)."""
    indices, distances = [], []
    for i, query in enumerate(queries.tolist()):
        row = []
        for j, other in enumerate(embeddings.tolist()):
            if exclude_self and i == j:
                continue
            if metric == "euclidean":
                distance = math.dist(query, other)
            else:
                product = math.fsum(a * b for a, b in zip(query, other, strict=True))
                distance = 1 - product / math.hypot(*query) / math.hypot(*other)
            row.append((distance, j))
        row.sort()
        distances.append([distance for distance, _ in row[:k]])
        indices.append([j for _, j in row[:k]])
    return np.array(indices), np.array(distances)


def clusters(count: int, dim: int, spread: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(5, dim))
    return (centres[rng.integers(5, size=count)] + spread * rng.normal(size=(count, dim))).astype(
        np.float32
    )


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize(
    ("metric", "dim", "k"),  # not cosine in 1-D, where all angles tie but for rounding
    [
        ("euclidean", 1, 1),
        ("euclidean", 2, 7),
        ("euclidean", 16, 3),
        ("euclidean", 2, 119),
        ("cosine", 2, 7),
        ("cosine", 16, 3),
        ("cosine", 2, 119),
    ],
)
def test_nearest_is_a_stable_sort_of_all_distances(metric, dim, k, exclude_self):
    embeddings = clusters(120, dim, 0.3)
    queries = embeddings if exclude_self else clusters(50, dim, 0.3, seed=1)
    gallery = Gallery(embeddings, metric)
    indices, distances = gallery.nearest(queries, k, exclude_self=exclude_self)
    expected, expected_distances = slow_nearest(embeddings, queries, k, metric, exclude_self)
    assert (indices.dtype, distances.dtype) == (np.int64, np.float32)
    assert np.array_equal(indices, expected)
    np.testing.assert_allclose(distances, expected_distances, rtol=2e-7, atol=1e-15)


def test_a_gallery_says_what_it_is():
    gallery = Gallery(clusters(30, 3, 1), metric="cosine", index="flat")
    assert (len(gallery), gallery.dim, gallery.metric) == (30, 3, "cosine")
    assert repr(gallery) == "Gallery(30 embeddings, dim=3, metric='cosine', index='flat')"
    assert [part.shape for part in gallery.nearest(np.ones((2, 3)))] == [(2, 7), (2, 7)]
    assert [part.shape for part in gallery.nearest(np.empty((0, 3)), 4)] == [(0, 4), (0, 4)]


def test_k_may_be_a_number_of_numpy():
    gallery = Gallery(np.eye(20))
    found, expected = (gallery.nearest(np.eye(20), k) for k in (np.int64(3), 3))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("exclude_self", [False, True])
def test_equal_distances_are_ordered_by_index_however_many(exclude_self):
    # A grid of 3 x 3 places holding 600 points: whole crowds of candidates tie.
    embeddings = np.random.default_rng(0).integers(0, 3, (600, 2)).astype(np.float32)
    indices, distances = Gallery(embeddings).nearest(embeddings, 90, exclude_self=exclude_self)
    expected, expected_distances = slow_nearest(
        embeddings, embeddings, 90, exclude_self=exclude_self
    )
    assert np.array_equal(indices, expected)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-7)


def test_equal_distances_are_ordered_by_index_among_different_neighbours():
    # On a lattice, four neighbours are equally far; around its mean, single precision disagrees.
    lattice = np.stack(np.meshgrid(np.arange(20), np.arange(23)), axis=-1).reshape(-1, 2)
    lattice = np.random.default_rng(0).permutation(lattice)[:-7]  # so that the mean is no half
    indices, _ = Gallery(lattice).nearest(lattice, 8, exclude_self=True)
    assert np.array_equal(indices, slow_nearest(lattice, lattice, 8, exclude_self=True)[0])


def test_a_collapsed_embedding_is_answered_by_index():
    collapsed = np.full((500, 2), 0.3, np.float32)
    indices, distances = Gallery(collapsed).nearest(collapsed, 2, exclude_self=True)
    assert indices[:3].tolist() == [[1, 2], [0, 2], [0, 1]]
    assert (indices[3:] == [0, 1]).all()
    assert not distances.any()


@pytest.mark.parametrize(
    "embeddings",
    [
        pytest.param(clusters(400, 2, 1e-4), id="tight clusters"),
        pytest.param(1000 + clusters(400, 8, 0.01).astype(float), id="offset"),
        pytest.param(1e4 + 1e-6 * np.random.default_rng(1).normal(size=(400, 4)), id="far off"),
        pytest.param(1e-25 * clusters(400, 3, 1).astype(float), id="minute"),
        pytest.param(1e25 * clusters(400, 3, 1).astype(float), id="huge"),
        pytest.param(
            np.concatenate([1e-3 * clusters(399, 3, 1), np.full((1, 3), 1e6)]), id="an outlier"
        ),
    ],
)
def test_single_precision_does_not_hide_a_neighbour(embeddings):
    indices, distances = Gallery(embeddings).nearest(embeddings, 5, exclude_self=True)
    expected, expected_distances = slow_nearest(embeddings, embeddings, 5, exclude_self=True)
    assert np.array_equal(indices, expected)
    np.testing.assert_allclose(distances, expected_distances, rtol=2e-7)


def test_cosine_tells_near_duplicates_apart_and_ignores_length():
    angles = np.array([3e-5, 1e-5, 2e-5, np.pi])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1) * [[1], [8], [0.1], [5]]
    indices, distances = Gallery(embeddings, "cosine").nearest(np.array([[4.0, 0.0]]), 4)
    assert indices.tolist() == [[1, 2, 0, 3]]
    np.testing.assert_allclose(distances[0, :3], [0.5e-10, 2e-10, 4.5e-10], rtol=1e-5)
    assert distances[0, 3] == 2


def test_the_size_of_chunks_changes_nothing(monkeypatch):
    embeddings = clusters(300, 4, 0.001)
    whole = Gallery(embeddings).nearest(embeddings, 6, exclude_self=True)
    for size in (7 * 8 * 4 * 22, 8 * 4 * 5):  # 7 queries at once; a fifth of one's candidates
        monkeypatch.setattr(vectors, "_BLOCK_BYTES", size)
        parts = Gallery(embeddings).nearest(embeddings, 6, exclude_self=True)
        assert all(map(np.array_equal, whole, parts))


def test_memory_beyond_the_result_does_not_grow_with_the_queries(monkeypatch):
    monkeypatch.setattr(vectors, "_BLOCK_BYTES", 1 << 20)
    gallery = Gallery(clusters(500, 8, 1))

    def peak(queries: np.ndarray) -> int:
        tracemalloc.start()
        found = gallery.nearest(queries, 3)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - sum(part.nbytes for part in found)

    few, many = (clusters(count, 8, 1, seed=1) for count in (20_000, 80_000))
    peak(few[:10])  # what is imported on first use
    assert peak(many) < 1.1 * peak(few)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float16, np.int64, np.float32, np.float64])
def test_numbers_of_any_kind_are_searched_as_they_are(dtype):
    rng = np.random.default_rng(3)
    embeddings = rng.integers(-9, 9, (80, 5)).astype(dtype)
    indices, distances = Gallery(embeddings).nearest(embeddings[:9], 12)
    expected, expected_distances = slow_nearest(embeddings, embeddings[:9], 12)
    assert np.array_equal(indices, expected)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-7)


# --- approximate ---


def recall(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.mean([len({*a} & {*b}) / len(b) for a, b in zip(found, exact, strict=True)]))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("index", APPROXIMATE)
def test_an_approximate_gallery_finds_nearly_all_and_ranks_them_exactly(index, metric):
    embeddings, queries = np.split(clusters(6300, 12, 0.5), [6000])
    exact, exact_distances = Gallery(embeddings, metric).nearest(queries, 10)
    indices, distances = Gallery(embeddings, metric, index).nearest(queries, 10)
    assert (indices.dtype, distances.dtype) == (np.int64, np.float32)
    assert recall(indices, exact) > 0.95
    assert (np.diff(distances, axis=1) >= 0).all()
    same = indices == exact
    assert np.array_equal(distances[same], exact_distances[same])
    itself, _ = Gallery(embeddings, metric, index).nearest(embeddings, 2, exclude_self=True)
    assert not (itself == np.arange(6000)[:, None]).any()


@pytest.mark.parametrize(
    ("index", "little", "much"),
    [
        ("hnsw", {"M": 4, "ef_construction": 16, "ef_search": 1}, {"ef_search": 400}),
        ("ivf", {"nlist": 200, "nprobe": 1}, {"nlist": 200, "nprobe": 200}),
    ],
)
def test_more_effort_finds_more(index, little, much):
    embeddings = np.random.default_rng(0).normal(size=(4000, 24))
    queries = np.random.default_rng(1).normal(size=(100, 24))
    exact, _ = Gallery(embeddings).nearest(queries, 10)
    found = []
    for parameters in (little, much):
        gallery = Gallery(embeddings, index=index, **parameters)
        assert parameters.items() <= gallery.parameters.items()
        found.append(recall(gallery.nearest(queries, 10)[0], exact))
    assert found[0] < 0.9 < 0.99 < found[1]


def test_defaults_follow_the_size():
    assert indexes.settle("flat", 60_000, {}) == {}
    hnsw = {"M": 32, "ef_construction": 100, "ef_search": 64}
    assert indexes.settle("hnsw", 60_000, {"M": None}) == hnsw
    lists = {count: indexes.settle("ivf", count, {})["nlist"] for count in (1, 100, 60_000, 10**6)}
    assert lists == {1: 1, 100: 2, 60_000: 980, 10**6: 4000}
    assert indexes.settle("ivf", 100, {"nlist": 5, "nprobe": 90}) == {"nlist": 5, "nprobe": 5}


@pytest.mark.parametrize("index", APPROXIMATE)
def test_as_many_are_found_as_are_asked_for(index):
    embeddings = clusters(900, 3, 0.01)
    if index == "hnsw":
        gallery = Gallery(embeddings, index=index, ef_search=1)
    else:
        gallery = Gallery(embeddings, index=index, nlist=90, nprobe=1)
    for k in (700, 900):  # more than one list holds; all there are
        indices, distances = gallery.nearest(embeddings[:4], k)
        assert all(len({*row}) == k and min(row) >= 0 for row in indices.tolist())
        assert (np.diff(distances, axis=1) >= 0).all()


@pytest.mark.parametrize("size", [1e25, 1e-25])
@pytest.mark.parametrize("index", APPROXIMATE)
def test_an_index_copes_with_numbers_of_any_size(index, size):
    embeddings = size * clusters(400, 3, 1).astype(float)
    queries = np.concatenate([embeddings, 1e30 * np.eye(3)])
    exact, _ = Gallery(embeddings).nearest(queries, 5)
    assert recall(Gallery(embeddings, index=index).nearest(queries, 5)[0], exact) > 0.95


def test_a_single_query_leaves_the_number_of_threads_as_it_was():
    import faiss

    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(3)
        Gallery(clusters(50, 2, 1)).nearest(np.ones((1, 2)))
        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)


# --- append ---


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_what_is_appended_is_found_as_if_it_had_been_there(metric):
    embeddings, queries = clusters(300, 4, 0.3), clusters(40, 4, 0.3, seed=1)
    grown = Gallery(embeddings[:100], metric)
    for part in (embeddings[100:107], embeddings[107:107], embeddings[107:].astype(float)):
        grown.append(part)
    assert len(grown) == 300
    whole = Gallery(embeddings, metric)
    assert all(map(np.array_equal, grown.nearest(queries, 20), whole.nearest(queries, 20)))
    assert all(
        map(
            np.array_equal,
            grown.nearest(embeddings, 3, exclude_self=True),
            whole.nearest(embeddings, 3, exclude_self=True),
        )
    )


@pytest.mark.parametrize(
    ("index", "size"),  # among the others, or where the old index is blind
    [("hnsw", 1), ("ivf", 1), ("ivf", 1e12), ("flat", 1e12)],
)
def test_an_index_grows(index, size):
    gallery = Gallery(clusters(500, 4, 0.3), index=index)
    added = size * clusters(60, 4, 0.3, seed=2).astype(float)
    gallery.append(added)
    indices, distances = gallery.nearest(added, 1)
    assert indices[:, 0].tolist() == list(range(500, 560))
    assert not distances.any()


def test_a_finer_number_than_the_gallery_kept_is_kept():
    gallery = Gallery(np.ones((3, 1), np.float32))
    gallery.append(np.array([[1 + 1e-12]]))
    _, distances = gallery.nearest(np.array([[1 + 1e-12]]), 4)
    np.testing.assert_allclose(distances, [[0, 1e-12, 1e-12, 1e-12]], rtol=1e-3)


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (np.ones((2, 3)), r"embeddings: got shape \(2, 3\); expected the gallery's dimension, 2"),
        (np.ones(2), "expected numbers of shape"),
        (np.array([[1.0, 2.0], [np.nan, 0.0]]), "embeddings: got NaN.*row 1; expected finite"),
        (np.zeros((1, 2)), "all zeros"),
    ],
)
def test_what_cannot_be_appended_leaves_the_gallery_as_it_was(added, message):
    gallery = Gallery(clusters(20, 2, 1), "cosine")
    before = gallery.nearest(np.ones((1, 2)), 20)
    with pytest.raises(ValueError, match=message):
        gallery.append(added)
    assert all(map(np.array_equal, before, gallery.nearest(np.ones((1, 2)), 20)))


def test_a_gallery_keeps_its_own_copy():
    embeddings = clusters(40, 2, 1).astype(float)
    gallery = Gallery(embeddings)
    before = gallery.nearest(np.ones((3, 2)))
    embeddings[:] = 0
    assert all(map(np.array_equal, before, gallery.nearest(np.ones((3, 2)))))


def test_importing_the_module_does_not_import_faiss():
    code = "import sys, siamese_lib.search.gallery; sys.exit('faiss' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.empty((0, 2)),), r"embeddings have shape \(0, 2\); expected at least one"),
        ((np.empty((2, 0)),), r"embeddings have shape \(2, 0\)"),
        ((np.ones(3),), r"embeddings: got float64 of shape \(3,\); expected .*None"),
        ((np.full((2, 2), "x"),), "got <U1"),
        ((np.array([[1.0], [np.nan]]),), "embeddings: got NaN.*1 of 2 rows.*row 1; expected"),
        ((np.array([[np.inf], [1e31]]),), "2 of 2 rows.*row 0"),
        ((np.array([[1.0], [0.0]]), "cosine"), "all zeros.*row 1"),
        ((np.ones((2, 2)), "manhattan"), "metric is 'manhattan'; expected 'euclidean' or 'cosine'"),
        ((np.ones((2, 2)), "cosine", "lsh"), "index is 'lsh'; expected 'flat', 'hnsw' or 'ivf'"),
    ],
)
def test_what_is_no_gallery(arguments, message):
    with pytest.raises(ValueError, match=message):
        Gallery(*arguments)


@pytest.mark.parametrize(
    ("index", "parameters", "message"),
    [
        ("flat", {"nprobe": 3}, "nprobe is not for index='flat'; expected no parameters"),
        ("ivf", {"M": 3}, "M is not for index='ivf'; expected nlist, nprobe"),
        ("hnsw", {"M": 1}, "M is 1; expected a whole number, 2 or more"),
        ("hnsw", {"ef_search": 0}, "ef_search is 0; expected .* 1 or more"),
        ("ivf", {"nprobe": 1.5}, "nprobe is 1.5; expected"),
        ("ivf", {"nlist": 6}, "nlist is 6; expected at most 5, the number of embeddings"),
    ],
)
def test_what_is_no_parameter(index, parameters, message):
    with pytest.raises(ValueError, match=message):
        Gallery(np.ones((5, 2)), index=index, **parameters)


@pytest.mark.parametrize(
    ("queries", "k", "exclude_self", "message"),
    [
        (np.ones((3, 3)), 1, False, r"got shape \(3, 3\); expected the gallery\'s dimension, 2"),
        (np.ones(2), 1, False, r"queries: got .*\(2,\); expected numbers of shape"),
        (np.array([[1, -np.inf]]), 1, False, "queries: got NaN, infinity.*expected finite"),
        (np.zeros((1, 2)), 1, False, "queries: got all zeros"),
        (np.ones((1, 2)), 6, False, "k is 6; expected at most 5"),
        (np.ones((5, 2)), 5, True, "k is 5; expected at most 4"),
        (np.ones((1, 2)), 0, False, "k is 0; expected a whole number, 1 or more"),
        (np.ones((1, 2)), 1.5, False, "k is 1.5"),
        (np.ones((4, 2)), 1, True, "with 4 queries; expected .*own 5 embeddings"),
        (np.ones((5, 2)) + np.eye(5, 2, -3), 1, True, "of which row 3 is not row 3 of the gallery"),
    ],
)
def test_what_is_no_query(queries, k, exclude_self, message):
    with pytest.raises(ValueError, match=message):
        Gallery(np.ones((5, 2)), "cosine").nearest(queries, k, exclude_self=exclude_self)


def test_parallel_embeddings_tie_and_are_ordered_by_index():
    lengths = np.array([1, 2, 3, 5, 7, 0.3, 11])[:, None]
    rows = np.concatenate([lengths * [0.1, 0.2, 0.7], lengths * [0.3, 0.1, 0.2]])
    gallery = Gallery(rows, "cosine")
    indices, distances = gallery.nearest(np.array([[1.3, 2.6, 9.1]]), 14)
    assert indices.tolist() == [list(range(14))]
    assert not distances[:, :7].any()
    assert (distances[:, 7:] > 0.1).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("index", ["flat", "hnsw"])
def test_the_gallery_itself_may_come_in_its_own_dtype(dtype, index):
    rows = np.random.default_rng(0).integers(0, 200, (60, 3)).astype(dtype)
    gallery = Gallery(rows, index=index)
    found, _ = gallery.nearest(rows, 1, exclude_self=True)
    assert (found[:, 0] != np.arange(60)).all()
    assert np.array_equal(gallery.nearest(gallery.vectors, 1, exclude_self=True)[0], found)
    with pytest.raises(ValueError, match="row 0 is not row 0 of the gallery"):
        gallery.nearest(rows[::-1], 1, exclude_self=True)


@pytest.mark.parametrize("size", [5e-324, 1e-320, 1e-170, 1e-162, 1e-157, 1e-150, 1e-30, 1e29])
def test_angles_do_not_depend_on_the_size(size):
    rows = np.array([[3, 4], [4, 3], [7, 1], [0, 1]], float)
    _, expected = Gallery(rows, "cosine").nearest(rows, 4)
    _, found = Gallery(rows * size, "cosine").nearest(rows * size, 4)
    np.testing.assert_array_equal(found, expected)
    mixed = Gallery(np.concatenate([rows, rows * size]), "cosine")
    np.testing.assert_array_equal(mixed.nearest(rows, 8)[1][:, ::2], expected)
