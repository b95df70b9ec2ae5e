"""A gallery on disk answers as one in memory, gives no id twice, and refuses in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.scale import disk_gallery, disk_search, vector_store

rng = np.random.default_rng(0)
CENTRES = rng.standard_normal((30, 6))
LABELS = rng.integers(30, size=3000)
EMBEDDINGS = (CENTRES[LABELS] + 0.2 * rng.standard_normal((3000, 6))).astype(np.float32)
EMBEDDINGS[1000:1050] = EMBEDDINGS[:50]  # copies, whose order is by id
QUERIES = EMBEDDINGS[::97] + np.float32(0.01)


def filled(path: Path, metric: str = "euclidean", count: int = 3000) -> sl.DiskGallery:
    gallery = sl.DiskGallery(path, 6, metric)
    for part in range(0, count, 700):
        rows = slice(part, min(part + 700, count))
        files = [f"{row}.png" for row in range(rows.start, rows.stop)]
        ids = gallery.append(EMBEDDINGS[rows], LABELS[rows], files)
        assert ids.tolist() == [*range(rows.start, rows.stop)]
    return gallery


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index is built and used for few embeddings, too."""
    monkeypatch.setattr(disk_gallery, "EXACT_UP_TO", 500)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("bytes_scanned", [16 << 20, 4096])
def test_the_answers_are_those_of_a_gallery_in_memory(tmp_path, monkeypatch, metric, bytes_scanned):
    monkeypatch.setattr(vector_store, "_SCANNED", bytes_scanned)
    gallery, held = filled(tmp_path / "g", metric), sl.Gallery(EMBEDDINGS, metric)
    assert (len(gallery), gallery.dim, gallery.metric) == (3000, 6, metric)
    for queries in (QUERIES, EMBEDDINGS[:60], QUERIES.astype(float) * 1.0000001, QUERIES[:0]):
        for k in (1, 9, 40):
            found, expected = gallery.nearest(queries, k), held.nearest(queries, k)
            assert all(map(np.array_equal, found, expected))
            assert [a.dtype for a in found] == [a.dtype for a in expected]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("short", [0, 16])  # with 8 bits for each number, and with all of them
@pytest.mark.usefixtures("small")
def test_an_index_finds_nearly_all_and_ranks_exactly(tmp_path, monkeypatch, metric, short):
    monkeypatch.setattr(vector_store, "_SHORT", short)
    gallery, held = filled(tmp_path / "g", metric), sl.Gallery(EMBEDDINGS, metric)
    before = gallery.nearest(QUERIES, 10)
    gallery.build_index()
    assert gallery.indexed == 3000
    ids, distances = gallery.nearest(QUERIES, 10)
    assert np.mean([len({*a} & {*b}) for a, b in zip(ids, before[0], strict=True)]) >= 9.5
    assert all(map(np.array_equal, gallery.nearest(QUERIES, 10, exact=True), before))
    for query, row, far in zip(QUERIES, ids, distances, strict=True):
        again = sl.Gallery(EMBEDDINGS[np.sort(row)], metric).nearest(query[None], 10)
        assert np.array_equal(np.sort(row)[again[0][0]], row)
        assert np.array_equal(again[1][0], far)
    assert len(held) == len(gallery)


@pytest.mark.usefixtures("small")
def test_an_index_tells_embeddings_of_two_numbers_apart_that_are_close(tmp_path):
    places = np.repeat(rng.standard_normal((20, 2)), 300, axis=0)
    close = places + 1e-4 * rng.standard_normal(places.shape)
    gallery = sl.DiskGallery(tmp_path / "g", 2)
    gallery.append(close)
    gallery.build_index()  # would warn
    found, expected = (gallery.nearest(close[::50], 10, exact=exact)[0] for exact in (False, True))
    assert (found == expected).mean() > 0.95


