"""The benchmark of folders judges our recipe and its rivals on the same images."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_training import corners

import siamese_lib as sl
from benchmarks.parts import folders
from benchmarks.tools.ledger import Ledger

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_a_split_is_judged_in_every_way():
    data = sl.Dataset(
        corners(40, channels=3), corners(24, seed=1, channels=3), tuple("abcd"), "here", "corners"
    )
    result = folders.judged(data, seed=0, steps=2)
    assert [*result["ways"]] == [*sl.metrics.RIVALS, folders.UNTRAINED, folders.OURS]
    assert (result["training images"], result["test images"], result["classes"]) == (40, 24, 4)
    pixels = result["ways"]["raw pixels"]
    assert pixels == dict.fromkeys(folders.MEASURES, pytest.approx(1, abs=0.1))


def test_quality_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    gallery, queries = rng.normal(size=(30, 4)), rng.normal(size=(9, 4))
    known, truth = np.arange(30) % 3, np.arange(9) % 3
    hits = []
    for query, label in zip(queries, truth, strict=True):
        order = np.argsort(np.linalg.norm(gallery - query, axis=1))
        hits.append(known[order[:7]] == label)
    found = folders.quality(gallery, known, queries, truth)
    assert found["precision@7"] == pytest.approx(np.mean(hits))
    assert found["P@1"] == pytest.approx(np.mean([row[0] for row in hits]))


def test_a_table_has_means_over_splits():
    turns = [
        {
            "recipe": "what was done", "test images": 10, "seconds": 60.4 * n, "CPU s": 99.6 * n,
            "ways": {folders.OURS: dict.fromkeys(folders.MEASURES, 0.2 * n)},
        }
        for n in (1, 2)
    ]  # fmt: skip
    result = {"machine": MACHINE, "folders": [folders.summary("stamps", turns)]}
    text = folders.render(result)
    assert "stamps, 64 pixels: the mean of 2 splits (least to most), 20 test images in all." in text
    assert "up to 121 seconds, and up to 199 seconds of processor time" in text
    assert f"| {folders.OURS} | 0.300 (0.200 to 0.400) |" in text


def test_folders_that_are_not_here_are_not_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("SIAMESE_FOLDERS", str(tmp_path))
    result = folders.measure(Ledger("folders", folder=None), quick=True)
    assert result == {"status": "not measured", "folders": []}
    assert folders.render({"machine": MACHINE, **result}).startswith("Measured on")
