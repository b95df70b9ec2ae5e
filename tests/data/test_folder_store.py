"""A folder that stays on disk gives what it gives in memory, and reads only what is new."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_reading import FILES

from siamese_lib.data import folder_cache, folder_store, read_many, shapes
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.image_folders import load_folder
from siamese_lib.data.reading import read_with_thumbnail
from siamese_lib.data.stored_images import StoredImages

SIZE: dict[str, Any] = {"image_size": (20, 20)}


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for the pixels, in parts of four images."""
    monkeypatch.setattr(folder_store, "PART_IMAGES", 4)
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stored"


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two classes of 10 bitmaps, all of one size in bytes, that count as written long ago."""
    monkeypatch.setattr(folder_cache, "_COARSE", -(10**18))
    for number in range(20):
        save(tmp_path / "photos" / "ab"[number % 2] / f"{number}.bmp", number)
    return tmp_path / "photos"


def save(file: Path, grey: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (9, 9), grey).save(file)
    return file


def opened(root: Path, **options: Any) -> tuple[Any, ...]:
    """All that a folder gives, with the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = load_folder(root, **{**SIZE, **options})
    assert isinstance(data.train.images, StoredImages) == bool(options.get("on_disk"))
    return (*contents(data), [str(each.message) for each in caught])


def contents(data: Dataset) -> tuple[Any, ...]:
    parts = [
        (np.asarray(part.images).tobytes(), part.images.shape, part.labels.tolist(), part.files)
        for part in (data.train, data.test)
    ]
    return parts, data.class_names, data.skipped, data.source, data.root, str(data.copies)


def files(place: Path, kind: str) -> list[Path]:
    return sorted(place.glob(f"*/[0-9]*.{kind}"))


@pytest.mark.parametrize("color", ["grayscale", "rgb"])
@pytest.mark.parametrize("own_split", [False, True])
def test_on_disk_and_in_memory_all_is_the_same(tmp_path: Path, color: str, own_split: bool) -> None:
    """Of all kinds of files, of files that cannot be read, of copies, and of odd names."""
    root = tmp_path / "photos"
    for side in ("train", "test") if own_split else ("",):
        for number, (name, data) in enumerate(FILES.items()):
            for place in ("ab"[number % 2], "c/deep"):
                (root / side / place).mkdir(parents=True, exist_ok=True)
                (root / side / place / name).write_bytes(data)
        (root / side / "a" / "cut.png").write_bytes(FILES["colors.png"][:200])
        (root / side / "a" / "unnamed").write_bytes(FILES["colors.png"])
        (root / side / "b" / os.fsdecode(b"caf\xe9\n.png")).write_bytes(FILES["grey.png"])
        (root / side / "b" / "list.csv").write_text("a,b")
        (root / side / "empty").mkdir()
    for seed in (0, 3):
        options: dict[str, Any] = {"color": color, "seed": seed, "test_fraction": 0.4}
        plain = opened(root, cache=False, **options)
        assert opened(root, on_disk=True, **options) == plain
        assert opened(root, on_disk=True, **options) == plain
        assert opened(root, on_disk=tmp_path / "elsewhere", **options) == plain
    assert any("were left out" in words for words in plain[-1])


