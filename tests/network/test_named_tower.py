"""A function that makes a tower is found by its name, called, and its faults are explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from siamese_lib.network.backend import keras
from siamese_lib.network.named_tower import NamedTowerError, named_tower

SHAPE = (8, 8, 1)
MODULE = """
import keras

def plain(image_shape):
    images = keras.Input(image_shape)
    return keras.Model(images, keras.layers.Dense(4)(keras.layers.Flatten()(images)))

def sized(image_shape, embedding_dim):
    images = keras.Input(image_shape)
    return keras.Model(images, keras.layers.Dense(embedding_dim)(keras.layers.Flatten()(images)))

def with_default(image_shape, embedding_dim=7):
    return sized(image_shape, embedding_dim)

def broken(image_shape):
    return image_shape[5]

def number(image_shape):
    return 3

def downloads(image_shape):
    raise Exception("URL fetch failure on https://storage/x.h5: None -- [Errno -2] Name or service")

a_number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "towers_of_mine.py").write_text(MODULE)
    (tmp_path / "towers_that_fail.py").write_text("import a_package_that_is_not_there")
    (tmp_path / "towers_with_a_slip.py").write_text("def tower(:")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
    ("function", "asked", "found"),
    [
        ("plain", None, 4),
        ("plain", 3, 4),
        ("sized", 3, 3),
        ("sized", None, 2),
        ("with_default", None, 7),
        ("with_default", 3, 3),
    ],
)
def test_a_function_gets_what_it_takes(function: str, asked: int | None, found: int) -> None:
    tower = named_tower(f"towers_of_mine:{function}", SHAPE, asked)
    assert isinstance(tower, keras.Model)
    assert tower.input_shape == (None, *SHAPE)
    assert tower.output_shape == (None, found)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("towers_of_mine", "expected module:function, such as my_towers:photo_tower"),
        (":plain", "expected module:function"),
        ("towers_of_mine:", "expected module:function"),
        ("not_there:plain", r"no module not_there.*expected a file not_there\.py in this folder"),
        ("not.there:plain", r"no module not\.there.*expected a file not/there\.py"),
        ("towers_of_mine:other", "has no function other"),
        ("towers_of_mine:a_number", "has no function a_number"),
        ("towers_of_mine:number", r"returned int; expected a keras\.Model"),
        ("towers_of_mine:broken", r"IndexError: .*in line 16 of .*towers_of_mine\.py"),
        ("towers_that_fail:plain", "ModuleNotFoundError: .*a_package_that_is_not_there"),
        ("towers_with_a_slip:plain", "towers_with_a_slip failed with SyntaxError"),
        ("towers_of_mine:downloads", r"cannot be downloaded here: .*weights=None"),
    ],
)
def test_what_is_wrong_is_explained(name: str, message: str) -> None:
    with pytest.raises(NamedTowerError, match=message):
        named_tower(name, SHAPE)