@pytest.mark.usefixtures("small")
def test_what_comes_after_the_index_is_found_and_what_goes_is_not(tmp_path):
    gallery = filled(tmp_path / "g")
    gallery.build_index()
    added = gallery.append(QUERIES + 5)
    assert gallery.nearest(QUERIES + 5, 1)[0][:, 0].tolist() == added.tolist()
    gallery.remove(added[:3])
    assert not np.isin(gallery.nearest(QUERIES[:3] + 5, 20)[0], added[:3]).any()
    gallery.build_index()
    assert gallery.indexed == len(gallery) == 3000 + len(QUERIES) - 3
    assert gallery.nearest(QUERIES[3:] + 5, 1)[0][:, 0].tolist() == added[3:].tolist()


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.usefixtures("small")
def test_a_class_is_searched_alone(tmp_path, index):
    gallery = filled(tmp_path / "g")
    if index:
        gallery.build_index()
    for wanted in ([3], [4, 29, 4], range(25)):
        rows = np.flatnonzero(np.isin(LABELS, wanted))
        expected, far = sl.Gallery(EMBEDDINGS[rows]).nearest(QUERIES, 8)
        ids, distances = gallery.nearest(QUERIES, 8, labels=list(wanted))
        assert gallery.count(list(wanted)) == len(rows)
        if len(rows) <= disk_gallery.EXACT_UP_TO or not index:
            assert np.array_equal(ids, rows[expected])
            assert np.array_equal(distances, far)
        else:
            assert np.isin(LABELS[ids], wanted).all()
            assert (ids == rows[expected]).mean() > 0.95
    with pytest.raises(ValueError, match=r"labels are \[77\]; expected classes of which"):
        gallery.nearest(QUERIES, 1, labels=[77])


@pytest.mark.usefixtures("small")
def test_far_classes_yield_as_many_as_are_asked_for(tmp_path):
    gallery = sl.DiskGallery(tmp_path / "g", 6)
    gallery.append(EMBEDDINGS, np.where(np.arange(3000) < 700, "far", "near"))
    gallery.append(EMBEDDINGS[:900] + 90, ["far"] * 900)
    gallery.build_index()
    ids, distances = gallery.nearest(EMBEDDINGS[:2] + 90, 950, labels=["far"])
    assert all(len({*row}) == 950 for row in ids.tolist())
    assert np.isfinite(distances).all()


def test_ids_never_come_back(tmp_path):
    gallery = filled(tmp_path / "g", count=700)
    gallery.remove(range(600, 700))
    gallery.remove(7)
    assert len(gallery) == 599
    assert sl.DiskGallery.open(tmp_path / "g").append(EMBEDDINGS[:2]).tolist() == [700, 701]
    gallery = sl.DiskGallery.open(tmp_path / "g")
    assert gallery.next_id == 702
    for ids, message in [
        ([3, 7], "ids: got 7, which no embedding has"),
        ([702], "got 702"),
        (-1, "id is -1; expected a whole number"),
        ([1.5], "id is 1.5"),
    ]:
        with pytest.raises(ValueError, match=message):
            gallery.remove(ids)
    assert len(gallery) == 601
    gallery.remove([3, 3])
    gallery.remove([])
    assert len(gallery) == 600


def test_what_is_known_of_an_embedding(tmp_path):
    gallery = filled(tmp_path / "g", count=700)
    ids = np.array([[5, 699], [0, 5]])
    assert np.array_equal(gallery.labels_of(ids), LABELS[ids])
    assert gallery.paths_of(ids).tolist() == [
        [Path("5.png"), Path("699.png")], [Path("0.png"), Path("5.png")],
    ]  # fmt: skip
    assert np.array_equal(gallery.embeddings_of(ids), EMBEDDINGS[ids])
    assert gallery.labels_of(3) == LABELS[3]
    assert gallery.labels_of([]).shape == (0,)
    gallery.append(EMBEDDINGS[:1])
    assert gallery.labels_of([700, 0]).tolist() == [None, LABELS[0]]
    assert gallery.paths_of([700]).tolist() == [None]
    with pytest.raises(ValueError, match="ids: got 701, which no embedding has"):
        gallery.paths_of([701])
    with pytest.raises(ValueError, match="ids are float64; expected whole numbers"):
        gallery.labels_of([0.5])


def test_odd_names_of_classes_and_files_come_back(tmp_path):
    gallery = sl.DiskGallery(tmp_path / "g", 6)
    names = ["it's", 'a "b"', "ключ", "%_\\"]
    files = [b"\xff.png", "a\nb", "é/ü.png", Path("c")]
    gallery.append(EMBEDDINGS[:4], names, files)
    assert gallery.labels_of(range(4)).tolist() == names
    assert [gallery.count([name]) for name in names] == [1, 1, 1, 1]
    assert [bytes(path) for path in gallery.paths_of(range(4))] == [
        b"\xff.png", b"a\nb", "é/ü.png".encode(), b"c",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="cannot be written as UTF-8"):
        gallery.append(EMBEDDINGS[:1], ["\udcff"])


