"""`load_folder` on folders of images made for the occasion."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from siamese_lib.data.dataset import DataError
from siamese_lib.data.image_folders import load_folder


def save(
    path: Path,
    color: float | tuple[int, ...] = 128,
    size: tuple[int, int] = (10, 10),
    mode: str = "L",
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path)
    return path


def load_one(tmp_path: Path, **options: Any) -> np.ndarray:
    """The pixels of the only image."""
    own = load_folder(tmp_path, **options)
    assert len(own.train) == 1
    return own.train.images[0]


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """Three classes of 10, 5 and 1 images; each image one grey value of its own."""
    for name, first, count in (("cat", 0, 10), ("ant", 100, 5), ("bee", 200, 1)):
        for i in range(count):
            save(tmp_path / name / f"{i:02}.png", first + i)
    return tmp_path


def values(images: np.ndarray) -> list[int]:
    return images[:, 0, 0, 0].tolist()


def test_classes_are_the_sorted_sub_folders(zoo: Path) -> None:
    own = load_folder(zoo)
    assert own.class_names == ("ant", "bee", "cat")
    assert own.name == zoo.name
    assert own.source == str(zoo)
    assert own.skipped == ()
    assert own.train.images.shape[1:] == (28, 28, 1)
    for split in (own.train, own.test):
        truth = [{0: 2, 1: 0, 2: 1}[value // 100] for value in values(split.images)]
        np.testing.assert_array_equal(split.labels, truth)
    everything = [*range(10), *range(100, 105), 200]
    assert sorted(values(own.train.images) + values(own.test.images)) == everything


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".gif", ".bmp", ".webp", ".tiff"])
@pytest.mark.parametrize(("color", "expected"), [("grayscale", 76), ("rgb", (255, 0, 0))])
def test_formats_and_colours(
    tmp_path: Path, suffix: str, color: str, expected: int | tuple[int, ...]
) -> None:
    save(tmp_path / "red" / f"image{suffix}", (255, 0, 0), mode="RGB")
    pixels = load_one(tmp_path, color=color, image_size=(12, 8))
    assert pixels.shape == (12, 8, 1 if color == "grayscale" else 3)
    np.testing.assert_allclose(pixels, np.broadcast_to(expected, pixels.shape), atol=3)


@pytest.mark.parametrize("ground", [0, 255])
def test_proportions_are_kept_and_bars_take_the_border_colour(tmp_path: Path, ground: int) -> None:
    wide = np.full((20, 40), ground, np.uint8)
    wide[5:15, 10:30] = 255 - ground  # a 10 by 20 block in the middle
    (tmp_path / "a").mkdir()
    Image.fromarray(wide).save(tmp_path / "a" / "wide.png")
    # Half as large is 10 rows of 20, with 5 spare rows above and below.
    expected = np.full((20, 20), ground)
    expected[5 + 2 : 5 + 2 + 5, 5:15] = 255 - ground
    pixels = load_one(tmp_path, image_size=(20, 20))[..., 0]
    softened = np.zeros((20, 20), bool)  # one pixel to either side of the block's edges
    softened[6:13, 4:16] = True
    softened[8:11, 6:14] = False
    np.testing.assert_array_equal(pixels[~softened], expected[~softened])


@pytest.mark.parametrize("size", [(1, 500), (500, 1)])
def test_a_line_is_an_image_too(tmp_path: Path, size: tuple[int, int]) -> None:
    save(tmp_path / "a" / "line.png", 9, size)
    assert (load_one(tmp_path) == 9).all()


def test_exif_orientation_is_honoured(tmp_path: Path) -> None:
    upright = np.zeros((16, 16), np.uint8)
    upright[:8] = 200  # light above, dark below
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show the file a quarter clockwise
    (tmp_path / "a").mkdir()
    Image.fromarray(np.rot90(upright)).save(tmp_path / "a" / "x.png", exif=exif)
    np.testing.assert_array_equal(load_one(tmp_path, image_size=(16, 16))[..., 0], upright)


@pytest.mark.parametrize(("mode", "clear"), [("RGBA", (0, 0, 0, 0)), ("LA", (0, 0))])
def test_transparency_is_laid_on_white(tmp_path: Path, mode: str, clear: tuple[int, ...]) -> None:
    save(tmp_path / "a" / "x.png", clear, mode=mode)
    assert (load_one(tmp_path) == 255).all()


def test_a_transparent_palette(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.new("P", (9, 9), 0).save(tmp_path / "a" / "x.gif", transparency=0)
    assert (load_one(tmp_path) == 255).all()


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(np.full((28, 28), 100 * 257, np.uint16)).save(tmp_path / "a" / "x.png")
    assert (load_one(tmp_path) == 100).all()


def test_a_photograph_decoded_in_part_looks_like_the_whole(tmp_path: Path) -> None:
    """JPEG is decoded at a fraction of its size; a PNG of the same picture is not."""
    blocks = np.random.default_rng(0).integers(0, 256, (45, 60), dtype=np.uint8)
    picture = Image.fromarray(blocks).resize((480, 360), Image.Resampling.NEAREST)
    for suffix in ("jpg", "png"):
        (tmp_path / suffix / "a").mkdir(parents=True)
        picture.save(tmp_path / suffix / "a" / f"x.{suffix}")
    part, whole = (load_one(tmp_path / s, image_size=(90, 120)) for s in ("jpg", "png"))
    assert np.abs(part.astype(float) - whole).mean() < 6


def test_what_cannot_be_read_is_named_and_left_out(
    zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (zoo / "cat" / "00.png").read_bytes()
    (zoo / "cat" / "cut.png").write_bytes(whole[:-30])
    (zoo / "cat" / "notes.txt").write_text("not an image")
    (zoo / "empty").mkdir()
    Image.new("F", (5, 5)).save(zoo / "ant" / "float.tiff")
    save(zoo / "ant" / "bomb.png", size=(100, 100))
    save(zoo / "ant" / "big.png", 105, size=(40, 40))  # in Pillow's zone of warnings: still read
    save(zoo / "loose.png")
    (zoo / "README.md").write_text("no image, so nothing is lost")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.warns(UserWarning, match="6 of its files and folders were left out") as caught:
        own = load_folder(zoo)
    assert len(caught) == 1
    reasons = dict(entry.split(": ", 1) for entry in own.skipped)
    assert sorted(reasons) == [
        "ant/bomb.png",
        "ant/float.tiff",
        "cat/cut.png",
        "cat/notes.txt",
        "empty/",
        "loose.png",
    ]
    assert "exceeds limit" in reasons["ant/bomb.png"]
    assert str(zoo) not in "".join(own.skipped)
    for name in reasons:
        assert name in str(caught[0].message)
    assert "; and files of kinds that are not read: 1 (.txt, such as cat/notes.txt). Data" in str(
        caught[0].message
    )
    assert own.class_names == ("ant", "bee", "cat")
    assert len(own.train) + len(own.test) == 17


def test_hidden_files_and_deeper_folders(zoo: Path) -> None:
    save(zoo / "ant" / "more" / "deeper" / "00.png", 150)
    shutil.copytree(zoo / "bee", zoo / ".ipynb_checkpoints")
    shutil.copytree(zoo / "bee", zoo / "ant" / ".thumbnails")
    (zoo / "ant" / "._00.png").write_bytes(b"resource fork")
    (zoo / "ant" / "Thumbs.db").write_bytes(b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own = load_folder(zoo)
    assert own.class_names == ("ant", "bee", "cat")
    labels = np.concatenate([own.train.labels, own.test.labels])
    assert np.bincount(labels).tolist() == [6, 1, 10]


def test_folders_that_are_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "flat").mkdir()
    (tmp_path / "empty" / "class").mkdir(parents=True)
    for name, part in (
        ("missing", "found nothing; expected a folder"),
        ("file", "found a file; expected a folder"),
        ("flat", "no sub-folders"),
        ("empty", "no image that can be read"),
    ):
        with pytest.raises(DataError, match=part) as caught:
            load_folder(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"image_size": 28},
        {"image_size": (28,)},
        {"image_size": (28, 0)},
        {"image_size": (28.0, 28)},
        {"color": "gray"},
        {"test_fraction": 0.0},
        {"test_fraction": 1.0},
        {"test_fraction": float("nan")},
        {"test_fraction": "a"},
        {"test_fraction": None},
        {"image_size": (True, True)},
        {"image_size": (10**6, 10**6)},
        {"color": ["rgb"]},
        {"seed": 1.5},
        {"seed": None},
        {"seed": "x"},
        {"seed": -1},
    ],
)
def test_bad_arguments(zoo: Path, options: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=next(iter(options))):
        load_folder(zoo, **options)