def test_known_files_are_not_even_opened(
    photos: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(photos, on_disk=True)
    assert len(read) == 20
    monkeypatch.setattr(folder_cache, "content_of", lambda file: pytest.fail(f"opened {file}"))
    assert opened(photos, on_disk=True) == first
    assert len(read) == 20


def change_one(photos: Path) -> set[str]:
    save(photos / "a" / "0.bmp", 222)
    os.utime(photos / "a" / "0.bmp", (1, 1))
    return {"0.bmp"}


def add_one(photos: Path) -> set[str]:
    save(photos / "c" / "new.bmp", 99)
    save(photos / "c" / "other.bmp", 98)
    return {"new.bmp", "other.bmp"}


def remove_some(photos: Path) -> set[str]:
    for number in range(0, 12, 2):
        (photos / "a" / f"{number}.bmp").unlink()
    return set()


def swap(photos: Path) -> set[str]:
    (photos / "a" / "0.bmp").rename(photos / "x")
    (photos / "b" / "1.bmp").rename(photos / "a" / "0.bmp")
    (photos / "x").rename(photos / "b" / "1.bmp")
    return set()


def rename_class(photos: Path) -> set[str]:
    (photos / "a").rename(photos / "z")
    return set()


@pytest.mark.parametrize("change", [change_one, add_one, remove_some, swap, rename_class])
def test_only_what_is_new_or_changed_is_read(
    photos: Path, place: Path, read: list[str], change: Callable[[Path], set[str]]
) -> None:
    opened(photos, on_disk=True)
    del read[:]
    pixels = sum(file.stat().st_size for file in files(place, "pixels"))
    expected = change(photos)
    after = opened(photos, on_disk=True)
    assert {*read} == expected
    assert after == opened(photos, cache=False)
    assert opened(photos, on_disk=True) == after
    grown = sum(file.stat().st_size for file in files(place, "pixels")) - pixels
    assert grown <= len(expected) * 400  # what only moved takes no more space


def test_an_interrupted_reading_goes_on(
    photos: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(file: Path, *arguments: Any, **options: Any) -> Any:
        if file.name == "15.bmp":
            raise KeyboardInterrupt
        return read_with_thumbnail(file, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(read_many, "read_with_thumbnail", reading)
        with pytest.raises(KeyboardInterrupt):
            load_folder(photos, on_disk=True, **SIZE)
    del read[:]
    again = opened(photos, on_disk=True)
    assert set(read) == {f"{number}.bmp" for number in (15, 17, 19, 3, 5, 7, 9)}
    assert again == opened(photos, cache=False)


def test_a_reading_that_is_killed_goes_on(
    photos: Path, place: Path, read: list[str], tmp_path: Path
) -> None:
    """Killed with a part half written: whole parts are used, and the half one is removed."""
    program = f"""
import os, signal
from pathlib import Path
from siamese_lib.data import folder_store
import siamese_lib as sl
folder_store.PART_IMAGES = 4
written = []
real = os.fsync
def fsync(number):
    written.append(number)
    if len(written) == 5:  # parts and rows take turns
        os.kill(os.getpid(), signal.SIGKILL)
    real(number)
os.fsync = fsync
sl.load_folder({str(photos)!r}, on_disk=True, image_size=(20, 20), verbose=False)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL
    assert len(files(place, "pixels")) == 2
    assert len(list(place.glob("*/.partial-*"))) == 1
    again = opened(photos, on_disk=True)
    assert len(read) == 20 - 2 * 4
    assert again == opened(photos, cache=False)
    assert not list(place.glob("*/.partial-*"))


def test_parts_of_no_use_are_removed_unless_they_are_in_use(photos: Path, place: Path) -> None:
    before = load_folder(photos, on_disk=True, **SIZE)
    plain = np.asarray(before.train.images)
    old = files(place, "pixels")
    for file in photos.rglob("*.bmp"):
        save(file, 100 + int(file.stem))
        os.utime(file, (1, 1))
    after = load_folder(photos, on_disk=True, **SIZE)
    assert {*old} < {*files(place, "pixels")}
    np.testing.assert_array_equal(np.asarray(before.train.images), plain)
    del before
    load_folder(photos, on_disk=True, **SIZE)
    assert {*old} < {*files(place, "pixels")}  # `after` is open, too
    del after
    load_folder(photos, on_disk=True, **SIZE)
    assert not {*old} & {*files(place, "pixels")}
    assert opened(photos, on_disk=True) == opened(photos, cache=False)


def test_files_that_change_while_they_are_read_are_there_all_the_same(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read again the next time, so no row names the part that their pixels are in."""

    def reading(file: Path, *arguments: Any, **options: Any) -> Any:
        found = read_with_thumbnail(file, *arguments, **options)
        if file.parent.name == "b":
            os.utime(file, (1, 1))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(read_many, "read_with_thumbnail", reading)
        first = opened(photos, on_disk=True)
    assert first == opened(photos, cache=False)
    assert opened(photos, on_disk=True) == first


def test_another_reader_and_many_small_changes_leave_few_files(
    photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(folder_cache, "READER", 99)
        opened(photos, on_disk=True)
        assert len(files(place, "pixels")) == 5
    for number in range(40):  # nothing is read, but each time a row is new
        os.utime(photos / "a" / "0.bmp", (number, number))
        opened(photos, on_disk=True)
        assert len(files(place, "pixels")) == 5
        assert len(files(place, "rows")) <= folder_store._MANY + 2 * 5
    for number in range(40):
        save(photos / "b" / f"new-{number}.bmp", 100 + number)
        opened(photos, on_disk=True)
        rows, parts = len(files(place, "rows")), len(files(place, "pixels"))
        assert parts == 5 + number + 1
        assert rows <= folder_store._MANY + 2 * (parts + 1)
    for number in range(40):
        (photos / "b" / f"new-{number}.bmp").unlink()
    shutil.rmtree(photos / "a")
    save(photos / "c" / "one.bmp", 250)
    assert opened(photos, on_disk=True) == opened(photos, cache=False)
    assert len(files(place, "rows")) == 1
    assert len(files(place, "pixels")) == 1 + 3  # those that hold the pictures of b, and a new one


def test_the_limit_of_the_cache_leaves_it_alone(
    photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = load_folder(photos, on_disk=True, **SIZE)
    monkeypatch.setattr(folder_cache, "MOST_BYTES", 10_000)
    monkeypatch.setattr(folder_cache, "MOST_FILES", 1)
    for name in "xyz":
        opened(Path(shutil.copytree(photos, photos.parent / name)))
    assert len(files(place, "pixels")) == 5
    assert contents(stored) == opened(photos, cache=False)[:-1]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "changed": lambda data: data.replace(b'"a/0.bmp"', b'"a/2.bmp"'),
    "other": lambda data: b"hello\n{}\n",
}


@pytest.mark.parametrize("kind", ["rows", "pixels"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_that_is_seen_when_the_folder_is_loaded_only_takes_time(
    photos: Path, place: Path, read: list[str], kind: str, damage: str
) -> None:
    first = opened(photos, on_disk=True)
    del read[:]
    harmed = 0
    for file in files(place, kind):
        data = file.read_bytes()
        changed = DAMAGE[damage](data)
        harmed += changed != data
        file.write_bytes(changed)
    assert opened(photos, on_disk=True) == first
    assert bool(read) == bool(harmed)
    del read[:]
    assert opened(photos, on_disk=True) == first
    assert read == []


def test_sizes_and_colours_share_a_place(photos: Path, place: Path, read: list[str]) -> None:
    sizes: list[dict[str, Any]] = [{}, {"color": "rgb"}, {"image_size": (9, 9)}]
    for options in sizes:
        opened(photos, on_disk=True, **options)
    assert len(read) == 3 * 20
    for number in range(25):  # the many rows of one size are joined
        save(photos / "b" / f"new-{number}.bmp", 100 + number)
        opened(photos, on_disk=True)
    del read[:]
    for options in sizes[1:]:
        assert opened(photos, on_disk=True, **options) == opened(photos, cache=False, **options)
    assert len(read) == 2 * (25 + 45)
    assert len(files(place, "pixels")) == 5 + 25 + 2 * (5 + 7)


def test_a_disk_that_is_too_small_is_said_before_anything_is_read(
    photos: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(photos)._replace(free=20 * 400 - 1)
    monkeypatch.setattr(folder_store.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DataError, match=r"free space on its disk; expected .* 20 images of 20×20"):
        load_folder(photos, on_disk=True, **SIZE)
    assert read == []


def test_a_disk_that_gets_full_is_said_and_what_was_written_is_used(
    photos: Path, place: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = folder_store.write_atomically, []

    def write(path: Path, *parts: Any) -> None:
        written.append(path)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        real(path, *parts)

    with monkeypatch.context() as patch:
        patch.setattr(folder_store, "write_atomically", write)
        with pytest.raises(DataError, match=r"No space left on device.*Free some space"):
            load_folder(photos, on_disk=True, **SIZE)
    assert len(files(place, "pixels")) == 2
    del read[:]
    assert opened(photos, on_disk=True) == opened(photos, cache=False)
    assert len(read) == 12 + 20


@pytest.mark.parametrize("fault", ["file", "folder"])
def test_a_place_that_cannot_be_written_to_is_an_error(
    photos: Path, tmp_path: Path, fault: str
) -> None:
    (tmp_path / "way").write_text("in the way")
    place = tmp_path / "way" / "deep" if fault == "folder" else tmp_path / "way"
    with pytest.raises(DataError, match=r"cannot be written to .*on_disk="):
        load_folder(photos, on_disk=place, **SIZE)


def test_rows_that_cannot_be_written_are_a_warning(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a store on a disk that is read only: the images are there all the same."""

    def full(*arguments: Any) -> None:
        raise OSError(30, "Read-only file system")

    plain = opened(photos, cache=False)
    monkeypatch.setattr(folder_store.cache_file, "write", full)
    *data, said = opened(photos, on_disk=True)
    assert data == [*plain[:-1]]
    assert next(words for words in said if words not in plain[-1]).count("Read-only") == 1


def test_places_and_arguments_that_exclude_each_other(photos: Path) -> None:
    with pytest.raises(DataError, match="which is in the folder of the images"):
        load_folder(photos, on_disk=photos / "cache", **SIZE)
    with pytest.raises(DataError, match="False with on_disk=True"):
        load_folder(photos, on_disk=True, cache=False, **SIZE)


def test_a_folder_larger_than_memory_is_loaded_on_disk_only(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "memory_bytes", lambda: 6000)
    with pytest.raises(DataError, match="on_disk=True"):
        load_folder(photos, cache=False, **SIZE)
    data = load_folder(photos, on_disk=True, **SIZE)
    assert len(data.train) + len(data.test) == 20
