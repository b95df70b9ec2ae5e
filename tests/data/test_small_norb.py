"""The small NORB set from files made in its published format, and files that are not in it."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from siamese_lib.data.named_sets import DownloadError, load_dataset
from siamese_lib.data.poses import one_object
from siamese_lib.data.small_norb import CATEGORIES, load_small_norb
from siamese_lib.data.split import DataError

NAMES = {
    "train": "smallnorb-5x46789x9x18x6x2x96x96-training",
    "test": "smallnorb-5x01235x9x18x6x2x96x96-testing",
}
SIDE = 8


def in_format(array: np.ndarray) -> bytes:
    """A matrix as the set's page describes it, number by number."""
    magic = {"uint8": 0x1E3D4C55, "int32": 0x1E3D4C54, "float32": 0x1E3D4C51}[array.dtype.name]
    lengths = [*array.shape, *[1] * (3 - array.ndim)]
    header = struct.pack("<ii", magic, array.ndim) + struct.pack(f"<{len(lengths)}i", *lengths)
    return header + array.astype(array.dtype.newbyteorder("<")).tobytes()


def contents(part: str) -> dict[str, np.ndarray]:
    """One toy of each category from four sides in two lights, in another order."""
    instance = 4 if part == "train" else 1
    rows = list(product(range(5), [instance], [0, 8], [0, 34], [0, 5]))
    known = np.random.default_rng(len(part)).permutation(np.array(rows, np.int32))
    pixels = np.random.default_rng(9).integers(0, 256, (len(rows), 2, SIDE, SIDE), np.uint8)
    return {"dat": pixels, "cat": known[:, 0].copy(), "info": known[:, 1:].copy()}


def put(folder: Path, compressed: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, name in NAMES.items():
        for kind, array in contents(part).items():
            content = in_format(array)
            file = folder / f"{name}-{kind}.mat{'.gz' * compressed}"
            file.write_bytes(gzip.compress(content) if compressed else content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "norb")
    return tmp_path / "norb"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("camera", [0, 1])
@pytest.mark.parametrize("at_once", [1, 7, 64])
def test_every_picture_with_what_is_known_of_it(tmp_path, compressed, camera, at_once, monkeypatch):
    monkeypatch.setattr("siamese_lib.data.small_norb._AT_ONCE", at_once)
    put(tmp_path, compressed)
    data = load_small_norb(tmp_path, side=SIDE, camera=camera)
    assert data.class_names == CATEGORIES
    for part, split in (("train", data.train), ("test", data.test)):
        made = contents(part)
        assert np.array_equal(split.images[..., 0], made["dat"][:, camera])
        assert np.array_equal(split.labels, made["cat"])
        instance, elevation, azimuth, light = made["info"].T
        assert np.array_equal(split.factors["instance"], instance)
        assert np.array_equal(split.factors["elevation"], np.where(elevation == 8, 70, 30))
        assert np.array_equal(split.factors["azimuth"], np.where(azimuth == 34, 340, 0))
        assert np.array_equal(split.factors["light"], light)


def test_a_smaller_side_is_the_mean_of_pixels(folder):
    small = load_small_norb(folder, side=2).train.images
    whole = load_small_norb(folder, side=SIDE).train.images
    for row, column in product(range(2), repeat=2):
        cell = whole[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4, 0]
        assert np.abs(cell.mean(axis=(1, 2)) - small[:, row, column, 0]).max() <= 0.5


def test_one_toy_is_split_anew(folder):
    data = load_small_norb(folder, side=SIDE)
    plane = one_object(data, "airplane", 4, seed=3)
    assert (len(plane.train), len(plane.test)) == (5, 3)  # 660 of 972
    assert plane.class_names == ("0°", "340°")
    for split in (plane.train, plane.test):
        assert np.array_equal(np.array([0, 340])[split.labels], split.factors["azimuth"])
    own = data.train.images[data.train.labels == 2]
    found = np.concatenate([plane.train.images, plane.test.images])
    assert sorted(map(bytes, found)) == sorted(map(bytes, own))


@pytest.mark.parametrize(
    ("name", "instance", "message"),
    [("plane", 4, "expected the class 'plane'"), ("airplane", 7, "expected an instance of 1, 4")],
)
def test_a_toy_that_is_not_there(folder, name, instance, message):
    data = load_small_norb(folder, side=SIDE)
    with pytest.raises(DataError, match=message):
        one_object(data, name, instance)


def test_a_set_without_instances(folder):
    data = load_small_norb(folder, side=SIDE)
    data = replace(data, test=replace(data.test, factors={"azimuth": data.test.factors["azimuth"]}))
    with pytest.raises(DataError, match="factors azimuth; expected the factor instance"):
        one_object(data, "airplane", 0)


def test_load_dataset_finds_the_files_and_says_where_to_put_them(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "siamese_lib.data.small_norb.load_small_norb.__kwdefaults__", {"side": 8, "camera": 0}
    )
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path))
    with pytest.raises(DownloadError, match=r"\$SIAMESE_DATA/small_norb.*ylclab.*load_small_norb"):
        load_dataset("small_norb", cache_dir=tmp_path / "cache")
    put(tmp_path / "cache" / "small_norb")
    assert "(cache)" in load_dataset("small_norb", cache_dir=tmp_path / "cache").source
    put(tmp_path / "small_norb", compressed=True)
    data = load_dataset("small_norb", cache_dir=tmp_path / "cache", verbose=False)
    assert (data.source, len(data.train)) == ("$SIAMESE_DATA/small_norb", 40)


