"""A gallery in a file: what comes back, and all that can be wrong with the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.search import gallery_file

rng = np.random.default_rng(0)
EMBEDDINGS, QUERIES = rng.normal(size=(400, 5)), rng.normal(size=(30, 5))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "digits.gallery"
    sl.Gallery(EMBEDDINGS, "cosine").save(path)
    return path


def rewritten(path: Path, **facts: object) -> None:
    """The same file with other facts, and a checksum that fits."""
    old, arrays = gallery_file.read(path)
    gallery_file.write(path, {**old, **facts}, arrays)


@pytest.mark.parametrize("index", ["flat", "hnsw", "ivf"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gallery_comes_back_as_it_was(tmp_path, index, metric, dtype):
    gallery = sl.Gallery(EMBEDDINGS.astype(dtype), metric, index)
    gallery.save(tmp_path / "gallery")
    loaded = sl.Gallery.load(str(tmp_path / "gallery"))
    assert repr(loaded) == repr(gallery)
    for k in (1, 9, 400):
        assert all(map(np.array_equal, loaded.nearest(QUERIES, k), gallery.nearest(QUERIES, k)))
    for one in (loaded, gallery):
        one.append(QUERIES)
    assert loaded.nearest(QUERIES, 1)[0].tolist() == [[400 + i] for i in range(30)]
    assert all(map(np.array_equal, loaded.nearest(QUERIES), gallery.nearest(QUERIES)))


def test_saving_again_replaces_the_file(saved):
    sl.Gallery(EMBEDDINGS[:9]).save(saved)
    assert len(sl.Gallery.load(saved)) == 9
    assert [file.name for file in saved.parent.iterdir()] == ["digits.gallery"]


def test_a_save_that_fails_leaves_what_was_there(saved, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        sl.Gallery(EMBEDDINGS[:9]).save(saved)
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == ["digits.gallery"]


def test_one_wrong_bit_anywhere_is_noticed(saved):
    content = saved.read_bytes()
    header = content.index(b"\n", content.index(b"\n") + 1)
    places = [*range(header + 1), *range(header + 1, len(content), 97), len(content) - 1]
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        saved.write_bytes(damaged)
        with pytest.raises(sl.GalleryError, match=r"digits\.gallery (is (damaged|not a)|has form)"):
            sl.Gallery.load(saved)


@pytest.mark.parametrize("kept", [0, 5, 20, 60, 250, 1000, -33, -1])
def test_a_truncated_file_is_noticed(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(sl.GalleryError, match=r"digits\.gallery is (damaged|not a).*expected"):
        sl.Gallery.load(saved)


def test_sizes_are_said(saved):
    content = saved.read_bytes()
    saved.write_bytes(content + b"more")
    message = f"it has {len(content) + 4} bytes; expected the {len(content)} that were written"
    with pytest.raises(sl.GalleryError, match=message):
        sl.Gallery.load(saved)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\3\4 an archive", r"not a gallery: it begins with b'PK.*; expected b'siamese_lib"),
        (b"siamese_lib gallery\n{}\n", "second line is b'{}.*expected JSON with a format"),
        (b"siamese_lib gallery\n[1]\n", "expected JSON with a format"),
        (b"siamese_lib gallery\n" + b"1" * 100_000, "expected JSON with a format"),
        (b'siamese_lib gallery\n{"format": 3}\n', "has format 3; expected format 1 or 2"),
        (b'siamese_lib gallery\n{"format": 1}\n', "its arrays are None; expected"),
        (b'siamese_lib gallery\n{"format": 1, "arrays": [["O", [1]]]}\n', "arrays are .*'O'"),
    ],
)
def test_a_file_of_another_kind(tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(sl.GalleryError, match=message):
        sl.Gallery.load(tmp_path / "file")


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*nowhere"):
        sl.Gallery.load(tmp_path / "nowhere")
    with pytest.raises(sl.GalleryError, match="is a folder; expected a file"):
        sl.Gallery.load(tmp_path)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"metric": "dot"}, "metric is 'dot'; expected 'euclidean' or 'cosine'"),
        ({"index": "tree"}, "index is 'tree'; expected"),
        ({"index": "ivf"}, "index"),
        ({"parameters": {"M": 4}}, "M is not for index='flat'"),
        ({"parameters": [4]}, "items"),
        ({"scale": None}, "float"),
        ({"scale": 0}, "scale is 0; expected more"),
    ],
)
def test_a_whole_file_that_makes_no_sense(saved, facts, message):
    rewritten(saved, **facts)
    with pytest.raises(
        sl.GalleryError, match=f"not a gallery that this version can use.*{message}"
    ):
        sl.Gallery.load(saved)


def test_arrays_that_do_not_fit_each_other(tmp_path):
    path = tmp_path / "file"
    sl.Gallery(EMBEDDINGS, index="ivf").save(path)
    facts, (vectors, centre, index) = gallery_file.read(path)
    for arrays, message in [
        ([vectors[:-1], centre, index], r"holds vectors of shape \(400, 5\); expected \(399, 5\)"),
        ([vectors, centre[:-1], index], r"centre has shape \(4,\); expected \(5,\)"),
        ([vectors, centre, index[:-9]], "index"),
        ([vectors[0], centre, index], "embeddings: got .*expected numbers of shape"),
    ]:
        gallery_file.write(path, facts, arrays)
        with pytest.raises(sl.GalleryError, match=message):
            sl.Gallery.load(path)


def test_the_format_is_as_documented(saved):
    content = saved.read_bytes()
    first, line, rest = content.split(b"\n", 2)
    header = json.loads(line)
    assert first == b"siamese_lib gallery"
    assert (header["format"], header["metric"], header["index"]) == (1, "cosine", "flat")
    assert header["arrays"] == [["<f8", [400, 5]], ["<f8", [5]], ["|u1", [0]]]
    assert np.array_equal(np.frombuffer(rest[: 400 * 5 * 8]).reshape(400, 5), EMBEDDINGS)
    assert len(rest) == 8 * 400 * 5 + 8 * 5 + 32
