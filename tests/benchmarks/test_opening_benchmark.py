"""The benchmark of opening folders: a collection is asked in another process, and what is said."""

from __future__ import annotations

import numpy as np
from PIL import Image

from benchmarks.parts import opening


def test_every_picture_is_found_as_itself(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for number in range(24):
        picture = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
        path = tmp_path / f"class {number % 2}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(picture).save(path)
    monkeypatch.setitem(opening.SIDES, "tiny", 8)
    found = opening.answers_of("tiny", tmp_path)
    assert (found["asked"], found["found"]) == (24, 24)
    assert found["ms"] > 0
    assert found["first, s"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class 0", "class 1"]


def test_answers_are_set_next_to_their_goal():
    row = {"folder": "stamps", "first, s": 1.234, "asked": 20, "found": 19}
    said, table = opening._answers([{**row, "ms": 4.567}, {**row, "ms": 12.34}])
    assert "in 12.3 ms or less, below the goal of 20 ms" in said
    assert "| stamps | 1.23 | 4.57 | 19 of 20 |" in table
    assert "in 20 ms or less, not below the goal" in opening._answers([{**row, "ms": 20}])[0]
    assert opening._answers([]) == []
