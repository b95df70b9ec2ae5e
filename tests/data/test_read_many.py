"""Many files are read as one file is, several at once."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_reading import FILES

from siamese_lib.data import read_many as module
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.folder_cache import FolderCache, Found
from siamese_lib.data.read_many import read_in_order, read_many
from siamese_lib.data.reading import PictureError, read_image, read_with_thumbnail
from siamese_lib.data.splitting import THUMBNAIL


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """All kinds of pictures, and files that are none."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "cut.png").write_bytes(FILES["colors.png"][:200])
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "unnamed").write_bytes(FILES["colors.png"])
    return sorted(tmp_path.iterdir())


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    """The progress bars that are shown: how many steps, of what."""
    shown = []

    def bar(steps: Sequence[Any], what: str, unit: str) -> Iterator[Any]:
        shown.append((len(steps), what, unit))
        yield from steps

    monkeypatch.setattr(module, "progress_bar", bar)
    return shown


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (10, 70, 3)])
@pytest.mark.parametrize("threads", [1, 8])
def test_each_file_is_what_it_is_alone(
    files: list[Path], shape: tuple[int, int, int], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "processors", lambda: threads)
    found = read_many(files, [file.name for file in files], shape)
    assert len(found) == len(files)
    for file, each in zip(files, found, strict=True):
        if file.name in ("cut.png", "notes.txt"):
            assert each.pixels is None
            assert each.foreign == (file.name == "notes.txt")
            assert each.reason == ("not a picture" if each.foreign else "image file is truncated")
            continue
        alone = read_image(file, shape)
        np.testing.assert_array_equal(each.pixels, alone.pixels)
        small = read_image(file, THUMBNAIL).pixels
        assert each.thumbnail == fingerprints(small[None])[0]
        assert (each.white, each.reason) == (alone.guessed_white, "")


def test_files_are_read_by_several_threads(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files that wait for each other are read at the same time."""
    meeting = threading.Barrier(2, timeout=60)

    def reading(*arguments: Any, **options: Any) -> Any:
        meeting.wait()
        return read_with_thumbnail(*arguments, **options)

    monkeypatch.setattr(module, "processors", lambda: 2)
    monkeypatch.setattr(module, "read_with_thumbnail", reading)
    read_many(files[:4], ["a", "b", "c", "d"], (9, 9, 1))


def test_a_bar_is_shown_for_much_work_and_only_if_it_is_wanted(
    files: list[Path], bars: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [file.name for file in files]
    read_many(files, names, (9, 9, 1), what="photos")
    assert bars == []
    monkeypatch.setattr(module, "_MANY", len(files))
    read_many(files, names, (9, 9, 1))
    read_many(files[1:], names[1:], (9, 9, 1), what="photos")
    assert bars == []
    read_many(files, names, (9, 9, 1), what="photos")
    assert bars == [(len(files), "reading photos", "file")]
    monkeypatch.setattr(module, "_LARGE", files[0].stat().st_size)
    read_many(files[:1], names[:1], (9, 9, 1), what="one")
    assert bars[1:] == [(1, "reading one", "file")]


def test_no_files_and_files_that_are_gone(tmp_path: Path) -> None:
    assert read_many([], [], (9, 9, 1), what="none") == []
    (found,) = read_many([tmp_path / "gone.png"], ["gone.png"], (9, 9, 1))
    assert (found.pixels, found.reason, found.foreign) == (None, "No such file or directory", False)


def test_warnings_are_as_before(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow warns of large pictures; nobody sees that, also not in threads."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    before = warnings.filters[:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_many(files, [file.name for file in files], (9, 9, 1))
    assert warnings.filters[:] == before
    assert found[files.index(files[0].with_name("colors.png"))].pixels is not None


def test_the_number_ofprocessors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.processors() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert module.processors() == 1
    with pytest.raises(PictureError):
        read_with_thumbnail(Path("gone"), (9, 9, 1), THUMBNAIL)


@pytest.mark.parametrize("ahead", [1, 4, 1000])
def test_files_in_order_are_what_they_are_together(files: list[Path], ahead: int) -> None:
    begun = []

    def named() -> Iterator[Path]:
        for file in files:
            begun.append(file)
            yield file

    together = read_many(files, [file.name for file in files], (20, 30, 3))
    for place, each in enumerate(read_in_order(named(), (20, 30, 3), ahead)):
        assert len(begun) <= place + 1 + ahead
        pixels = together[place].pixels
        if pixels is None:
            assert together[place].reason == each
        else:
            assert np.array_equal(each, pixels)
    assert len(begun) == len(files) == len(together)


@pytest.mark.parametrize(("side", "ahead"), [(8, 30), (1024, 10), (2048, 8)])
def test_few_large_images_wait_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int, ahead: int
) -> None:
    asked, taken, most = [], [], []

    class Files(list[Path]):
        def __getitem__(self, place: Any) -> Any:  # as each file is given to the threads
            asked.append(place)
            return super().__getitem__(place)

    def held(found: Found) -> Found:
        most.append(len(asked) - len(taken))
        taken.append(found)
        return found

    def reading(*arguments: Any, **options: Any) -> Any:
        raise PictureError("not needed here")

    monkeypatch.setattr(module, "read_with_thumbnail", reading)
    cache = FolderCache(tmp_path, (side, side, 3), tmp_path / "cache")
    monkeypatch.setattr(cache, "held", held)
    names = [f"{number}.png" for number in range(30)]
    read_many(Files(map(Path, names)), names, cache.shape, cache=cache)
    assert len(taken) == 30
    assert max(most) == min(30, ahead + 1)  # with the one that is taken


def test_no_files_in_order() -> None:
    assert [*read_in_order([], (20, 30, 3), 5)] == []
