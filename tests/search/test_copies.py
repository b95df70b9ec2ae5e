"""Copies in approximate galleries, against the exact search: they hide no neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.search import gallery_file, indexes
from siamese_lib.search.distinct import DistinctIndex
from siamese_lib.search.gallery import Gallery

APPROXIMATE, METRICS = ("hnsw", "ivf"), ("euclidean", "cosine")
COUNT = 2000
ALL_LISTS = {"hnsw": {}, "ivf": {"nlist": 20, "nprobe": 20}}  # ivf that misses nothing


def random(dim: int, count: int = COUNT, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def with_copies(kind: str, dim: int) -> np.ndarray:
    """A gallery in which a kind of copies stands between other embeddings."""
    others, rng = random(dim), np.random.default_rng(1)
    one = np.full(dim, 0.3, np.float32)
    copies = {
        "none": others[:0],
        "200 copies": np.repeat(one[None], 200, 0),
        "1000 copies": np.repeat(one[None], 1000, 0),
        "several groups": np.repeat(others[[0, 7, 9]], (400, 200, 3), 0),
        "near-copies": one + 1e-7 * rng.normal(size=(1000, dim)),
        "other lengths": one * rng.uniform(0.5, 2, (1000, 1)),
        "nearly zero": 1e-9 * rng.normal(size=(1000, dim)),
    }[kind]
    return rng.permutation(np.concatenate([others, copies]))


KINDS = ("none", "200 copies", "1000 copies", "several groups", "near-copies")


def assert_found(gallery: Gallery, embeddings: np.ndarray, queries: np.ndarray, k: int) -> None:
    """Nearly all that the exact search finds; where distances are the same, rows are."""
    rows, distances = gallery.nearest(queries, k)
    exact_rows, exact = Gallery(embeddings, gallery.metric).nearest(queries, k)
    right = np.isclose(distances, exact, rtol=1e-4, atol=1e-12)
    assert right.mean() > 0.95
    whole = (distances == exact).all(axis=1)
    assert whole.mean() > 0.9
    np.testing.assert_array_equal(rows[whole], exact_rows[whole])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [2, 16])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("index", APPROXIMATE)
def test_copies_hide_nothing(index: str, metric: str, dim: int, kind: str) -> None:
    embeddings = with_copies(kind, dim)
    queries = np.concatenate([random(dim, 150, seed=2), embeddings[:30], np.full((1, dim), 0.3)])
    gallery = Gallery(embeddings, metric, index, **ALL_LISTS[index])
    for k in (1, 7, 40):
        assert_found(gallery, embeddings, queries, k)


@pytest.mark.parametrize("index", APPROXIMATE)
def test_of_vectors_that_differ_in_length_the_angle_counts(index: str) -> None:
    embeddings = with_copies("other lengths", 16)
    gallery = Gallery(embeddings, "cosine", index, **ALL_LISTS[index])
    assert isinstance(gallery._index, DistinctIndex)
    assert len(gallery._index) < COUNT + 20
    rows, distances = gallery.nearest(np.ones((1, 16)), 1000)
    assert np.array_equal(np.sort(rows[0]), np.flatnonzero(np.ptp(embeddings, axis=1) < 1e-6))
    assert (distances < 1e-12).all()


@pytest.mark.parametrize("index", APPROXIMATE)
def test_zero_vectors(index: str) -> None:
    embeddings = np.concatenate([random(4), np.zeros((700, 4)), -np.zeros((300, 4))])
    rows, distances = Gallery(embeddings, index=index).nearest(np.zeros((2, 4)), 900)
    assert np.array_equal(rows, [np.arange(COUNT, COUNT + 900)] * 2)
    assert not distances.any()
    assert_found(Gallery(embeddings, index=index), embeddings, random(4, 200, seed=2), 7)
    with pytest.raises(ValueError, match="all zeros in 1000 of 3000 rows"):
        Gallery(embeddings, "cosine", index)


@pytest.mark.parametrize("size", [0.3, 1e-20, 7e20])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("index", APPROXIMATE)
def test_a_gallery_where_everything_is_equal(index: str, metric: str, size: float) -> None:
    embeddings = np.full((500, 3), size)
    gallery = Gallery(embeddings, metric, index)
    rows, distances = gallery.nearest(embeddings, 3, exclude_self=True)
    assert rows[:4].tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    assert (rows[4:] == [0, 1, 2]).all()
    assert not distances.any()
    everything, _ = gallery.nearest(embeddings[:2], 500)
    assert np.array_equal(everything, [np.arange(500)] * 2)


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("k", [9, 10, 100, 598])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("index", APPROXIMATE)
def test_more_neighbours_than_different_embeddings(index, metric, k, exclude_self) -> None:
    embeddings = np.random.default_rng(0).integers(1, 4, (600, 2)).astype(float)  # 9 places
    gallery = Gallery(embeddings, metric, index)
    found = gallery.nearest(embeddings, k, exclude_self=exclude_self)
    exact = Gallery(embeddings, metric).nearest(embeddings, k, exclude_self=exclude_self)
    assert all(map(np.array_equal, found, exact))


@pytest.mark.parametrize("given", [{}, {"nlist": 40}, {"nlist": 500, "nprobe": 3}])
def test_there_are_no_more_lists_than_different_embeddings(given) -> None:
    embeddings = np.repeat(random(3, 12), 50, 0)
    gallery = Gallery(embeddings, index="ivf", **given)
    assert gallery.parameters["nlist"] <= 12
    assert_found(gallery, embeddings, random(3, 60, seed=1), 60)


def test_a_gallery_smaller_than_the_lists_is_refused() -> None:
    with pytest.raises(ValueError, match="nlist is 9; expected at most 8, the number of embed"):
        Gallery(np.ones((8, 2)), index="ivf", nlist=9)


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("index", APPROXIMATE)
def test_a_gallery_that_grows_and_is_saved_keeps_it(tmp_path: Path, index, metric, kind) -> None:
    embeddings, queries = with_copies(kind, 8), random(8, 200, seed=2)
    grown = Gallery(embeddings[:900], metric, index, **ALL_LISTS[index])
    for part in (embeddings[900:901], embeddings[901:1500]):
        grown.append(part)
    grown.save(tmp_path / "gallery")
    loaded = Gallery.load(tmp_path / "gallery")
    for gallery in (grown, loaded):
        gallery.append(embeddings[1500:])
        assert_found(gallery, embeddings, queries, 7)
    assert isinstance(grown._index, DistinctIndex)
    assert isinstance(loaded._index, DistinctIndex)
    assert len(grown._index) == len(loaded._index) < len(embeddings)


def test_only_a_gallery_with_copies_has_the_new_format(tmp_path: Path) -> None:
    embeddings, formats = random(4, 100), []
    for copies in (0, 1):
        sl.Gallery(np.concatenate([embeddings, embeddings[:copies]]), index="hnsw").save(
            tmp_path / "gallery"
        )
        formats.append(b'"format": 2' in (tmp_path / "gallery").read_bytes())
    assert formats == [False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cells: cells[:-1], r"its cells of shape \(150,\) are not those of 151 rows"),
        (lambda cells: cells * 2, "its cells of shape"),
        (lambda cells: cells + 1, "its cells of shape"),
        (lambda cells: np.minimum(cells, 98), r"vectors of shape \(100, 4\); expected \(99, 4\)"),
        (lambda cells: cells + (cells == 99) * 10**9, "vectors of shape"),
    ],
)
def test_cells_that_do_not_fit_are_noticed(tmp_path: Path, change, message) -> None:
    path, embeddings = tmp_path / "gallery", random(4, 100)
    Gallery(np.concatenate([embeddings, embeddings[:51]]), index="hnsw").save(path)
    facts, (vectors, centre, index, cells) = gallery_file.read(path)
    gallery_file.write(path, facts, [vectors, centre, index, change(cells).astype(np.uint32)])
    with pytest.raises(sl.GalleryError, match=message):
        Gallery.load(path)


@pytest.mark.parametrize("copies", [10, 1000])
@pytest.mark.parametrize("index", APPROXIMATE)
def test_an_index_of_an_earlier_version_is_built_again_if_copies_break_it(
    tmp_path: Path, index: str, copies: int
) -> None:
    embeddings = np.concatenate([random(16), np.zeros((copies, 16), np.float32)])
    path = tmp_path / "gallery"
    gallery = Gallery(embeddings, index=index, **ALL_LISTS[index])
    with_all = indexes.build(index, 16, gallery.parameters, len(embeddings), gallery._space.offsets)
    facts = {"metric": "euclidean", "index": index, "parameters": gallery.parameters}
    facts["scale"] = gallery._space.scale
    arrays = [embeddings, gallery._space.centre, indexes.to_bytes(with_all)]
    gallery_file.write(path, facts, arrays)
    loaded = Gallery.load(path)
    assert isinstance(loaded._index, DistinctIndex)
    assert loaded._index.index.ntotal == (COUNT + 1 if copies == 1000 else COUNT + 10)
    loaded.append(embeddings[:5])
    grown = np.concatenate([embeddings, embeddings[:5]])
    assert_found(loaded, grown, random(16, 200, seed=2), 7)


def test_keys_that_another_machine_would_round_together_do_not_matter() -> None:
    """A file may come from a machine where two rows were just different."""
    embeddings = random(4, 60)
    gallery = Gallery(np.concatenate([embeddings, embeddings[:9]]), index="hnsw")
    assert isinstance(gallery._index, DistinctIndex)
    gallery._index._keys[7] = gallery._index._keys[3]
    gallery.append(embeddings[[3, 50]])
    gallery.append(random(4, 5, seed=3))
    rows, distances = gallery.nearest(random(4, 5, seed=3), 1)
    assert rows[:, 0].tolist() == [71, 72, 73, 74, 75][-5:]
    assert not distances.any()