DAT, CAT, INFO = (f"{NAMES['train']}-{kind}.mat" for kind in ("dat", "cat", "info"))
GOOD = {f"{NAMES['train']}-{kind}.mat": in_format(a) for kind, a in contents("train").items()}


def changed(file: str, column: int, value: int) -> bytes:
    array = contents("train")[file[-8:-4].lstrip("-")].copy()
    np.atleast_2d(array.T)[column, 3] = value
    return in_format(array)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (DAT, GOOD[DAT][:-1], "an end 1 bytes too early"),
        (CAT, GOOD[CAT][:-4], "an end 4 bytes too early"),
        (INFO, GOOD[INFO][:10], "an end 10 bytes too early"),
        (DAT, b"", "an end 8 bytes too early"),
        (DAT, GOOD[DAT] + b"\0", "more bytes than its header announces"),
        (CAT, GOOD[CAT] + b"\0", "more bytes than its header announces"),
        (
            DAT,
            b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
            "begins with 0x474E5089; expected a matrix of bytes",
        ),
        (DAT, GOOD[CAT], "a matrix of integers; expected a matrix of bytes"),
        (CAT, GOOD[INFO], "2 dimensions; expected a matrix of integers of N entries"),
        (INFO, in_format(np.zeros((40, 3), np.int32)), "40 × 3 entries; expected .*N × 4"),
        (INFO, in_format(np.zeros((40, 4), np.float32)), "a matrix of single"),
        (INFO, in_format(np.zeros((39, 4), np.int32)), "39 entries; expected 40, as in"),
        (DAT, struct.pack("<6i", 0x1E3D4C55, 4, 40, 2, -8, 8), r"the lengths \[40, 2, -8, 8\]"),
        (DAT, struct.pack("<6i", 0x1E3D4C55, 4, 2**30, 2, 8, 8), "the lengths"),
        (CAT, changed(CAT, 0, 5), "the category 5; expected only 0, 1, 2, 3, 4"),
        (INFO, changed(INFO, 2, 35), "the azimuth 35"),
        (INFO, changed(INFO, 1, -1), "the elevation -1"),
    ],
)
def test_files_that_are_not_the_sets(folder, file, content, message):
    (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_small_norb(folder, side=SIDE)
    assert file in str(caught.value)


@pytest.mark.parametrize("damage", [lambda c: c[:-20], lambda c: c[:40] + b"\0\0\0" + c[43:]])
def test_damaged_gzip_files(tmp_path, damage):
    put(tmp_path, compressed=True)
    file = tmp_path / f"{DAT}.gz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match="damaged gzip data"):
        load_small_norb(tmp_path, side=SIDE)


def test_a_file_that_is_missing_and_arguments_that_cannot_be(folder):
    with pytest.raises(DataError, match="expected a whole fraction of 8×8"):
        load_small_norb(folder, side=3)
    with pytest.raises(DataError, match="camera: found 2; expected 0"):
        load_small_norb(folder, side=SIDE, camera=2)
    (folder / f"{NAMES['test']}-info.mat").unlink()
    with pytest.raises(DataError, match=r"no file \*testing-info.mat"):
        load_small_norb(folder, side=SIDE)
