"""One picture is prepared as `load_folder` reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_reading import FILES

import siamese_lib as sl


@pytest.mark.filterwarnings("ignore::UserWarning")  # copies in classes, and of many bits
@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("color", ["grayscale", "rgb"])
@pytest.mark.parametrize("size", [(28, 28), (64, 40)])
def test_each_file_of_a_folder_is_prepared_to_the_same_array(
    tmp_path: Path,
    cache: bool,
    color: str,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, (name, content) in enumerate(FILES.items()):
        folder = Path("photos", "ab"[number % 2], "deeper" * (number % 3 == 0))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    Path("photos", "a", os.fsdecode(b"caf\xe9")).write_bytes(FILES["grey.png"])
    options: dict[str, Any] = {"image_size": size, "color": color}
    for _ in range(1 + cache):
        data = sl.load_folder("photos", cache=cache, **options)
        for name, part in (("train", data.train), ("test", data.test)):
            for index, image in enumerate(part.images):
                path = data.path(name, index)
                for source in (path, str(path.relative_to(tmp_path)), path.read_bytes()):
                    np.testing.assert_array_equal(sl.prepare(source, **options), image)
        assert len(data.train) + len(data.test) == len(FILES) + 1


def test_what_cannot_be_prepared(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(FILES["colors.png"][:200])
    with pytest.raises(sl.DataError, match=r"gone\.png: found No such file or directory"):
        sl.prepare(tmp_path / "gone.png")
    with pytest.raises(sl.DataError, match=r"notes\.txt: found not a PNG or JPEG"):
        sl.prepare(tmp_path / "notes.txt")
    with pytest.raises(sl.DataError, match=r"cut\.png: found image file is truncated"):
        sl.prepare(str(tmp_path / "cut.png"))
    with pytest.raises(sl.DataError, match="3 bytes: found not a PNG or JPEG"):
        sl.prepare(b"abc")
    with pytest.raises(sl.DataError, match="image_size"):
        sl.prepare(FILES["grey.png"], image_size=(0, 3))
    with pytest.raises(sl.DataError, match="color"):
        sl.prepare(FILES["grey.png"], color="red")
