"""The benchmark of folders on disk: both ways see the same images, and the goal is judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.parts.stored import stored, stored_worker


def test_both_ways_have_the_same_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path))
    monkeypatch.setattr(stored_worker, "SIDE", 8)
    stored_worker.make(str(tmp_path / "pictures"), "40")
    plain, there = (
        stored_worker.loaded(str(tmp_path / "pictures"), str(tmp_path / "cache"), on_disk=on_disk)
        for on_disk in (False, True)
    )
    assert type(plain.train.images) is not type(there.train.images)
    np.testing.assert_array_equal(plain.train.images, np.asarray(there.train.images))
    assert len(plain.train) + len(plain.test) == 40


def spread(value: float) -> dict[str, float]:
    return {"median": value, "least": value, "most": value}


def size_of(pictures: int, memory: int, disk: int, share: float) -> dict:
    rows = [
        {"way": way, "reading s": 2.0, "first images/s": 200.0, "MiB": peak,
         "after, images/s": spread(400)}
        for way, peak in zip(stored.WAYS, (memory, disk), strict=True)
    ]  # fmt: skip
    return {"pictures": pictures, "rows": rows, "share": spread(share)}


def test_the_goal_is_judged_and_a_million_pictures_are_estimated() -> None:
    small, large = size_of(1000, 1100, 1001, 0.95), size_of(11_000, 2100, 1011, 0.85)
    result = {"sizes": [small, large]}
    assert [row["met"] for row in stored.goals(result)] == ["yes", "no"]
    said = stored._growth(result["sizes"])
    assert "by 102 KiB for each picture in memory and by 1.02 KiB on disk" in said
    assert "need 98.6 GiB in memory and 1.95 GiB on disk" in said
    assert stored._growth([small]) == ""
