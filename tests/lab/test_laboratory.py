"""The laboratory in Python: its state, its data, its picture and its page."""

from __future__ import annotations

import io
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_node import in_node
from PIL import Image

import siamese_lib as sl
from siamese_lib.lab.state import FIRST, checked_settings
from siamese_lib.views.given import ViewError


def noise(
    side: int = 12, count: int = 24, channels: int = 1, names: tuple[str, ...] = ("a", "b", "c")
) -> sl.Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (2, count, side, side, channels), np.uint8)
    labels = np.arange(count) % len(names)
    return sl.Dataset(
        sl.Split(images[0], labels), sl.Split(images[1], labels), names, "made here", "noise"
    )


def unequal(labels: list[int]) -> sl.Dataset:
    made = noise(count=len(labels))
    train = sl.Split(made.train.images, np.array(labels))
    return sl.Dataset(train, noise().test, made.class_names, "made here", "few")


@pytest.fixture(scope="module")
def data() -> sl.Dataset:
    return noise()


def test_a_laboratory_begins_as_the_page_does(data: sl.Dataset) -> None:
    first = in_node("lab/lab_state.js", "FIRST_LAB_STATE", "() => FIRST_LAB_STATE", None)
    assert first == FIRST
    laboratory = sl.Laboratory(data, margin=0.5, forces=True)
    assert {name: laboratory.state[name] for name in FIRST} == {
        **FIRST,
        "margin": 0.5,
        "images": 24,
    }
    assert laboratory.state["forces"] is True
    assert laboratory.state["step"] == 0


# A setting, a value that is wrong, and what both Python and the page say of it.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "margin": ({"margin": 0}, "margin is 0"),
    "text": ({"margin": "1"}, "margin is"),
    "rate": ({"learning_rate": float("nan")}, "learning_rate is"),
    "share": ({"similar": 1.1}, "similar is 1.1"),
    "labels": ({"flipped": 0.6}, "flipped is 0.6"),
    "no class": ({"classes": []}, "classes is"),
    "a class twice": ({"classes": [1, 1]}, "classes is"),
    "no list": ({"classes": "01"}, "classes is"),
    "loss": ({"loss": "softmax"}, "loss is"),
    "output": ({"output": "relu"}, "output is"),
    "dimensions": ({"dim": 4}, "dim is 4"),
    "half a dimension": ({"dim": 1.5}, "dim is 1.5"),
    "optimizer": ({"optimizer": "lamb"}, "optimizer is"),
    "batch": ({"batch": 1}, "batch is 1"),
    "seed": ({"seed": -1}, "seed is -1"),
    "turned": ({"turned": 1}, "turned is 1"),
    "a circle on a line": ({"output": "unit", "dim": 1}, "expected 2 or 3"),
    "turned triplets": ({"turned": True, "loss": "triplet"}, "expected the loss pairs"),
    "changes": ({"changes": 3}, "changes is 3"),
    "a change at the start": (
        {"changes": [{"step": 3, "name": "dim", "value": 3}]},
        "dim",
    ),
    "a change before it": (
        {"changes": [{"step": -1, "name": "margin", "value": 3}]},
        "step is -1",
    ),
    "a later pair that does not fit": (
        {"turned": True, "changes": [{"step": 3, "name": "loss", "value": "triplet"}]},
        "expected the loss pairs",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_python_and_the_page_refuse_the_same(case: str, data: sl.Dataset) -> None:
    settings, words = WRONG[case]
    with pytest.raises(ValueError, match=re.escape(words)):
        checked_settings({**FIRST, **settings})
    laboratory = sl.Laboratory(data)
    before = laboratory.state
    with pytest.raises(ViewError, match=re.escape(words)):
        laboratory.state = settings
    assert laboratory.state == before
    if case == "rate":  # JSON has no NaN
        return
    said = in_node(
        "lab/lab_state.js",
        "FIRST_LAB_STATE, withSettings",
        """(settings) => {
          try { withSettings(FIRST_LAB_STATE, settings); return ""; }
          catch (error) { return error.message; }
        }""",
        settings,
    )
    assert words.split(" is ")[0] in said


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"fly": 1}, "fly"),
        ({"images": 25}, "expected at most 24"),
        ({"classes": [0, 3]}, "classes has 3; expected numbers from 0 to 2"),
        ({"changes": [{"step": 1, "name": "classes", "value": [7]}]}, "classes has 7"),
        ({"changes": [{"step": 1, "name": "classes"}]}, "expected dicts of step, name and value"),
        ({"step": -1}, "step is -1"),
        ({"at": 3}, "at is 3"),
        ({"playing": "yes"}, "playing is 'yes'"),
        ({"other": 3}, "other is 3"),
        ({"other": {"margin": 0}}, "other: margin is 0"),
        ({"other": {"fly": 0}}, "other: fly"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    state: dict[str, Any], words: str, data: sl.Dataset
) -> None:
    laboratory = sl.Laboratory(data)
    before = laboratory.state
    with pytest.raises(ViewError, match=re.escape(words)):
        laboratory.state = state
    assert laboratory.state == before


