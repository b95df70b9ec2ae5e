"""What is written for TensorBoard's projector is what its plugin reads."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from tiny_training import SHAPE, Training, corners_dataset
from werkzeug.test import Client

import siamese_lib as sl
from siamese_lib.export.projector import projector_files

DIGITS = corners_dataset()


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return Training(steps=18, frames=5, tower=sl.conv_tower(SHAPE, 5, seed=0)).fit().run


class Projector:
    """TensorBoard's plugin, asked as its page asks it."""

    def __init__(self, folder: Path) -> None:
        nothing = SimpleNamespace(list_runs=lambda *_, **__: [])
        plugin = ProjectorPlugin(SimpleNamespace(data_provider=nothing, logdir=str(folder)))
        self.apps = plugin.get_plugin_apps()

    def ask(self, route: str, **query: str) -> Any:
        answer = Client(self.apps[route]).get("/", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.get_data()


def test_tensorboard_reads_what_was_written(run: sl.Run, tmp_path: Path) -> None:
    folder = sl.export_projector(run, DIGITS, tmp_path / "a" / "projector", images=30, frame=2)
    projector = Projector(folder)
    assert json.loads(projector.ask("/runs")) == ["."]
    (info,) = json.loads(projector.ask("/info", run="."))["embeddings"]
    assert info["tensorShape"] == [30, 5]
    assert info["sprite"]["singleImageDim"] == [8, 8]
    asked = {"run": ".", "name": info["tensorName"]}
    numbers = np.frombuffer(projector.ask("/tensor", **asked), "<f4").reshape(30, 5)
    assert np.array_equal(numbers, run.embed(DIGITS.test.images[:30], 2))  # to the last bit
    rows = projector.ask("/metadata", **asked).decode().splitlines()
    names = [DIGITS.class_names[label] for label in DIGITS.test.labels[:30]]
    assert rows == ["class\tindex", *(f"{name}\t{i}" for i, name in enumerate(names))]
    sprite = np.asarray(Image.open(io.BytesIO(projector.ask("/sprite_image", **asked))))
    assert sprite.shape == (5 * 8, 6 * 8)  # 30 images, 6 in a row
    for i, image in enumerate(DIGITS.test.images[:30, ..., 0]):
        row, column = divmod(i, 6)
        assert np.array_equal(sprite[8 * row : 8 * row + 8, 8 * column : 8 * column + 8], image)


def test_the_sprite_is_no_larger_than_the_page_can_hold() -> None:
    images = np.zeros((500, 400, 200, 3), np.uint8)
    images[499] = 255
    files = projector_files(np.zeros((500, 2)), ["a"] * 500, images)
    sprite = Image.open(io.BytesIO(files["sprite.png"]))
    side = 8_192 // 23
    assert sprite.size == (23 * round(side / 2), 22 * side)
    assert b"single_image_dim: 178\n    single_image_dim: 356\n" in files["projector_config.pbtxt"]
    row, column = divmod(499, 23)
    assert sprite.getpixel((178 * column + 89, side * row + 178)) == (255, 255, 255)


def test_names_cannot_add_rows_or_columns() -> None:
    files = projector_files(
        np.zeros((3, 2)), ["a\tb\nc", "", "é"], np.zeros((3, 4, 4, 1), np.uint8)
    )
    assert files["metadata.tsv"].decode().splitlines() == [
        "class\tindex", "a b c\t0", "(no name)\t1", "é\t2",
    ]  # fmt: skip


def test_what_does_not_fit_is_said(run: sl.Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"images is .*; expected a whole number, 1 or more"):
        sl.export_projector(run, DIGITS, tmp_path / "projector", images=0)
    with pytest.raises(IndexError, match="frame is 9; expected -5 to 4"):
        sl.export_projector(run, DIGITS, tmp_path / "projector", frame=9)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "projector").touch()
    with pytest.raises(ValueError, match="projector is a file"):
        sl.export_projector(run, DIGITS, tmp_path / "projector")
    many = np.broadcast_to(np.uint8(0), (1_048_577, 1, 1, 1))
    with pytest.raises(ValueError, match="got 1,048,577; expected at most 1,048,576,"):
        projector_files(np.zeros((1, 2)), [], many)
