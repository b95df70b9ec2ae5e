"""Image sets in either layout: read exactly, or refused with one clear error."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from tiny_sets import IDX_NAMES, assert_clear, idx_bytes, npz_bytes, put, tiny_arrays, tiny_spec

from siamese_lib.data.dataset import DataError
from siamese_lib.data.formats import candidates, read_splits

ARRAYS = tiny_arrays()
TINY = tiny_spec("tiny", ARRAYS)


@pytest.mark.parametrize("layout", ["npz", "idx"])
@pytest.mark.parametrize("keep", [0, 3, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, layout: str, keep: float) -> None:
    path = put(tmp_path, layout, ARRAYS)
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    with pytest.raises(ValueError, match="found") as caught:
        read_splits(candidates(tmp_path, "tiny")[0], TINY)
    assert_clear(caught, path, "Download the file again")


@pytest.mark.parametrize("layout", ["npz", "idx"])
@pytest.mark.parametrize("key", list(IDX_NAMES))
def test_one_altered_value(tmp_path: Path, layout: str, key: str) -> None:
    """The archive is sound and the shapes are right: only the contents tell."""
    altered = {name: array.copy() for name, array in ARRAYS.items()}
    altered[key].flat[5] ^= 1
    put(tmp_path, layout, altered)
    with pytest.raises(ValueError, match="SHA-256") as caught:
        read_splits(candidates(tmp_path, "tiny")[0], TINY)
    assert_clear(caught, key if layout == "npz" else IDX_NAMES[key], "name other than tiny")


def test_a_known_name_with_another_shape(tmp_path: Path) -> None:
    path = put(tmp_path, "npz", {key: array[:5] for key, array in ARRAYS.items()})
    with pytest.raises(ValueError, match="found") as caught:
        read_splits(path, TINY)
    assert_clear(caught, path, "(5, 9, 7)", "(20, 9, 7)")


@pytest.mark.parametrize(
    ("key", "wrong", "part"),
    [
        ("y_train", np.zeros(19, np.uint8), "(19,)"),
        ("y_test", np.zeros((10, 1), np.uint8), "(10, 1)"),
        ("y_test", np.zeros(10, np.float32), "float32"),
        ("y_test", np.full(10, np.nan), "missing"),
        ("y_test", np.full(10, "ant"), "strings for both"),
        ("x_train", np.zeros((20, 63), np.uint8), "(20, 63)"),
        ("x_train", np.zeros((20, 9, 7), np.float32), "float32"),
    ],
)
def test_arrays_that_are_no_image_set(
    tmp_path: Path, key: str, wrong: np.ndarray, part: str
) -> None:
    (tmp_path / "own.npz").write_bytes(npz_bytes({**ARRAYS, key: wrong}))
    with pytest.raises(ValueError, match="expected") as caught:
        read_splits(tmp_path / "own.npz", None)
    assert_clear(caught, tmp_path / "own.npz", key, part)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([4464, 70_000], ("4464", "70000")),
        ([-3, -1], ("-3", "-1")),
        ([-(2**63), 2**63 - 1], (str(-(2**63)), str(2**63 - 1))),
        ([2**24, 2**24 + 1], ("16777216", "16777217")),
        (["owl", "seal"], ("owl", "seal")),
        ([b"owl", b"seal"], ("owl", "seal")),
        ([False, True], ("0", "1")),
        ([np.uint64(2**64 - 2), np.uint64(2**64 - 1)], (str(2**64 - 2), str(2**64 - 1))),
        ([2, 3], ("0", "1", "2", "3")),  # most numbers are used: they stay as they are
    ],
)
def test_classes_of_any_name(tmp_path: Path, values: list, names: tuple[str, ...]) -> None:
    labels = np.array(values)
    arrays = {"y_train": np.repeat(labels, 10), "y_test": np.tile(labels[::-1], 5)}
    (tmp_path / "own.npz").write_bytes(npz_bytes({**ARRAYS, **arrays}))
    train, test, found = read_splits(tmp_path / "own.npz", None)
    assert found == names
    words = [
        str(v.decode() if isinstance(v, bytes) else int(v) if isinstance(v, bool | np.bool_) else v)
        for v in values
    ]
    assert [found[k] for k in train.labels] == [word for word in words for _ in range(10)]
    assert [found[k] for k in test.labels] == words[::-1] * 5


def test_a_missing_array(tmp_path: Path) -> None:
    (tmp_path / "own.npz").write_bytes(npz_bytes({"x_train": ARRAYS["x_train"]}))
    with pytest.raises(ValueError, match="also y_train, x_test, y_test"):
        read_splits(tmp_path / "own.npz", None)


def test_a_missing_idx_file(tmp_path: Path) -> None:
    path = put(tmp_path, "idx", ARRAYS)
    path.unlink()
    with pytest.raises(ValueError, match="no such file") as caught:
        read_splits(tmp_path / "tiny", TINY)
    assert_clear(caught, path)


@pytest.mark.parametrize(
    "content",
    [
        b"not gzip at all",
        gzip.compress(b"", mtime=0),
        gzip.compress(b"\0\0\x0d\1" + b"\0" * 40, mtime=0),  # floats
        gzip.compress(b"\0\0\x08\xff" + b"\0" * 1020, mtime=0),  # 255 dimensions
        gzip.compress(b"\0\0\x08\3\0\0", mtime=0),  # half a header
        gzip.compress(gzip.decompress(idx_bytes(ARRAYS["x_train"])) + b"more", mtime=0),
    ],
)
def test_a_file_that_is_not_idx(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path, "idx", ARRAYS, name="own")
    path.write_bytes(content)
    with pytest.raises(ValueError, match="found") as caught:
        read_splits(tmp_path / "own", None)
    assert_clear(caught, path)


class _Trap:
    """Unpickled, it leaves a folder behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.folder,)


def test_loading_never_unpickles(tmp_path: Path) -> None:
    path, trap = tmp_path / "own.npz", _Trap(tmp_path / "code_ran")
    for content in (
        npz_bytes({**ARRAYS, "x_train": np.array([trap], dtype=object)}),
        pickle.dumps(trap),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"own\.npz"):
            read_splits(path, None)
    assert not (tmp_path / "code_ran").exists()
