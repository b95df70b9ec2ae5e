"""Which files of a folder are read, and what is said of the others."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_lib.data import walking
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.image_folders import load_folder


def fill(folder: Path, count: int = 5, first: int = 0) -> Path:
    """Put pictures into a folder that are in no other folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([*os.fsencode(folder), first])
    for number in range(count):
        pixels = rng.integers(first, first + 100, (8, 8), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def counts(data: Dataset) -> dict[str, int]:
    labels = np.concatenate([data.train.labels, data.test.labels])
    return dict(zip(data.class_names, np.bincount(labels).tolist(), strict=True))


def load(root: Path) -> tuple[Dataset, str]:
    """Load a folder, and return the warnings too."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = load_folder(root)
    return data, "\n".join(str(each.message) for each in caught)


def test_linked_folders_and_files_are_followed(tmp_path):
    root, disk = tmp_path / "photos", fill(tmp_path / "disk" / "more")
    fill(root / "cat")
    fill(root / "dog")
    os.symlink(disk, root / "cat" / "more")
    os.symlink(disk.parent, root / "dog" / "deeper")
    os.symlink(disk / "0.png", root / "cat" / "linked.png")
    os.symlink(fill(tmp_path / "owls"), root / "owl")
    data, said = load(root)
    assert counts(data) == {"cat": 11, "dog": 10, "owl": 5}
    assert data.skipped == ()
    assert said.startswith(f"{root}: 5 images stand in more than one class (cat/")
    *pairs, more = said.rpartition("(")[2].split("; ")  # cat and dog link to them
    assert more == "…)."
    assert len(pairs) == 3
    for one, two in (pair.split(" and ") for pair in pairs):
        assert os.path.dirname(one) in ("cat", "cat/more")
        assert os.path.samefile(root / one, root / two)
        assert two.startswith("dog/deeper/")


@pytest.mark.parametrize("to", [".", "..", "../..", "../../.."])
def test_loops_end(tmp_path, to):
    root = tmp_path / "some" / "photos"
    fill(root / "cat" / "in")
    fill(root / "dog")
    os.symlink(to, root / "cat" / "in" / "loop")
    data, said = load(root)
    assert counts(data) == {"cat": 5, "dog": 5}
    assert data.skipped == ("cat/in/loop/: a link to a folder that it is in, not followed",)
    assert data.skipped[0] in said


def test_two_links_to_one_folder_are_read_once(tmp_path):
    root, disk = tmp_path / "photos", fill(tmp_path / "disk")
    fill(root / "dog")
    fill(root / "cat" / "z")
    for name in ("a", "b"):
        os.symlink(disk, root / "cat" / name)
    os.symlink("z", root / "cat" / "c")
    os.symlink(root / "dog", root / "hound")
    os.symlink("..", root / "up")
    data, _ = load(root)
    assert counts(data) == {"cat": 10, "dog": 5}
    assert sorted(data.skipped) == [
        "cat/b/: the same folder as cat/a/",
        "cat/z/: the same folder as cat/c/",
        "hound/: the same folder as dog/, a class already",
        "up/: a link to a folder that it is in, not followed",
    ]


def test_what_is_neither_file_nor_folder_is_named(tmp_path):
    fill(tmp_path / "cat")
    fill(tmp_path / "dog")
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    os.symlink("nowhere", tmp_path / "cat" / "broken.png")
    os.symlink("self", tmp_path / "cat" / "self")
    data, said = load(tmp_path)
    assert counts(data) == {"cat": 5, "dog": 5}
    assert sorted(data.skipped) == [
        "cat/broken.png: a link that leads nowhere",
        "cat/pipe.png: neither a file nor a folder",
        "cat/self: a link that leads nowhere",
    ]
    assert all(line in said for line in data.skipped)


@pytest.mark.parametrize("private", ["cat/private", "dog", ""])
def test_folders_that_cannot_be_read_are_named(tmp_path, monkeypatch, private):
    fill(tmp_path / "cat" / "private")
    fill(tmp_path / "cat")
    fill(tmp_path / "dog")
    scan = os.scandir

    def guarded(path):
        if Path(path) == tmp_path / private:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(walking.os, "scandir", guarded)
    if private == "":
        with pytest.raises(DataError, match=r"cannot be read \(Permission denied\)"):
            load_folder(tmp_path)
        return
    data, said = load(tmp_path)
    assert f"{private}/: Permission denied" in data.skipped
    assert f"{private}/: Permission denied" in said


@pytest.mark.parametrize(
    ("train", "test"),
    [("train", "test"), ("training", "testing"), ("Train", "TEST"), ("train", "val"),
     ("train", "valid"), ("training", "validation"), ("training_set", "test_set")],
)  # fmt: skip
def test_a_split_of_its_own_is_used(tmp_path, train, test):
    for part, first in ((train, 0), (test, 100)):
        for name in ("cat", "dog"):
            fill(tmp_path / part / name, 4, first)
    (tmp_path / "README.txt").write_text("about these pictures")
    data, said = load(tmp_path)
    assert (data.class_names, len(data.train), len(data.test)) == (("cat", "dog"), 8, 8)
    assert data.train.images.max() < 100 <= data.test.images.min()
    np.testing.assert_array_equal(data.test.labels, np.repeat([0, 1], 4))
    assert data.source == f"{tmp_path} ({train}/ for training and {test}/ for testing)"
    assert (data.skipped, said) == ((), "")


def test_what_a_split_leaves_out_is_said(tmp_path):
    for part, names in {"train": "abc", "test": "abd", "val": "ab", "notes": "x"}.items():
        for name in names:
            fill(tmp_path / part / name, 3)
    fill(tmp_path / "test", 1)
    data, said = load(tmp_path)
    assert data.class_names == ("a", "b", "c", "d")
    assert (len(data.train), len(data.test)) == (9, 9)
    assert sorted(data.skipped) == [
        "notes/: train/ and test/ are used as the split",
        "test/0.png: outside every class folder",
        "val/: train/ and test/ are used as the split",
    ]
    assert "Only train/ has the class folders c." in said
    assert "Only test/ has the class folders d." in said


def test_train_and_test_can_be_classes_among_others(tmp_path):
    for name in ("bus", "test", "train"):
        fill(tmp_path / name, 3)
    data, said = load(tmp_path)
    assert counts(data) == {"bus": 3, "test": 3, "train": 3}
    assert said == ""


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        (("train", "test"), "train: found no sub-folders"),
        (("train/cat", "train/dog", "test"), "test: found no sub-folders.*load .*train alone"),
        (("train/cat", "val/cat", "valid/cat"), r"several folders .*\(train/, val/, valid/\)"),
        (("train/cat", "test/dog"), "no class that train/ and test/ both have"),
        (("photos/cat", "photos/dog"), r"one sub-folder, photos/.*\(cat/, dog/\).*load .*photos\."),
        (("a/b/cat", "a/b/dog"), r"one sub-folder, a/b/.*load .*a/b\."),
        (("data/train/cat", "data/test/cat"), r"one sub-folder, data/.*load .*data\."),
        (("",), r"no sub-folders, and 5 pictures.*load the folder around it: .*\."),
    ],
)
def test_a_root_too_high_or_too_low(tmp_path, folders, words):
    for folder in folders:
        fill(tmp_path / "here" / folder)
    with pytest.raises(DataError, match=words):
        load_folder(tmp_path / "here")


def test_one_class_with_folders_in_it_is_one_class(tmp_path):
    fill(tmp_path / "cat")
    fill(tmp_path / "cat" / "monday", first=100)
    fill(tmp_path / "cat" / "sunday", first=150)
    assert counts(load(tmp_path)[0]) == {"cat": 15}


def test_classes_that_hold_only_folders_are_loaded_and_said(tmp_path):
    for outer in ("animals", "plants"):
        for inner in ("small", "large"):
            fill(tmp_path / outer / inner)
    data, said = load(tmp_path)
    assert counts(data) == {"animals": 10, "plants": 10}
    assert "all images of its 2 class folders are in folders further down" in said
    assert f"load the folder around them, such as {tmp_path / 'animals'}" in said


@pytest.mark.parametrize(
    "name",
    ["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "__MACOSX", "lost+found",
     ".Trash-1000", "@Recycle", ".@__thumb", ".ipynb_checkpoints"],
)  # fmt: skip
def test_clutter_is_neither_a_class_nor_an_image(tmp_path, name):
    for folder in ("cat", "dog", name, f"cat/{name}", f"cat/{name}/0.png"):
        fill(tmp_path / folder) if not (tmp_path / folder).is_file() else None
    for file in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png", "~$cats.docx", "Icon\r"):
        (tmp_path / "dog" / file).write_bytes(b"clutter")
        (tmp_path / file).write_bytes(b"clutter")
    data, said = load(tmp_path)
    assert counts(data) == {"cat": 5, "dog": 5}
    assert (data.skipped, said) == ((), "")


def test_many_files_of_other_kinds_are_one_line(tmp_path):
    fill(tmp_path / "cat")
    fill(tmp_path / "dog")
    for number in range(300):
        (tmp_path / "cat" / f"{number}.ogg").write_bytes(b"OggS")
        (tmp_path / "dog" / f"{number}.TXT").write_text("a text")
    (tmp_path / "dog" / "notes").write_text("no suffix")
    for number in range(14):
        (tmp_path / "dog" / f"cut{number}.{'heic' if number == 0 else 'png'}").write_bytes(
            b"\x89PNG\r\n"
        )
    data, said = load(tmp_path)
    assert len(said.splitlines()) == 1
    assert len(said) < 2_000
    assert "615 of its files and folders were left out" in said
    assert "dog/cut0.heic: not a PNG" in said
    assert "and 4 more" in said
    assert "and files of kinds that are not read: 601 (.ogg 300, such as cat/0.ogg; .txt" in said
    assert "no suffix 1, such as dog/notes" in said
    assert len(data.skipped) == 615


def test_a_picture_with_another_suffix_is_read(tmp_path):
    fill(tmp_path / "happy", 1)
    (tmp_path / "happy" / "0.png").rename(tmp_path / "happy" / "subject01.happy")
    fill(tmp_path / "sad", 2)
    assert counts(load(tmp_path)[0]) == {"happy": 1, "sad": 2}


def test_depths_that_differ_are_said(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number, white in enumerate((900, 4000)):
            deep = np.linspace(0, white, 64).astype(np.uint16).reshape(8, 8)
            Image.fromarray(deep).save(tmp_path / name / f"{number}.png")
    _, said = load(tmp_path)
    assert "white is 1,023 in 2 and 4,095 in 2 of them" in said


def test_names_in_two_forms_of_unicode_are_one_class_and_files_keep_their_paths(tmp_path):
    fill(tmp_path / "f", 3)
    fill(tmp_path / "\u00e9", 3, 50)
    fill(tmp_path / "e\u0301", 3, 100)
    data, said = load(tmp_path)
    assert counts(data) == {"f": 3, "\u00e9": 6}
    assert said.count("two forms of Unicode (\u00e9)") == 1
    names = [*(data.train.files or ()), *(data.test.files or ())]
    assert {name.split("/")[0] for name in names} == {"f", "\u00e9", "e\u0301"}
    assert all((tmp_path / name).is_file() for name in names)


def test_a_name_in_another_form_of_unicode_finds_its_file(tmp_path):
    fill(tmp_path / "e\u0301", 4)
    fill(tmp_path / "f", 4, 100)
    data, _ = load(tmp_path)
    assert data.train.files is not None
    files = data.train.files
    assert files[-1].startswith("e\u0301")
    assert data.without("\u00e9" + files[-1][2:]).train.files == files[:-1]
