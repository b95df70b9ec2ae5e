"""One picture is prepared as `load_folder` reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_reading import FILES

import siamese_lib as sl
from siamese_lib.data.queries import in_color


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


@pytest.mark.parametrize(
    ("ground", "ink", "rows", "expected"),
    [
        ((255, 255, 255), (200, 30, 30), 9, True),  # of 64 rows: more than a tenth
        ((255, 255, 255), (200, 30, 30), 6, False),
        ((255, 253, 208), (20, 20, 20), 9, False),  # black on cream paper
        ((100, 60, 51), (0, 0, 0), 9, True),
        ((98, 60, 50), (0, 0, 0), 9, False),  # 48 levels apart
    ],
)
def test_colours_that_grey_would_miss(
    tmp_path: Path,
    ground: tuple[int, int, int],
    ink: tuple[int, int, int],
    rows: int,
    expected: bool,
) -> None:
    picture = Image.new("RGB", (64, 64), ground)
    picture.paste(ink, (0, 20, 64, 20 + rows))
    picture.save(tmp_path / "page.png")
    assert in_color(tmp_path / "page.png") is expected
    picture.convert("L").save(tmp_path / "page.png")
    assert not in_color((tmp_path / "page.png").read_bytes())