def test_large_whole_numbers_are_labels(tmp_path):
    gallery = sl.DiskGallery(tmp_path / "g", 6)
    gallery.append(EMBEDDINGS[:2], [2**70, -3])
    assert gallery.labels_of([0, 1]).tolist() == [2**70, -3]
    assert gallery.nearest(QUERIES[:1], 1, labels=[2**70])[0] == [[0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (np.ones((2, 3)),),
            r"embeddings: got shape \(2, 3\); expected the gallery's dimension, 2",
        ),
        ((np.ones(2),), "expected numbers of shape"),
        ((np.array([[1.0, 2.0], [np.nan, 0.0]]),), "embeddings: got NaN.*row 1; expected finite"),
        ((np.array([[1e300, 1.0]]),), "embeddings: got NaN, infinity or a number beyond"),
        ((np.zeros((1, 2)),), "all zeros"),
        ((np.full((1, 2), 1e-60),), "all zeros"),  # in single precision
        ((np.full((2, 2), "x"),), "got <U1"),
        ((np.ones((2, 2)), [1]), "labels: got 1 labels; expected 2"),
        ((np.ones((2, 2)), [1.5, 2]), "labels are float64; expected integers or strings"),
        ((np.ones((2, 2)), ["a", "b"]), "labels are strings; expected whole numbers"),
        ((np.ones((2, 2)), None, ["a"]), "paths: got 1 for 2 embeddings; expected one for each"),
    ],
)
def test_what_cannot_be_appended_leaves_the_gallery_as_it_was(tmp_path, arguments, message):
    gallery = sl.DiskGallery(tmp_path / "g", 2, "cosine")
    gallery.append([[1.0, 2.0]], [4])
    with pytest.raises(ValueError, match=message):
        gallery.append(*arguments)
    gallery = sl.DiskGallery.open(tmp_path / "g")
    assert (len(gallery), gallery.next_id) == (1, 1)


def test_what_is_no_query(tmp_path):
    gallery = sl.DiskGallery(tmp_path / "g", 2)
    with pytest.raises(ValueError, match="k is 1; expected at most 0"):
        gallery.nearest(np.ones((1, 2)), 1)
    gallery.append(np.ones((5, 2)), ["a"] * 5)
    for queries, k, labels, message in [
        (np.ones((3, 3)), 1, None, r"got shape \(3, 3\); expected the gallery\'s dimension, 2"),
        (np.array([[1, -np.inf]]), 1, None, "queries: got NaN, infinity.*expected finite"),
        (np.ones((1, 2)), 6, None, "k is 6; expected at most 5"),
        (np.ones((1, 2)), 0, None, "k is 0; expected a whole number, 1 or more"),
        (np.ones((1, 2)), 1, [3], "labels are whole numbers; expected strings"),
        (np.ones((1, 2)), 1, "a", "labels are a str; expected one label for each"),
        (np.ones((1, 2)), 1, [], r"labels are \[\]; expected classes of which"),
    ]:
        with pytest.raises(ValueError, match=message):
            gallery.nearest(queries, k, labels=labels)


def test_many_small_parts_become_few_files(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_store, "_TIDY_AFTER", 10)
    gallery = sl.DiskGallery(tmp_path / "g", 6)
    for row in range(35):
        gallery.append(EMBEDDINGS[row : row + 1])
    files = gallery._store._table.stats()["fragment_stats"]["num_fragments"]
    assert files <= 10
    found, expected = gallery.nearest(QUERIES, 5), sl.Gallery(EMBEDDINGS[:35]).nearest(QUERIES, 5)
    assert all(map(np.array_equal, found, expected))


@pytest.mark.usefixtures("small")
def test_an_index_that_finds_too_few_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_search, "LEAST_PROBED", 1)
    monkeypatch.setattr(disk_search, "_MOST_PROBED", 1)
    monkeypatch.setattr(disk_search, "_TIMES", 1)  # no more than fit into a list
    monkeypatch.setattr(disk_search, "_SPARE", 0)
    gallery = sl.DiskGallery(tmp_path / "g", 6)
    gallery.append(rng.standard_normal((2000, 6)))
    with pytest.warns(UserWarning, match="In 1 lists of 45, the index finds .*expected 97%"):
        gallery.build_index()
