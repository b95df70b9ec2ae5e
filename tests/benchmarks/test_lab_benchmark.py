"""The benchmark of the tower in a page: its report, and a small trial in Node."""

from __future__ import annotations

import numpy as np

import siamese_lib as sl
from benchmarks.parts.lab import lab

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_the_report():
    speeds = {"median": 3000, "least": 2000, "most": 4000}
    page = {"images/s": speeds, "images/s, two workers": speeds, "s": 2.5, "precision": 0.9}
    node = {"images/s": speeds, "s": 1, "precision": 0.9}
    text = lab.render(
        {
            "machine": MACHINE,
            "chromium": "1",
            "bytes": 34_000,
            "page": page | {"ms busy": 12.5},
            "node": node,
            "laboratory": {
                "bytes": 2_900_000,
                "s": 7.5,
                "steps": 2700,
                "precision": 0.9,
                "images/s": 20_000,
                "frames/s": 31.4,
                "pointer ms": [8, 30, 45],
            },
        }
    )
    assert "laboratory of 2.9 MB" in text
    assert "0.9 after 7.5 s, in 2,700 steps" in text
    assert "after 8 ms (30 ms in 95 of 100 cases, 45 ms at most)" in text
    assert "trains 3,000 (2,000 to 4,000) images a second" in text
    assert "2.5 s after it was opened" in text
    assert "12.5 ms" in text
    assert "34 kB" in text


def test_a_small_trial_in_node_learns_two_patterns():
    labels = np.arange(40) % 2
    images = np.zeros((40, 28, 28, 1), np.uint8)
    images[labels == 1, 4:20, 6:15] = 200
    images[:, 24, :, 0] = np.arange(40)[:, None]
    part = lab._some(sl.Split(images, labels), 40)
    found = lab.in_node(
        {"train": part, "test": part, "rounds": 1, "steps": 1, "goal": 0.99, "most": 30}
    )
    assert found["precision"] >= 0.99
    assert found["images/s"]["median"] > 0
