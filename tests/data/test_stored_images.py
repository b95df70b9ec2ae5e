"""Images of a folder on disk are, pixel for pixel, those of the same folder in memory."""

from __future__ import annotations

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.arrays import taken
from siamese_lib.data import folder_store, part_files, shapes, split, stored_images
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.split import joined
from siamese_lib.data.stored_images import StoredImages
from siamese_lib.files import digest

SIZE: dict[str, Any] = {"image_size": (12, 10), "color": "rgb"}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Parts of 5 images, of which two are open, so that a few images need many of them."""
    monkeypatch.setattr(folder_store, "PART_IMAGES", 5)
    monkeypatch.setattr(part_files, "_OPEN", 2)
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three classes of 15 pictures of noise."""
    rng = np.random.default_rng(0)
    for number in range(45):
        folder = tmp_path / "photos" / "abc"[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (12, 10, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return tmp_path / "photos"


@pytest.fixture
def both(photos: Path) -> tuple[np.ndarray, StoredImages]:
    """The training images, in memory and on disk."""
    plain = sl.load_folder(photos, cache=False, **SIZE)
    stored = sl.load_folder(photos, on_disk=True, **SIZE)
    assert isinstance(stored.train.images, StoredImages)
    return plain.train.images, stored.train.images


def test_shape_and_size(both: tuple[np.ndarray, StoredImages]) -> None:
    plain, stored = both
    for name in ("shape", "dtype", "ndim", "size", "nbytes"):
        assert getattr(stored, name) == getattr(plain, name)
    assert len(stored) == len(plain)
    assert "12×10×3" in repr(stored)


KEYS: dict[str, Any] = {
    "integer": 3,
    "negative": -1,
    "numpy integer": np.int64(7),
    "slice": slice(2, 9),
    "step": slice(None, None, -2),
    "empty slice": slice(5, 5),
    "list": [4, 4, -2, 0],
    "no rows": [],
    "array": np.array([[0, 5], [-1, 2]]),
    "whole": slice(None),
    "ellipsis": ...,
    "pixels": (slice(None, 4), 0, slice(2, 5), 1),
    "pixels of rows": (np.array([1, 3]), ..., 0),
    "pixel of an image": (2, 0, 0, 0),
}


@pytest.mark.parametrize("key", KEYS)
def test_an_index_reads_what_it_gives_of_an_array(
    both: tuple[np.ndarray, StoredImages], key: str
) -> None:
    plain, stored = both
    where = KEYS[key] if key != "no rows" else np.array([], np.int64)
    found = stored[where]
    assert type(found) in (np.ndarray, np.uint8)
    np.testing.assert_array_equal(found, plain[where])
    assert found.dtype == np.uint8


def test_masks(both: tuple[np.ndarray, StoredImages]) -> None:
    plain, stored = both
    mask = np.random.default_rng(1).random(len(plain)) < 0.5
    np.testing.assert_array_equal(stored[mask], plain[mask])
    np.testing.assert_array_equal(stored[mask.tolist()], plain[mask])
    np.testing.assert_array_equal(stored[~mask & mask], plain[:0])


@pytest.mark.parametrize("key", [1000, -1000, [0, 1000], "a", 1.5, np.ones(3, bool)])
def test_an_index_that_is_none_is_refused_as_of_an_array(
    both: tuple[np.ndarray, StoredImages], key: Any
) -> None:
    plain, stored = both
    with pytest.raises(IndexError):
        plain[key]
    with pytest.raises(IndexError):
        stored[key]


@pytest.mark.parametrize("key", [(..., 0), (0, [1, 2]), ()])
def test_an_index_of_pixels_alone_is_refused_in_words(
    both: tuple[np.ndarray, StoredImages], key: Any
) -> None:
    with pytest.raises(IndexError, match=r"Read the images first"):
        both[1][key]


def test_what_goes_through_all_images(
    both: tuple[np.ndarray, StoredImages], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, stored = both
    np.testing.assert_array_equal(np.asarray(stored), plain)
    np.testing.assert_array_equal(np.asarray(stored, np.float32), plain.astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([stored, stored]), np.concatenate([plain] * 2))
    monkeypatch.setattr(stored_images, "_BLOCK", 4 * plain[0].size)
    sizes = [len(block) for block in stored.blocks()]
    assert set(sizes[:-1]) == {4}
    assert sum(sizes) == len(plain)
    np.testing.assert_array_equal(np.stack(list(stored)), plain)
    assert next(len(block) for block in stored.blocks(20)) == 20
    assert [block.shape for block in stored.rows([]).blocks()] == [(0, 12, 10, 3)]
    assert (stored.any(), stored.all()) == (plain.any(), plain.all())
    images: Any = stored  # stands for an array
    assert digest([images]) == digest([plain])
    np.testing.assert_array_equal(fingerprints(images), fingerprints(plain))
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(stored, copy=False)


def test_rows_and_joined_splits_read_nothing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sl.load_folder(photos, cache=False, **SIZE)
    stored = sl.load_folder(photos, on_disk=True, **SIZE)
    again = sl.load_folder(photos, on_disk=tmp_path / "other", **SIZE)
    chosen = plain.train.labels == 1
    with monkeypatch.context() as patch:
        patch.setattr(split, "warn_if_black", lambda *_: None)  # looks at the first megabyte
        patch.setattr(StoredImages, "_fill", lambda *_: pytest.fail("something was read"))
        some = stored.train.rows(chosen)
        held = sl.hold_out(stored.train, 0.3)
        by_class = sl.split_by_class(stored, ["b"])
        fewer = stored.without(train=[0, 5])
        cross = joined([stored.train, again.test, stored.test])
        assert len(taken(stored.train.images, [1, 2])) == 2
        assert stored.copies.in_classes == plain.copies.in_classes
    for mine, theirs in (
        (some, plain.train.rows(chosen)),
        (held.kept, sl.hold_out(plain.train, 0.3).kept),
        (by_class.test, sl.split_by_class(plain, ["b"]).test),
        (fewer.train, plain.without(train=[0, 5]).train),
        (cross, joined([plain.train, plain.test, plain.test])),
    ):
        assert isinstance(mine.images, StoredImages)
        np.testing.assert_array_equal(np.asarray(mine.images), theirs.images)
        np.testing.assert_array_equal(mine.labels, theirs.labels)
        assert mine.files == theirs.files
    small = sl.load_folder(photos, on_disk=True, image_size=(4, 4))
    with pytest.raises(sl.DataError, match="to be joined; expected images of one shape"):
        joined([stored.train, small.train])
    mixed = joined([stored.train, plain.train])
    assert isinstance(mixed.images, np.ndarray)


def test_a_copy_in_another_process_reads_the_same(both: tuple[np.ndarray, StoredImages]) -> None:
    plain, stored = both
    content = pickle.dumps(stored)
    assert len(content) < plain.nbytes
    copy = pickle.loads(content)
    np.testing.assert_array_equal(copy[[3, -1]], plain[[3, -1]])


def test_threads_read_the_same_and_few_files_are_open(
    both: tuple[np.ndarray, StoredImages],
) -> None:
    plain, stored = both
    before = len(os.listdir("/proc/self/fd"))
    most, lock = [0], threading.Lock()

    def read(seed: int) -> bool:
        rows = np.random.default_rng(seed).integers(0, len(plain), 30)
        same = np.array_equal(stored[rows], plain[rows])
        with lock:
            most[0] = max(most[0], len(os.listdir("/proc/self/fd")))
        return same

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(100)))
    assert len(os.listdir("/proc/self/fd")) <= before + 2
    assert most[0] <= before + 2 + 2 * 8 + 8  # of a thread: what it reads, and the listing


@pytest.mark.parametrize("fault", ["pixel", "cut", "gone"])
def test_a_damaged_file_is_an_error_and_is_then_read_again(photos: Path, fault: str) -> None:
    plain = sl.load_folder(photos, cache=False, **SIZE)
    stored = sl.load_folder(photos, on_disk=True, **SIZE).train.images
    assert isinstance(stored, StoredImages)
    number, row = divmod(int(stored._places[0]), 1 << stored_images._ROW)
    part, start = stored._files.paths[number], row * stored[0].size
    content = bytearray(part.read_bytes())
    stored = pickle.loads(pickle.dumps(stored))  # has no file open yet
    if fault == "gone":
        part.unlink()
    else:
        content[start] ^= 1
        part.write_bytes(content if fault == "pixel" else content[: start + 1])
    with pytest.raises(sl.DataError, match="Load the folder again"):
        np.asarray(stored)
    assert not part.exists()
    again = sl.load_folder(photos, on_disk=True, **SIZE)
    np.testing.assert_array_equal(np.asarray(again.train.images), plain.train.images)


def test_more_than_memory_holds_is_refused_in_words(
    both: tuple[np.ndarray, StoredImages], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, stored = both
    monkeypatch.setattr(shapes, "memory_bytes", lambda: plain.nbytes - 1)
    monkeypatch.setattr(stored_images, "_BLOCK", plain.nbytes // 4)
    for read in (np.asarray, lambda images: images[:], sl.curation.looks):
        with pytest.raises(sl.DataError, match=r"^images: found .* to read at once, which take"):
            read(stored)
    np.testing.assert_array_equal(stored[1:], plain[1:])
    np.testing.assert_array_equal(np.stack(list(stored)), plain)


def test_what_an_array_has_and_this_has_not_is_said(
    both: tuple[np.ndarray, StoredImages],
) -> None:
    with pytest.raises(AttributeError, match=r"'reshape', but numpy.asarray\(images\) has"):
        both[1].reshape(3)
    assert not hasattr(both[1], "nonsense")


def test_images_on_disk_are_not_compared_as_a_whole(
    both: tuple[np.ndarray, StoredImages],
) -> None:
    """Python would say False where an array says which pixels are equal."""
    plain, stored = both
    for compared in (lambda: stored == 0, lambda: stored != stored, lambda: 0 == stored):  # noqa: SIM300
        with pytest.raises(TypeError, match=r"compared with ==.*numpy.asarray\(images\) is one"):
            compared()
    np.testing.assert_array_equal(plain == stored, np.ones(plain.shape, bool))
    assert {stored: 1}[stored] == 1
