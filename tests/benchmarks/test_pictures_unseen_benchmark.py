"""The benchmark of pictures of new classes keeps classes apart, and judges every way by them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

import siamese_lib as sl
from benchmarks.parts import pictures_unseen
from benchmarks.recipes import trained_rivals
from benchmarks.tools import picture_classes
from benchmarks.tools.ledger import Ledger

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def noisy(classes: int, each: int = 4) -> sl.Dataset:
    """Return classes of one random picture each, with a little noise."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), each)
    images = rng.integers(20, 236, (classes, 8, 8, 3))[labels]
    images = (images + rng.integers(-20, 20, images.shape)).astype(np.uint8)
    odd = np.arange(len(labels)) % 2 == 1
    names = tuple(f"class {label}" for label in range(classes))
    train, test = (sl.Split(images[kept], labels[kept]) for kept in (~odd, odd))
    return sl.Dataset(train, test, names, "made here", "noisy")


def test_every_way_is_judged_by_classes_that_were_held_out(monkeypatch):
    flat = {"a rival": lambda images: images.reshape(len(images), -1).astype(np.float32)}
    monkeypatch.setattr(trained_rivals, "trained", lambda *_: flat)
    data = sl.split_by_class(pictures_unseen.whole(noisy(44)), 0.5, seed=1)
    assert not set(data.train.labels) & set(data.test.labels)
    result = pictures_unseen.judged(data, seed=0, steps=1)
    assert (result["classes"], result["images"]) == ([22, 22], [88, 88])
    assert result["ways"][pictures_unseen.PIXELS] == 1
    assert [*result["ways"]] == ["pixels", "PCA", "untrained tower", "ours", "a rival"]
    assert result["ways"]["a rival"] == 1


def test_a_table_has_medians_over_seeds():
    turns = [
        {"recipe": "what was done", "classes": [9, 8], "images": [90, 80], "seconds": 60.4 * n,
         "CPU s": 99.6 * n, "ways": {"pixels": 0.5, "ours": 0.2 * n}}
        for n in (1, 2, 3)
    ]  # fmt: skip
    folders = [pictures_unseen.summary("icons", turns)]
    text = pictures_unseen.render({"machine": MACHINE, "folders": folders})
    assert "| icons | 3 | 0.500 | 0.400 (0.200 to 0.600) |" in text
    assert "trained on 90 pictures of 9 classes, judged by 80 of 8 others" in text


def test_folders_that_are_not_here_are_not_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("SIAMESE_FOLDERS", str(tmp_path))
    result = pictures_unseen.measure(Ledger("pictures_unseen", folder=None), quick=True)
    assert result == {"status": "not measured", "folders": []}
    assert pictures_unseen.render({"machine": MACHINE, **result}).startswith("Measured on")


def test_a_drawing_that_a_maker_took_over_counts_once(tmp_path):
    def file(grey: int) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), (grey, grey, grey)).save(buffer, "PNG")
        return buffer.getvalue()

    drawn = {"four": (0, 50, 100, 150), "copied": (0, 50, 100, 102), "few": (0, 50)}
    pictures = [
        (name, f"maker {i}", file(grey))
        for name, greys in drawn.items()
        for i, grey in enumerate(greys)
    ]
    assert picture_classes.write(pictures, tmp_path) == 1
    assert len(list(tmp_path.glob("four/*.png"))) == 4


def test_an_icon_is_the_file_nearest_to_48_pixels(tmp_path):
    for side in (16, 32, 64):
        folder = tmp_path / "theme" / f"{side}x{side}" / "apps"
        folder.mkdir(parents=True)
        (folder / "clock.png").write_bytes(f"{side}".encode())
    (folder / "link.png").symlink_to(folder / "clock.png")
    assert list(picture_classes.icons([tmp_path / "theme"])) == [("clock", "theme", b"32")]
