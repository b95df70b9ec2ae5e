"""Folders that are not simply one folder of pictures for each class, and what is loaded of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from faults import Fault, check
from PIL import Image

import siamese_lib as sl
from siamese_lib.data import shapes


def filled(*folders: str, root: str = "photos") -> Callable[[Path], None]:
    """Return what makes folders of five pictures each."""

    def prepare(at: Path) -> None:
        for folder in folders:
            (at / root / folder).mkdir(parents=True, exist_ok=True)
            for number in range(5):
                pixels = np.random.default_rng([*folder.encode(), number]).integers(
                    0, 256, (8, 8), np.uint8
                )
                Image.fromarray(pixels).save(at / root / folder / f"{number}.png")

    return prepare


def both(*steps: Callable[[Path], object]) -> Callable[[Path], None]:
    def prepare(at: Path) -> None:
        for step in steps:
            step(at)

    return prepare


def link(to: str, name: str) -> Callable[[Path], None]:
    return lambda at: os.symlink(to, at / "photos" / name)


def write(*names: str, content: bytes = b"none") -> Callable[[Path], None]:
    def prepare(at: Path) -> None:
        for name in names:
            (at / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
            (at / "photos" / name).write_bytes(content)

    return prepare


def load(at: Path) -> str:
    data = sl.load_folder(at / "photos")
    labels = np.concatenate([data.train.labels, data.test.labels])
    counts = np.bincount(labels, minlength=len(data.class_names))
    sizes = ", ".join(f"{n} {c}" for n, c in zip(data.class_names, counts, strict=True))
    return f"{sizes}; {len(data.train)} + {len(data.test)}; skipped {data.skipped}; {data.source}"


def too_much(_: Path) -> None:
    with patch.object(shapes, "memory_bytes", lambda: 32 * 10**9):
        shapes.check_fits(796, (4000, 4000, 3))


CLASSES = filled("cat", "dog")
FAULTS: dict[str, Fault] = {
    "linked folder": Fault(
        "a class folder with a link to a folder on another disk",
        "its pictures are loaded too",
        r"cat 10, dog 5; \d+ \+ \d+; skipped \(\)",
        load, both(CLASSES, filled("more", root="disk"), link("../../disk/more", "cat/more")),
    ),
    "loop": Fault(
        "a link to the folder that it is in",
        "it is not followed, and named",
        r"cat 5, dog 5.*cat/up/: a link to a folder that it is in, not followed",
        load, both(CLASSES, link("..", "cat/up")),
    ),
    "way up": Fault(
        "a link to the root of the disk",
        "it is not followed, and named",
        r"cat 5, dog 5.*cat/up/: a link to a folder that it is in, not followed",
        load, both(CLASSES, link("/", "cat/up")),
    ),
    "two links": Fault(
        "two links in one class to one folder",
        "its pictures are loaded once, and the second link is named",
        r"cat 10, dog 5.*cat/b/: the same folder as cat/a/",
        load,
        both(CLASSES, filled("more", root="disk"), link("../../disk/more", "cat/a"),
             link("../../disk/more", "cat/b")),
    ),
    "class twice": Fault(
        "a link that makes one class folder two classes",
        "it is one class, and the link is named",
        r"^cat 5, dog 5;.*hound/: the same folder as dog/, a class already",
        load, both(CLASSES, link("dog", "hound")),
    ),
    "broken link": Fault(
        "a link to a picture that is gone",
        "it is named",
        r"cat/9.png: a link that leads nowhere",
        load, both(CLASSES, link("gone.png", "cat/9.png")),
    ),
    "pipe": Fault(
        "a pipe named as a picture, which would be read for ever",
        "it is named",
        r"cat/9.png: neither a file nor a folder",
        load, both(CLASSES, lambda at: os.mkfifo(at / "photos/cat/9.png")),
    ),
    "own split": Fault(
        "a folder with train/ and test/, and the classes in each",
        "these are the splits, and Dataset.source says so",
        r"^cat 10, dog 10; 10 \+ 10; skipped \(\).*\(train/ for training and test/ for testing\)",
        load, filled("train/cat", "train/dog", "test/cat", "test/dog"),
    ),
    "validation": Fault(
        "a folder with Training/ and validation/",
        "these are the splits",
        r"5 \+ 5.*\(Training/ for training and validation/ for testing\)",
        load, filled("Training/cat", "validation/cat"),
    ),
    "three splits": Fault(
        "a folder with train/, val/ and test/",
        "val/ is left out and named",
        r"(?s)5 \+ 5; .*left out: val/: train/ and test/ are used as the split",
        load, filled("train/cat", "val/cat", "test/cat"),
    ),
    "unlabelled test": Fault(
        "a test/ without class folders",
        "an error says so, and how to load train/ alone",
        r"test: found no sub-folders; expected .*Or load .*train alone",
        load, filled("train/cat", "train/dog", "test"), sl.DataError,
    ),
    "other classes": Fault(
        "a train/ and a test/ that have no class in common",
        "an error says so",
        "no class that train/ and test/ both have",
        load, filled("train/cat", "test/dog"), sl.DataError,
    ),
    "other letters": Fault(
        "a train/ and a test/ whose classes differ in capital letters, with different pictures",
        "a warning names them, and no identical images are blamed",
        r"(?s)^Cat 5, cat 5, dog 10; 10 \+ 10; (?!.*identical).*Only test/ has the class folders "
        r"cat.*Some names differ in capital letters only \(Cat and cat\), and are different",
        load, filled("train/Cat", "train/dog", "test/cat", "test/dog"),
    ),
    "two forms": Fault(
        "a train/ and a test/ that write a letter and its accent in two forms of Unicode",
        "they are one class, and a warning says so",
        r"^b 10, \u00e9 10; 10 \+ 10; skipped \(\).*\n.*two forms of Unicode \(\u00e9\)(?!.*Only)",
        load, filled("train/b", "train/\u00e9", "test/b", "test/e\u0301"),
    ),
    "two forms side by side": Fault(
        "two class folders whose names look alike, in two forms of Unicode",
        "they are one class, and a warning says so",
        r"^f 5, \u00e9 10; \d+ \+ \d+; skipped \(\).*\n.*two forms of Unicode \(\u00e9\)",
        load, filled("f", "\u00e9", "e\u0301"),
    ),
    "too high": Fault(
        "the folder around the folder of the classes",
        "an error names the folder to load",
        r"one sub-folder, inner/, which holds only folders \(cat/, dog/\).*load .*/photos/inner",
        load, filled("inner/cat", "inner/dog"), sl.DataError,
    ),
    "too low": Fault(
        "the folder of one class",
        "an error names the folder around it",
        r"no sub-folders, and 5 pictures in the folder itself.*load the folder around it: ",
        load, filled(""), sl.DataError,
    ),
    "only folders": Fault(
        "class folders that hold only folders",
        "the outer folders are the classes, and a warning names what to load for the inner ones",
        r"a 10, b 10.*\n.*all images of its 2 class folders are in folders further down",
        load, filled("a/one", "a/two", "b/one", "b/two"),
    ),
    "clutter": Fault(
        "the thumbnails and waste of a network drive",
        "they are no class and no image",
        r"^cat 5, dog 5; 8 \+ 2; skipped \(\)",
        load,
        both(CLASSES, filled("@eaDir/cat", "cat/@eaDir/0.png", "#recycle", "$RECYCLE.BIN"),
             write("cat/Thumbs.db", "dog/._0.png", "~$list.docx", ".DS_Store")),
    ),
    "empty path": Fault(
        "an empty path, as a variable that is not set gives it",
        "an error, where the folder that Python runs in would be loaded",
        r"found ''; expected the path of a file or folder. .*pass \"\.\"",
        lambda _: sl.load_folder(""), error=sl.DataError,
    ),
    "long path": Fault(
        "a path of 5,000 letters",
        "an error of one line",
        r"^a+…a+\)?: found .{1,200}$",
        lambda _: sl.load_folder("a" * 5000), error=sl.DataError,
    ),
    "huge size": Fault(
        "an image size of a million pixels",
        "an error with the largest size, before the memory is full",
        r"image_size: found \(1000000, 1000000\); expected .* from 1 to 4,096",
        lambda at: sl.load_folder(at / "photos", image_size=(10**6, 10**6)), CLASSES, sl.DataError,
    ),
    "too much for the memory": Fault(
        "more images of a large size than the memory holds",
        "an error with both figures and a size that would fit",
        r"found 796 images of 4000×4000×3, which need 76\.4 GB to load; expected at most 32\.0 GB"
        r".*up to 2,588 × 2,588 would fit",
        too_much, error=sl.DataError,
    ),
    "seed": Fault(
        "a seed that is a text",
        "an error with what was expected",
        "seed is 'x'; expected a whole number, 0 or more",
        lambda at: sl.load_folder(at / "photos", seed="x"), CLASSES, sl.DataError,  # type: ignore[arg-type]
    ),
    "other kinds": Fault(
        "hundreds of sounds and texts beside the pictures",
        "one line counts them by suffix",
        r"photos: files left out, as their kinds are not read: 400 "
        r"\(.ogg 200, such as cat/0.ogg; .txt 200, such as cat/0.txt\)",
        load, both(CLASSES, write(*(f"cat/{n}.{s}" for n in range(200) for s in ("ogg", "txt")))),
    ),
    "damaged": Fault(
        "twelve damaged pictures",
        "ten are named and the others counted; Dataset.skipped has all",
        r"12 of its files and folders were left out: cat/c0.png: not a PNG.*; and 2 more\. Dataset",
        load, both(CLASSES, write(*(f"cat/c{n}.png" for n in range(12)))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_folders(name: str, tmp_path: Path) -> None:
    check(FAULTS[name], tmp_path)
