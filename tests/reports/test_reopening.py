"""A folder or a set is named only if it gives the same training images again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.data import named_sets
from siamese_lib.reports.reopening import opens_again


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root, rng = tmp_path / "photos", np.random.default_rng(0)
    for name in ("cats", "owls", "seals"):
        (root / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.mark.parametrize("color", ["rgb", "grayscale"])
def test_a_whole_folder_is_named(folder: Path, color: str) -> None:
    data = sl.load_folder(folder, image_size=(12, 16), color=color)
    assert opens_again(data) == str(folder)
    assert opens_again(data.without(test=[0])) == str(folder)  # the training images are the same


def test_other_images_than_the_folder_gives_are_not_named(folder: Path) -> None:
    data = sl.load_folder(folder, image_size=(16, 16), color="rgb")
    for other in (
        sl.load_folder(folder, image_size=(16, 16), color="rgb", test_fraction=0.5),
        sl.load_folder(folder, image_size=(16, 16), color="rgb", seed=1),
        data.without(train=[0, 1]),
        sl.split_by_class(data, ["cats"]),
        replace(data, class_names=("dogs", "owls", "seals")),
        replace(data, root=folder / "nowhere"),
    ):
        assert opens_again(other) is None
    assert opens_again(data) == str(folder)
    (folder / "cats" / "new.png").write_bytes((folder / "owls" / "0.png").read_bytes())
    (folder / data.train.files[0]).unlink()  # pyright: ignore[reportOptionalSubscript]
    assert opens_again(data) is None


def test_a_set_is_named_by_its_images_and_not_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sl.Dataset(corners(24), corners(8, seed=1), ("a", "b", "c", "d"), "here", "mnist")
    other = replace(data, train=corners(24, seed=2))

    def load_dataset(name: str, *, download: bool, verbose: bool) -> sl.Dataset:
        assert (name, download, verbose) == ("mnist", False, False)
        return data

    monkeypatch.setattr("siamese_lib.reports.reopening.load_dataset", load_dataset)
    assert opens_again(data) == "mnist"
    assert opens_again(other) is None
    assert opens_again(replace(data, name="my own")) is None


def test_a_set_that_is_not_there_is_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: object, **__: object) -> None:
        raise AssertionError("it was downloaded")

    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path))
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path))
    monkeypatch.setattr(named_sets, "fetch", no)
    data = sl.Dataset(corners(24), corners(8, seed=1), ("a", "b", "c", "d"), "here", "mnist")
    assert opens_again(data) is None