def test_a_state_is_kept_in_its_own_types(data: sl.Dataset) -> None:
    laboratory = sl.Laboratory(data, classes=np.array([2, 0]), step=np.int64(40), at=7)
    laboratory.state = {
        "margin": np.float32(2),
        "changes": [
            {"step": 9, "name": "margin", "value": 3},
            {"step": 4, "name": "similar", "value": 1},
        ],
        "other": {"margin": 4},
    }
    state = laboratory.state
    assert state["classes"] == [2, 0]
    assert state["margin"] == 2.0
    assert [each["step"] for each in state["changes"]] == [4, 9]
    assert state["other"] == {**FIRST, "margin": 4.0}
    assert repr(laboratory) == "Laboratory(24 images of 2 classes, step 40)"
    laboratory.state = {"classes": [1]}
    assert repr(laboratory) == "Laboratory(24 images of 1 class, step 40)"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (noise(7), "expected 8 to 96 pixels"),
        (noise(97), "expected 8 to 96 pixels"),
        (noise(names=("a",)), "classes of .24. images"),
        (noise(count=200, names=tuple(map(str, range(65)))), "at most 64"),
        (np.zeros((3, 12, 12)), "expected a Dataset"),
        (unequal([0, 0, 0, 1]), "data.train has classes of .3, 1. images"),
    ],
)
def test_data_that_no_page_can_train_on_is_refused(given: Any, words: str) -> None:
    with pytest.raises(ViewError, match=words):
        sl.Laboratory(given)


def test_sorted_images_are_shown_in_turn() -> None:
    made = noise(count=60)
    train, test = (sl.Split(part.images, np.sort(part.labels)) for part in (made.train, made.test))
    folder = sl.Dataset(train, test, made.class_names, "made here", "sorted")
    payload = sl.Laboratory(folder, most=21, shown=30).payload()
    for name, count in (("labels", 21), ("shown_labels", 30)):
        labels = np.frombuffer(payload[name], "<u2").reshape(-1, 3)
        assert len(labels) == count // 3
        assert (np.sort(labels, axis=1) == [0, 1, 2]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"most": 3}, "most is 3"),
        ({"most": 5}, "most is 5; expected two images or more of each class"),
        ({"images": 5}, "images is 5; expected two or more of each of the 3 classes"),
        ({"shown": 2.5}, "shown is 2.5"),
        ({"fly": 1}, "fly: no such setting"),
        ({"margin": -1}, "margin is -1"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, Any], words: str, data: sl.Dataset) -> None:
    with pytest.raises(ViewError, match=words):
        sl.Laboratory(data, **arguments)


def test_the_page_gets_images_of_both_splits(data: sl.Dataset) -> None:
    payload = sl.Laboratory(data, most=10, shown=6).payload()
    given, shown = payload["images"], payload["shown"]
    assert (given["shape"], shown["shape"]) == ([10, 12, 12, 1], [6, 12, 12, 1])
    pixels = np.frombuffer(zlib.decompress(given["data"]), np.uint8).reshape(given["shape"])
    labels = np.frombuffer(payload["labels"], "<u2")
    for image, label in zip(pixels, labels, strict=True):
        (row,) = np.flatnonzero((data.train.images == image).all(axis=(1, 2, 3)))
        assert data.train.labels[row] == label


def test_the_picture_is_small(data: sl.Dataset) -> None:
    for laboratory in (sl.Laboratory(data), sl.Laboratory(noise(channels=3), margin=0.25)):
        png = laboratory.still()
        assert len(png) < 60_000
        assert Image.open(io.BytesIO(png)).size[0] == 760


def test_the_picture_can_be_drawn_again_after_it_was_shown(
    data: sl.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = sl.Laboratory(data)
    before = laboratory.still()
    monkeypatch.setattr("siamese_lib.views.showing._show_if_it_stays", lambda view: None)
    laboratory._ipython_display_()
    laboratory.state = {"margin": 2}
    assert laboratory.still() != before


def test_a_page_may_run_its_worker_and_nothing_else(tmp_path: Path, data: sl.Dataset) -> None:
    page = sl.export_laboratory(tmp_path / "lab.html", data, title="Break it", margin=2).read_text()
    (policy,) = re.findall(r'content="(default-src[^"]*)"', page)
    assert "worker-src blob:" in policy
    assert "'wasm-unsafe-eval'" in policy
    assert "default-src 'none'" in policy
    assert "http:" not in re.sub(r"http://www.w3.org/\S*", "", page)
    assert '"margin":2.0' in page
    assert "<title>Break it</title>" in page
    other = sl.export_view(sl.Springs(), tmp_path / "springs.html").read_text()
    assert "worker-src" not in other


def test_the_digits_are_there_without_data(tmp_path: Path) -> None:
    page = sl.export_laboratory(tmp_path / "lab.html", most=200, shown=50)
    assert page.stat().st_size < 500_000
    address = sl.page_address(
        sl.Laboratory(sl.load_dataset(verbose=False), most=200, shown=50), page, {"margin": 2}
    )
    assert address.endswith("#%7B%22margin%22%3A2.0%7D")
