"""A `Dataset` knows the files of its images, and goes on without some of them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.data.reading import read_image


def fill(root: Path, name: str | bytes, grey: int) -> None:
    file = root / os.fsdecode(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), grey).save(file)


@pytest.fixture
def data(tmp_path: Path) -> sl.Dataset:
    """Three classes of 8, 6 and 1 images, each image of one grey value of its own."""
    root = tmp_path / "photos"
    for i in range(8):
        fill(root, f"cat/{'deep/' * (i % 2)}{i}.png", i)
    for i in range(5):
        fill(root, f"dog/{i}.png", 100 + i)
    fill(root, b"dog/caf\xe9\n.png", 120)
    fill(root, "owl/alone.png", 200)
    return sl.load_folder(root)


def splits(data: sl.Dataset) -> list[tuple[str, sl.Split]]:
    return [("train", data.train), ("test", data.test)]


def pairs(data: sl.Dataset) -> dict[str, tuple[str, str, int]]:
    """For each file its split, class and grey value."""
    return {
        file: (name, data.class_names[label], int(image[0, 0, 0]))
        for name, part in splits(data)
        for file, label, image in zip(part.files or (), part.labels, part.images, strict=True)
    }


def test_each_image_has_the_file_it_was_read_from(data: sl.Dataset, tmp_path: Path) -> None:
    assert data.root == tmp_path / "photos"
    assert len(pairs(data)) == len(data.train) + len(data.test) == 15
    for name, part in splits(data):
        assert part.files is not None
        for index, file in enumerate(part.files):
            path = data.path(name, index)
            assert path == tmp_path / "photos" / file
            assert file.startswith(data.class_names[part.labels[index]] + "/")
            shape = part.images.shape[1:]
            np.testing.assert_array_equal(part.images[index], read_image(path, shape).pixels)


def test_a_name_that_is_no_text_leads_back_to_its_file(data: sl.Dataset) -> None:
    (odd,) = [file for file in pairs(data) if "caf" in file]
    assert os.fsencode(odd) == b"dog/caf\xe9\n.png"
    places = [
        (name, i) for name, part in splits(data) for i, f in enumerate(part.files or ()) if f == odd
    ]
    assert data.path(*places[0]).read_bytes().startswith(b"\x89PNG")
    left = data.without(r"dog/caf\xe9\n.png")  # as `printable` shows it
    assert pairs(data).keys() - pairs(left).keys() == {odd}


def test_a_relative_folder_is_found_from_elsewhere(
    data: sl.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    again = sl.load_folder("photos")
    monkeypatch.chdir("/")
    assert again.root == tmp_path / "photos"
    assert again.path("train", 0).is_file()


def test_files_of_a_split_of_its_own_and_of_linked_folders(tmp_path: Path) -> None:
    for part in ("train", "test"):
        fill(tmp_path / "root", f"{part}/cat/{part}.png", len(part))
    fill(tmp_path, "elsewhere/far.png", 90)
    (tmp_path / "root" / "train" / "dog").symlink_to(tmp_path / "elsewhere")
    with pytest.warns(UserWarning, match="Only train/"):
        data = sl.load_folder(tmp_path / "root")
    assert data.train.files == ("train/cat/train.png", "train/dog/far.png")
    assert data.test.files == ("test/cat/test.png",)
    assert data.path("train", 1).resolve() == tmp_path / "elsewhere" / "far.png"


@pytest.mark.parametrize(
    ("split", "index", "words"),
    [("train", 99, "train: found 99 to 99"), ("test", -1, "test: found -1"), ("val", 0, "'val'")],
)
def test_a_path_of_no_image(data: sl.Dataset, split: str, index: int, words: str) -> None:
    with pytest.raises(sl.DataError, match=words):
        data.path(split, index)


def test_sets_from_elsewhere_have_no_files(data: sl.Dataset) -> None:
    split = sl.Split(data.train.images, data.train.labels)
    plain = sl.Dataset(split, split, data.class_names, "made here", "plain")
    assert split.files is None
    assert plain.root is None
    with pytest.raises(sl.DataError, match=r"no names of files.*load_folder has read"):
        plain.path("train", 0)
    with pytest.raises(sl.DataError, match=r"have no names of files.*train=\[\.\.\.\]"):
        plain.without("cat/0.png")
    assert plain.without(train=[0]).train.files is None
    with pytest.raises(sl.DataError, match="2 files for"):
        sl.Split(split.images, split.labels, ("a/1.png", "a/2.png"))


@pytest.mark.parametrize("absolute", [False, True])
def test_without_leaves_out_what_is_named_and_nothing_else(
    data: sl.Dataset, absolute: bool
) -> None:
    before = pairs(data)
    assert data.test.files is not None
    names = ["cat/0.png", "cat/deep/3.png", "dog/1.png"]
    wanted: list[Any] = [data.root / name for name in names] if absolute and data.root else names
    gone = {*names, data.test.files[0]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        left = data.without(wanted, test=[0])
    assert pairs(left) == {file: before[file] for file in before if file not in gone}
    assert left.class_names == data.class_names
    assert (left.source, left.name, left.root) == (data.source, data.name, data.root)
    assert len(pairs(data)) == 15
    assert pairs(left.without()) == pairs(left)


def test_a_class_without_images_is_none_any_more(data: sl.Dataset) -> None:
    before = pairs(data)
    cats = [file for file in before if file.startswith("cat/")]
    with pytest.warns(UserWarning, match=r"photos: no image of cat is left.*lower numbers"):
        left = data.without(cats)
    assert left.class_names == ("dog", "owl")
    assert pairs(left) == {file: before[file] for file in before if file not in cats}


def test_a_class_that_never_had_an_image_stays() -> None:
    images = np.full((4, 8, 8, 1), 9, np.uint8)
    split = sl.Split(images, np.array([0, 0, 2, 2]))
    data = sl.Dataset(split, split, ("a", "none", "c"), "made here", "four")
    assert data.without(train=[0, 1]).class_names == ("a", "none", "c")
    with pytest.warns(UserWarning, match="no image of a is left"):
        left = data.without(train=np.array([0, 1]), test=[1, 0, 1])
    assert left.class_names == ("none", "c")
    assert left.train.labels.tolist() == left.test.labels.tolist() == [1, 1]


def test_what_cannot_be_left_out(data: sl.Dataset) -> None:
    with pytest.raises(sl.DataError, match=r"'cat/deep/0.png' \(did you mean 'cat/0.png' or"):
        data.without(["cat/deep/0.png"])
    with pytest.raises(sl.DataError, match=r"train: found 0 to 99; expected .* from 0 to"):
        data.without(train=[0, 99])
    with pytest.raises(sl.DataError, match="all of them to be left out"):
        data.without(train=range(len(data.train)))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "a"), "found a more than once"),
        (("b", "a", "b", "a"), "found b, a more than once"),
        (("1", 1), "found 1 more than once"),
        ("ab", "found 'ab', a str"),
        (b"ab", "a bytes"),
        ({"a", "b"}, "a set"),
        (None, "found None"),
    ],
)
def test_class_names_that_are_none(names: Any, words: str) -> None:
    part = sl.Split(np.full((4, 8, 8, 1), 100, np.uint8), np.arange(4) % 2)
    with pytest.raises(sl.DataError, match=words):
        sl.Dataset(part, part, names, "made here", "four")


def test_masked_pixels_are_refused() -> None:
    images = np.full((4, 8, 8, 1), 100, np.uint8)
    holes = np.ma.masked_array(
        images, mask=np.arange(4)[:, None, None, None] == np.full((8, 8, 1), 2)
    )
    with pytest.raises(sl.DataError, match="64 of 256 entries are masked, the first in row 2"):
        sl.Split(holes, np.arange(4) % 2)
    assert len(sl.Split(np.ma.masked_array(images), np.arange(4) % 2)) == 4
