"""Each picture of a folder decides its own side, whatever else there is."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import siamese_lib as sl
from siamese_lib.data.splitting import test_side as side_of


def save(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def noise(rng: np.random.Generator, side: int = 28) -> np.ndarray:
    return rng.integers(0, 256, (side, side), np.uint8)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Three classes of 40 pictures."""
    for name in "abc":
        for i in range(40):
            save(tmp_path / name / f"{i:02}.png", noise(rng))
    return tmp_path


def sides(path: Path, **options: Any) -> dict[bytes, bool]:
    """For each picture as it is loaded, whether it is a test image."""
    data = sl.load_folder(path, **options)
    parts = ((data.train, False), (data.test, True))
    return {image.tobytes(): side for split, side in parts for image in split.images}


def add_files(folder: Path, rng: np.random.Generator) -> None:
    for name in "abc":
        for i in range(10):
            save(folder / name / f"{i:02}-more.png", noise(rng))


def add_one(folder: Path, rng: np.random.Generator) -> None:
    save(folder / "a" / "00-first.png", noise(rng))


def add_class(folder: Path, rng: np.random.Generator) -> None:
    for i in range(20):
        save(folder / "0" / f"{i}.png", noise(rng))


def remove_files(folder: Path, rng: np.random.Generator) -> None:
    for name in "abc":
        for i in range(0, 20, 2):
            (folder / name / f"{i:02}.png").unlink()


def remove_class(folder: Path, rng: np.random.Generator) -> None:
    shutil.rmtree(folder / "a")


def rename_files(folder: Path, rng: np.random.Generator) -> None:
    for number, file in enumerate(sorted(folder.rglob("*.png"))):
        file.rename(file.with_name(f"{rng.integers(10**9)}-{number}.png"))


def rename_class(folder: Path, rng: np.random.Generator) -> None:
    (folder / "a").rename(folder / "z")


def move_the_folder(folder: Path, rng: np.random.Generator) -> None:
    for name in "abc":
        (folder / name).rename(folder / f"{name}-old")


@pytest.mark.parametrize(
    "change",
    [
        add_files,
        add_one,
        add_class,
        remove_files,
        remove_class,
        rename_files,
        rename_class,
        move_the_folder,
    ],
)
def test_other_files_move_no_picture(
    folder: Path,
    rng: np.random.Generator,
    change: Callable[[Path, np.random.Generator], None],
) -> None:
    before = sides(folder)
    change(folder, rng)
    after = sides(folder)
    common = before.keys() & after.keys()
    assert len(common) >= 80
    assert {picture: after[picture] for picture in common} == {
        picture: before[picture] for picture in common
    }


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 32), (20, 50), (96, 96)])
@pytest.mark.parametrize("color", ["grayscale", "rgb"])
def test_size_and_colour_move_no_picture(tmp_path: Path, size: tuple[int, int], color: str) -> None:
    for grey in range(120):
        save(tmp_path / "ab"[grey % 2] / f"{grey}.png", np.full((28, 28), grey, np.uint8))
    data, other = sl.load_folder(tmp_path), sl.load_folder(tmp_path, image_size=size, color=color)
    chosen = [each.test.images[:, 0, 0, 0].tolist() for each in (data, other)]
    assert chosen[0] == chosen[1]


def test_a_photograph_is_on_one_side_at_any_size(tmp_path: Path, rng: np.random.Generator) -> None:
    """JPEG is decoded at a fraction of its size, but not to decide its side."""
    for i in range(30):
        pixels = np.kron(noise(rng, 20), np.ones((30, 30), np.uint8))
        save(tmp_path / "ab"[i % 2] / f"{i}.jpg", pixels)
    labels = [
        sl.load_folder(tmp_path, image_size=(side, side)).test.labels.tolist()
        for side in (16, 28, 100, 200)
    ]
    assert labels[0]
    assert all(each == labels[0] for each in labels)


@pytest.mark.parametrize("seed", range(5))
def test_identical_pictures_are_on_one_side(
    tmp_path: Path, rng: np.random.Generator, seed: int
) -> None:
    """The same pixels in other files, formats and classes, with other metadata or as colours."""
    for i in range(12):
        pixels = noise(rng, 40)
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", f"copy {i}")
        save(tmp_path / "a" / f"{i}.png", pixels)
        save(tmp_path / "a" / f"{i}-copy.png", pixels, pnginfo=text, compress_level=1)
        save(tmp_path / "b" / f"{i}.bmp", pixels)
        save(tmp_path / "b" / f"{i}.tiff", np.stack([pixels] * 3, axis=2))
        save(tmp_path / "c" / f"{20 - i}.webp", np.stack([pixels] * 3, axis=2), lossless=True)
    with pytest.warns(UserWarning, match="12 images stand in more than one class"):
        data = sl.load_folder(tmp_path, seed=seed)
    for size in (28, 64):
        with pytest.warns(UserWarning, match="in more than one class"):
            data = sl.load_folder(tmp_path, seed=seed, image_size=(size, size))
        assert not data.copies.in_both.any()
        assert len(data.test) % 5 == 0
        assert len(data.test)


