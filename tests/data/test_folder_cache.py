"""A folder opens the second time as it did the first time, and reads only what is new."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile
from test_reading import FILES

from siamese_lib.data import folder_cache, read_many
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.image_folders import load_folder
from siamese_lib.data.reading import read_with_thumbnail

SHAPE = (28, 28, 1)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache."""
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of 6 pictures, and a file that is none."""
    for number in range(12):
        save(tmp_path / "photos" / "ab"[number % 2] / f"{number}.bmp", number)
    (tmp_path / "photos" / "a" / "notes.txt").write_text("no picture")
    return tmp_path / "photos"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were written just now count as written long ago."""
    monkeypatch.setattr(folder_cache, "_COARSE", -(10**18))


def save(file: Path, grey: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (9, 9), grey).save(file)
    return file


def opened(root: Path, **options: Any) -> tuple[Any, ...]:
    """All that a folder gives, with the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = load_folder(root, **options)
    return (*contents(data), [str(each.message) for each in caught])


def contents(data: Dataset) -> tuple[Any, ...]:
    parts = [
        (part.images.tobytes(), part.images.shape, part.labels.tolist(), part.files)
        for part in (data.train, data.test)
    ]
    return parts, data.class_names, data.skipped, data.source, data.root


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("folders/*/*"))


@pytest.mark.parametrize("color", ["grayscale", "rgb"])
@pytest.mark.parametrize("size", [(28, 28), (32, 32), (9, 70)])
def test_with_and_without_the_cache_all_is_the_same(
    tmp_path: Path, read: list[str], color: str, size: tuple[int, int]
) -> None:
    """Of all kinds of files, of files that cannot be read, and of odd names and places."""
    root = tmp_path / "photos"
    for number, (name, data) in enumerate(FILES.items()):
        for place in ("ab"[number % 2], "c/deep"):
            (root / place).mkdir(parents=True, exist_ok=True)
            (root / place / name).write_bytes(data)
    (root / "a" / "cut.png").write_bytes(FILES["colors.png"][:200])
    (root / "a" / "unnamed").write_bytes(FILES["colors.png"])
    (root / "b" / os.fsdecode(b"caf\xe9\n.png")).write_bytes(FILES["grey.png"])
    (root / "b" / "list.csv").write_text("a,b")
    (root / "empty").mkdir()
    (root / "b" / "gone.png").symlink_to("nowhere")
    (root / "linked").symlink_to(shutil.copytree(root / "a", tmp_path / "elsewhere"))
    options: dict[str, Any] = {"image_size": size, "color": color}
    without = opened(root, cache=False, **options)
    count = len(read)
    first = opened(root, **options)
    assert len(read) == 2 * count
    del read[:]
    second, third = opened(root, **options), opened(root, **options)
    assert read.count("cut.png") == 2 * 2  # what could not be read is tried again
    assert {*read} <= {"cut.png", "list.csv"}
    assert without == first == second == third
    assert any("not scaled alike" in words for words in without[-1])
    assert any("were left out" in words for words in without[-1])
    assert len(without[2]) == 5


def test_split_seed_and_fraction_are_not_remembered(photos: Path) -> None:
    for options in ({"seed": 1}, {"seed": 2}, {"test_fraction": 0.6}):
        assert opened(photos, **options) == opened(photos, cache=False, **options)


@pytest.mark.usefixtures("settled")
def test_known_files_are_not_even_opened(
    photos: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(photos)
    assert sorted(read) == sorted([*(f"{n}.bmp" for n in range(12)), "notes.txt"])
    monkeypatch.setattr(folder_cache, "content_of", lambda file: pytest.fail(f"opened {file}"))
    assert opened(photos) == first
    assert len(read) == 13


@pytest.mark.parametrize("in_doubt", [True, False])
def test_only_new_files_are_read(
    photos: Path, read: list[str], in_doubt: bool, request: pytest.FixtureRequest
) -> None:
    if not in_doubt:
        request.getfixturevalue("settled")
    opened(photos)
    del read[:]
    save(photos / "a" / "99.bmp", 99)
    save(photos / "c" / "first" / "100.png", 100)
    added = opened(photos)
    expected = {"99.bmp", "100.png"} | ({"notes.txt"} if in_doubt else set())
    assert {*read} == expected
    assert added == opened(photos, cache=False)
    del read[:]
    assert opened(photos) == added
    assert {*read} <= {"notes.txt"}


def swap(photos: Path) -> None:
    (photos / "a" / "0.bmp").rename(photos / "x")
    (photos / "b" / "1.bmp").rename(photos / "a" / "0.bmp")
    (photos / "x").rename(photos / "b" / "1.bmp")


def rename_class(photos: Path) -> None:
    (photos / "a").rename(photos / "z")


def touch(photos: Path) -> None:
    for file in photos.rglob("*.bmp"):
        os.utime(file, (1, 1))


def copy(photos: Path) -> None:
    shutil.copy(photos / "a" / "2.bmp", photos / "b" / "copied.bmp")


@pytest.mark.parametrize("in_doubt", [True, False])
@pytest.mark.parametrize("change", [swap, rename_class, touch, copy])
def test_moved_and_touched_files_are_known_by_their_content(
    photos: Path,
    read: list[str],
    change: Callable[[Path], None],
    in_doubt: bool,
    request: pytest.FixtureRequest,
) -> None:
    """Bitmaps of one size have the same number of bytes."""
    if not in_doubt:
        request.getfixturevalue("settled")
    opened(photos)
    del read[:]
    change(photos)
    after = opened(photos)
    assert not [name for name in read if name != "notes.txt"]
    assert after == opened(photos, cache=False)
    assert opened(photos) == after


def test_a_changed_file_is_read_again_even_if_its_size_and_time_stay(
    photos: Path, read: list[str]
) -> None:
    file = photos / "a" / "0.bmp"
    before = file.stat()
    opened(photos)
    del read[:]
    save(file, 240)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    after = opened(photos)
    assert "0.bmp" in read
    assert after == opened(photos, cache=False)


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(file: Path, *arguments: Any, **options: Any) -> Any:
        result = read_with_thumbnail(file, *arguments, **options)
        if file.name == "0.bmp":
            save(file, 250)
            os.utime(file, (5, 5))
        return result

    with monkeypatch.context() as patch:
        patch.setattr(read_many, "read_with_thumbnail", reading)
        opened(photos)
    assert opened(photos) == opened(photos, cache=False)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "other",
    [
        lambda patch: patch.setattr(folder_cache, "READER", 99),
        lambda patch: patch.setattr(Image, "MAX_IMAGE_PIXELS", 50),
        lambda patch: patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True),
        lambda patch: patch.setitem(Image.OPEN, "A PLUGIN", (lambda file: None, None)),
    ],
    ids=["version", "limit", "truncated", "plugin"],
)
def test_another_reader_reads_again(
    photos: Path,
    read: list[str],
    monkeypatch: pytest.MonkeyPatch,
    other: Callable[[pytest.MonkeyPatch], None],
) -> None:
    save(photos / "a" / "small.png", 3).write_bytes(FILES["bits.png"])
    opened(photos)
    del read[:]
    with monkeypatch.context() as patch:
        other(patch)
        again = opened(photos)
        assert len(read) == 14
        assert again == opened(photos, cache=False)
    del read[:]
    opened(photos)
    assert read == []


@pytest.mark.usefixtures("settled")
def test_sizes_and_colours_are_kept_apart(photos: Path, read: list[str], cache: Path) -> None:
    options: list[dict[str, Any]] = [{}, {"color": "rgb"}, {"image_size": (9, 9)}]
    for each in (*options, *options):
        assert opened(photos, **each) == opened(photos, cache=False, **each)
    assert len(read) == 13 * (3 + 6)
    assert len(kept(cache)) == 3
    shutil.copytree(photos, photos.parent / "other" / "photos")
    opened(photos.parent / "other" / "photos")
    assert len({file.parent for file in kept(cache)}) == 2


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[:-1],
    "longer": lambda data: data + b"\0",
    "pixel": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "row": lambda data: data.replace(b'"a/0.bmp"', b'"a/2.bmp"'),
    "other": lambda data: b"hello\n{}\n",
    "one line": lambda data: data.splitlines()[0],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_only_slower(
    photos: Path, cache: Path, read: list[str], damage: str
) -> None:
    first = opened(photos)
    (file,) = kept(cache)
    data = file.read_bytes()
    assert DAMAGE[damage](data) != data
    file.write_bytes(DAMAGE[damage](data))
    del read[:]
    assert opened(photos) == first
    assert len(read) == 13
    del read[:]
    assert opened(photos) == first
    assert {*read} <= {"notes.txt"}


@pytest.mark.parametrize("fault", ["file", "folder", "full"])
def test_a_cache_that_cannot_be_written_is_said_once(
    photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    plain = opened(photos, cache=False)
    if fault == "file":
        cache.write_text("in the way")
    elif fault == "folder":
        cache.mkdir()
        (cache / "folders").write_text("in the way")
    else:

        def full(*arguments: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(folder_cache.cache_file, "write", full)
    *data, said = opened(photos)
    assert data == [*plain[:-1]]
    added = [words for words in said if words not in plain[-1]]
    assert len(added) == 1
    assert f"{photos}: its pixels were not kept in {cache}" in added[0]
    assert "SIAMESE_CACHE" in added[0]


def test_without_the_cache_nothing_is_written_or_read(
    photos: Path, cache: Path, read: list[str]
) -> None:
    opened(photos, cache=False)
    assert not cache.exists()
    opened(photos)
    opened(photos, cache=False)
    assert len(read) >= 13 * 3


def test_an_interrupted_reading_goes_on(
    photos: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(file: Path, *arguments: Any, **options: Any) -> Any:
        if file.name == "3.bmp":
            raise KeyboardInterrupt
        return read_with_thumbnail(file, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(read_many, "read_with_thumbnail", reading)
        with pytest.raises(KeyboardInterrupt):
            load_folder(photos)
    del read[:]
    assert opened(photos) == opened(photos, cache=False)
    first = read[: read.index("0.bmp")]  # the second call reads all
    assert "3.bmp" in first
    assert not {"2.bmp", "4.bmp", "1.bmp"} & {*first}


def test_many_additions_and_removals_leave_few_files(photos: Path, cache: Path) -> None:
    for number in range(25):
        save(photos / "b" / f"new-{number}.bmp", 100 + number)
        opened(photos)
        assert len(kept(cache)) <= folder_cache._MANY + 1
    full = sum(file.stat().st_size for file in kept(cache))
    for number in range(24):
        (photos / "b" / f"new-{number}.bmp").unlink()
    shutil.rmtree(photos / "a")
    assert opened(photos) == opened(photos, cache=False)
    assert len(kept(cache)) == 1
    assert kept(cache)[0].stat().st_size < full / 3


@pytest.mark.usefixtures("settled")
def test_what_was_not_used_for_longest_is_removed(
    photos: Path, cache: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = [Path(shutil.copytree(photos, photos.parent / name)) for name in "xyz"]
    for age, root in zip((3, 2), roots[:2], strict=True):
        opened(root)
        for file in kept(cache):
            os.utime(file, (1_000_000_000 - age, 1_000_000_000 - age))
    opened(roots[0])  # so this is newer
    size = kept(cache)[0].stat().st_size
    monkeypatch.setattr(folder_cache, "MOST_BYTES", int(2.5 * size))
    opened(roots[2])
    assert {file.parent.name[:1] for file in kept(cache)} == {"x", "z"}
    monkeypatch.setattr(folder_cache, "MOST_BYTES", size // 2)
    save(photos / "a" / "other.png", 77)
    before = kept(cache)
    opened(photos)  # too large alone, so it is not kept and nothing is removed for it
    assert kept(cache) == before


def test_two_processes_do_not_disturb_each_other(photos: Path, cache: Path) -> None:
    def keep(one: folder_cache.FolderCache, name: str) -> None:
        file = photos / name
        stamp = folder_cache.stamp_of(file)
        content = folder_cache.content_of(file)
        one.keep(name, stamp, content, folder_cache.Found(np.full(SHAPE, 7, np.uint8), 5))

    first, second = (folder_cache.FolderCache(photos, SHAPE) for _ in range(2))
    keep(first, "a/0.bmp")
    keep(second, "a/2.bmp")
    first.save()
    second.save()
    third = folder_cache.FolderCache(photos, SHAPE)
    for file in kept(cache):
        file.unlink()  # as a process does that replaces them
    keep(third, "a/4.bmp")
    third.save()
    for name in ("a/0.bmp", "a/2.bmp"):
        assert third.find(photos / name, name, folder_cache.stamp_of(photos / name)) is not None
    fourth = folder_cache.FolderCache(photos, SHAPE)
    stamp = folder_cache.stamp_of(photos / "a/4.bmp")
    found = fourth.find(photos / "a/4.bmp", "a/4.bmp", stamp)
    assert found is not None
    assert found.pixels is not None
    assert (found.pixels == 7).all()
    assert (found.thumbnail, found.white, found.reason) == (5, None, "")


def test_a_link_to_a_folder_shares_its_cache(photos: Path, read: list[str]) -> None:
    opened(photos)
    del read[:]
    (photos.parent / "link").symlink_to(photos)
    opened(photos.parent / "link")
    assert {*read} <= {"notes.txt"}
