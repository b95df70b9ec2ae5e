"""Where the cache is, and what is removed from it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from siamese_lib.data.cache_folder import cache_folder, keep_within


def test_an_environment_variable_moves_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("SIAMESE_CACHE", "~/here")
    assert cache_folder() == Path.home() / "here"
    monkeypatch.setenv("SIAMESE_CACHE", "")
    assert cache_folder().name == "siamese_lib"
    monkeypatch.delenv("SIAMESE_CACHE")
    assert cache_folder().name == "siamese_lib"


@pytest.mark.parametrize(
    ("most_bytes", "most_files", "left"),
    [(99, 9, "0123"), (90, 9, "123"), (40, 9, "3"), (5, 9, ""), (99, 2, "23"), (99, 0, "")],
)
def test_the_oldest_are_removed(
    tmp_path: Path, most_bytes: int, most_files: int, left: str
) -> None:
    for number, size in enumerate((10, 20, 30, 39)):
        file = tmp_path / f"folder {number % 2}" / str(number)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes(size))
        os.utime(file, (1000 + number, 1000 + number))
    keep_within(tmp_path, most_bytes=most_bytes, most_files=most_files)
    assert sorted(file.name for file in tmp_path.glob("*/*")) == [*left]
    assert {folder.name for folder in tmp_path.iterdir()} == {f"folder {int(n) % 2}" for n in left}


def test_a_partial_file_is_removed_after_a_day(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, age in ((".partial-new", 0), (".partial-old", 2 * 24 * 3600)):
        (tmp_path / "folder" / name).touch()
        os.utime(tmp_path / "folder" / name, (time.time() - age, time.time() - age))
    keep_within(tmp_path, most_bytes=100, most_files=100)
    assert [file.name for file in tmp_path.glob("*/*")] == [".partial-new"]
    keep_within(tmp_path / "nowhere", most_bytes=100, most_files=100)


def test_a_folder_that_another_process_removes_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"12345")
    looked = Path.stat
    others = {"a": "b", "b": "a"}

    def stat(path: Path, **options: bool) -> os.stat_result:
        if path.name == "file":
            shutil.rmtree(tmp_path / others[path.parent.name], ignore_errors=True)
        return looked(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    keep_within(tmp_path, most_bytes=5, most_files=9)
    monkeypatch.undo()
    assert len([*tmp_path.glob("*/file")]) == 1


def test_no_more_is_removed_where_another_process_removes_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(3):
        file = tmp_path / "folder" / str(number)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"12345")
        os.utime(file, (1000 + number, 1000 + number))
    removed = Path.unlink

    def unlink(path: Path, **options: bool) -> None:
        removed(path)  # by the other process
        removed(path, **options)

    monkeypatch.setattr(Path, "unlink", unlink)
    keep_within(tmp_path, most_bytes=10, most_files=9)
    monkeypatch.undo()
    assert sorted(file.name for file in tmp_path.glob("*/*")) == ["1", "2"]