@pytest.mark.parametrize("fraction", [0.001, 0.2, 0.5, 0.999])
@pytest.mark.parametrize("seed", range(4))
def test_every_class_has_both_sides(tmp_path: Path, fraction: float, seed: int) -> None:
    counts = [1, 2, 3, 4, 10, 30]
    for label, count in enumerate(counts):
        for i in range(count):
            save(tmp_path / "abcdef"[label] / f"{i}.png", np.full((9, 9), 40 * label + i, np.uint8))
    data = sl.load_folder(tmp_path, test_fraction=fraction, seed=seed)
    trained, tested = (
        np.bincount(split.labels, minlength=len(counts)) for split in (data.train, data.test)
    )
    assert (trained + tested).tolist() == counts
    assert (trained >= [1, 1, 2, 2, 2, 2]).all()
    assert (tested >= [0, 1, 1, 1, 1, 1]).all()


def test_the_share_is_near_the_fraction(rng: np.random.Generator) -> None:
    pictures = rng.integers(0, 2**48, 20_000, np.uint64)
    labels = np.arange(20_000) % 20
    for fraction in (0.1, 0.2, 0.5):
        assert side_of(pictures, labels, fraction, 0).mean() == pytest.approx(fraction, abs=0.01)


def test_seeds_and_fractions(rng: np.random.Generator) -> None:
    """Another seed chooses other pictures; a larger fraction keeps those of a smaller one."""
    pictures = rng.integers(0, 2**48, 1_000, np.uint64)
    labels = np.arange(1_000) % 2
    some, others, more = (
        side_of(pictures, labels, fraction, seed)
        for fraction, seed in ((0.2, 0), (0.2, 1), (0.4, 0))
    )
    assert (some & others).sum() < some.sum() / 2
    assert more[some].all()


def test_order_and_number_of_labels_do_not_count(rng: np.random.Generator) -> None:
    """Classes that share most of their pictures, and so are in each other's way."""
    for _ in range(300):
        pictures = rng.integers(0, 12, 20).astype(np.uint64)
        labels = rng.integers(0, 5, 20)
        found = side_of(pictures, labels, 0.3, 0)
        order = rng.permutation(20)
        renamed = rng.permutation(5)[labels]
        np.testing.assert_array_equal(
            side_of(pictures[order], renamed[order], 0.3, 0), found[order]
        )
        sides_of = {p: found[pictures == p] for p in pictures.tolist()}
        assert all(side.all() or not side.any() for side in sides_of.values())
        assert all((~found[labels == label]).any() for label in np.unique(labels))


def test_a_class_of_copies_is_for_training_and_that_is_said(tmp_path: Path) -> None:
    for name, grey in (("ant", 10), ("bee", 90)):
        for i in range(6):
            save(
                tmp_path / name / f"{i}.png", np.full((9, 9), grey + (name == "bee") * i, np.uint8)
            )
    with pytest.warns(UserWarning, match="no image of ant is kept for testing") as caught:
        data = sl.load_folder(tmp_path)
    assert len(caught) == 1
    assert (data.train.labels == 0).sum() == 6
    assert not data.copies


def test_copies_that_only_scaling_makes_are_counted(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """Stripes of two widths are different pictures, and the same grey at 4 by 4 pixels."""
    for i in range(20):
        stripes = np.tile(np.repeat([i, 200 - i], 2 + i % 2), (64, 32))[:, :64].astype(np.uint8)
        save(tmp_path / "ab"[i % 2] / f"{i}.png", stripes)
        other = np.roll(stripes, 1 + i % 3, axis=1)
        save(tmp_path / "ab"[i % 2] / f"{i}-moved.png", other)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = sl.load_folder(tmp_path, image_size=(1, 1))
    known = {image.tobytes() for image in data.train.images}
    expected = [image.tobytes() in known for image in data.test.images]
    assert data.copies.in_both.tolist() == expected
    assert sum(expected)
    said = f"{sum(expected)} of {len(expected)} test images are identical to a training image"
    assert said in str(caught[-1].message)
