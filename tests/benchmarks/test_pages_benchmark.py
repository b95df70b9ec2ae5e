"""The benchmark of exported pages: its report, and what rounding costs on a tiny training."""

from __future__ import annotations

from tiny_training import SHAPE, Training, corners_dataset

import siamese_lib as sl
from benchmarks.parts import pages

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_the_report():
    ms = {"median": 30, "least": 20, "most": 40}
    row = {"MB": 5.5, "mean": 0.001, "most": 0.006, "precision": 0.95, "exact": 0.951}
    result = {
        "machine": MACHINE,
        "chromium": "1",
        "frames": 39,
        "images": 10_000,
        "rounding": [row | {"bits": bits} for bits in pages.BITS],
        "bytes": 13_200_000,
        "ms": {"first": ms, "drawn": ms, "dragged": ms},
    }
    text = pages.render(result)
    assert "has 13.2 MB, below the goal of 15 MB" in text
    assert "after 30 (20 to 40) ms" in text
    assert "| 10 | 5.5 | 0.001, at most 0.006 | 0.950 (0.951) |" in text
    slow = result | {"ms": {"first": ms, "drawn": ms | {"most": 140}, "dragged": ms}}
    assert "ms, not below the goal of 100 ms" in pages.render(slow)


def test_more_bits_are_nearer():
    run = Training(steps=18, frames=4, tower=sl.conv_tower(SHAPE, 2, seed=0)).fit().run
    rows = [pages.rounding(run, corners_dataset(), bits, 20, 40) for bits in (8, 16)]
    assert 0 < rows[1]["mean"] < rows[0]["mean"] / 20
    assert rows[0]["mean"] < rows[0]["most"] < 0.05
    assert rows[0]["MB"] < rows[1]["MB"]
    assert rows[1]["precision"] == rows[1]["exact"]
