"""The benchmark of folders judges our recipe and its rivals on the same images."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_training import corners

import siamese_lib as sl
from benchmarks import __main__
from benchmarks.parts import folders
from benchmarks.recipes import trained_rivals
from benchmarks.tools import results
from benchmarks.tools.ledger import Ledger

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_a_split_is_judged_in_every_way(monkeypatch):
    lengths = []

    def rival(train: sl.Split, seed: int, seconds: float) -> dict:
        lengths.append((len(train), seed, seconds))
        return {"a rival": lambda images: images.reshape(len(images), -1).astype(np.float32)}

    monkeypatch.setattr(trained_rivals, "trained", rival)
    data = sl.Dataset(
        corners(40, channels=3), corners(24, seed=1, channels=3), tuple("abcd"), "here", "corners"
    )
    result = folders.judged(data, seed=0, steps=2)
    assert [*result["ways"]] == [*sl.metrics.RIVALS, folders.UNTRAINED, folders.OURS, "a rival"]
    assert lengths == [(40, 0, result["CPU s"])]
    assert result["ways"]["a rival"] == result["ways"]["raw pixels"]
    assert (result["training images"], result["test images"], result["classes"]) == (40, 24, 4)
    pixels = result["ways"]["raw pixels"]
    assert pixels == dict.fromkeys(folders.MEASURES, pytest.approx(1, abs=0.1))


def test_quality_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    gallery, queries = rng.normal(size=(30, 4)), rng.normal(size=(9, 4))
    known, truth = np.arange(30) % 3, np.arange(9) % 3
    hits, averages = [], []
    for query, label in zip(queries, truth, strict=True):
        order = np.argsort(np.linalg.norm(gallery - query, axis=1))
        hits.append(known[order[:7]] == label)
        right = known[order[:10]] == label  # 10 images of each class
        averages.append(np.mean(right * np.cumsum(right) / np.arange(1, 11)))
    found = folders.quality(gallery, known, queries, truth)
    assert found["MAP@R"] == pytest.approx(np.mean(averages))
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


def test_it_is_said_how_rivals_were_trained_and_which_are_absent():
    row = {
        "way": "pytorch-metric-learning",
        **dict.fromkeys(folders.MEASURES, dict.fromkeys(("mean", "least", "most"), 0.5)),
    }
    facts = {
        "folder": "stamps",
        "pixels": 64,
        "splits": 1,
        "test images": 9,
        "recipe": "ours",
        "seconds": 1,
        "CPU s": 1,
    }
    result = {"machine": MACHINE, "folders": [{**facts, "ways": [row]}]}
    assert trained_rivals.EXPLAINED in folders.render(result)
    result = {
        **result,
        "folders": [{**facts, "ways": [{**row, "way": folders.OURS}]}],
        "not installed": ["torch"],
    }
    text = folders.render(result)
    assert trained_rivals.EXPLAINED not in text
    assert "Not installed, so left out: torch." in text


def test_without_their_library_rivals_are_left_out(monkeypatch):
    monkeypatch.setattr(trained_rivals, "NEEDS", {"torch": "numpy", "another": "not_installed"})
    assert trained_rivals.absent() == ["another"]
    assert trained_rivals.trained(corners(), seed=0, seconds=0) == {}


def test_one_folder_of_two_is_kept_and_not_written(tmp_path, monkeypatch, capsys):
    for name in folders.FOLDERS:
        (tmp_path / name).mkdir()
    way = {folders.OURS: dict.fromkeys(folders.MEASURES, 0.5)}
    turn = {"recipe": "r", "test images": 1, "seconds": 1, "CPU s": 1, "ways": way}
    measured: list[str] = []
    monkeypatch.setattr(folders, "one_split", lambda name, *_, **__: measured.append(name) or turn)
    monkeypatch.setattr(folders, "SPLITS", (0,))
    monkeypatch.setenv("SIAMESE_FOLDERS", str(tmp_path))
    for module in (results, __main__):
        monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    monkeypatch.setenv("SIAMESE_FOLDERS_ONLY", "openclipart")
    __main__.run("folders", quick=False)
    assert "only partly measured here, so nothing is written" in capsys.readouterr().out
    assert results.load_result("folders") is None
    monkeypatch.delenv("SIAMESE_FOLDERS_ONLY")
    __main__.run("folders", quick=False)
    written = results.load_result("folders")
    assert written is not None
    assert [folder["folder"] for folder in written["folders"]] == ["stamps", "openclipart"]
    assert measured == ["openclipart", "stamps"]  # none of them twice


def test_folders_that_are_not_here_are_not_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("SIAMESE_FOLDERS", str(tmp_path))
    result = folders.measure(Ledger("folders", folder=None), quick=True)
    assert result == {"status": "not measured", "folders": []}
    assert folders.render({"machine": MACHINE, **result}).startswith("Measured on")
