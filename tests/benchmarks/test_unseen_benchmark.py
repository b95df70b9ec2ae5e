"""The benchmark of unseen classes: what is held out, the measures, and what the text says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import siamese_lib as sl
from benchmarks.parts import unseen
from benchmarks.recipes import trained_rivals
from siamese_lib.data.dataset import Dataset, Split

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def made() -> Dataset:
    """Eight images of each of some letters."""
    names = ("A", "Ж ж", "Γ Г", "Щ", "א", "ב", "բ", "D")
    labels = np.tile(np.arange(len(names)), 8)
    images = np.random.default_rng(0).integers(0, 255, (64, 28, 28, 1), dtype=np.uint8)
    split = Split(images[:48], labels[:48]), Split(images[48:], labels[48:])
    return Dataset(*split, names, "memory", "letters")


def test_letters_that_look_like_latin_or_greek_are_trained_on():
    data = unseen.split_letters(made())
    assert np.unique(data.train.labels).tolist() == [0, 2, 7]
    assert unseen.scripts(data) == {
        "Cyrillic": [1, 3], "Armenian": [6], "Georgian": [], "Hebrew": [4, 5], "Lao": [],
    }  # fmt: skip


def test_the_recipe_for_letters_is_the_one_that_suits_them():
    letters = unseen.split_letters(sl.load_dataset("letters", verbose=False))
    assert sl.recipe_for(letters) == replace(
        unseen.LETTERS, name="letters", why=sl.recipe_for(letters).why
    )


def test_one_of_ten_is_its_loop(monkeypatch):
    monkeypatch.setattr(unseen, "EPISODES", 3000)
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 1, 2], 12)
    points = (rng.normal(size=(3, 2))[labels] + rng.normal(size=(48, 2))).astype(np.float32)
    rows = {c: [i for i in range(0, 48, 2) if labels[i] == c] for c in range(3)}
    right = []
    for query in (i for i in range(1, 48, 2) if labels[i] == 1):
        for a in rows[0]:
            for b in rows[1]:
                for c in rows[2]:
                    far = [float(np.linalg.norm(points[query] - points[x])) for x in (a, b, c)]
                    right.append(far.index(min(far)) == 1)
    assert unseen.one_of_ten(points, labels, 1) == pytest.approx(np.mean(right), abs=0.02)


def test_rivals_are_what_they_are_called():
    images = made().train.images
    found = {
        way: embed(images)
        for way, embed in unseen.rivals(sl.conv_tower((28, 28, 1), 4), images).items()
    }
    assert {way: points.shape for way, points in found.items()} == {
        "pixels": (48, 784), "PCA": (48, 4), "untrained tower": (48, 4),
    }  # fmt: skip
    centred = found["pixels"].astype(float) - found["pixels"].mean(axis=0)
    _, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(
        np.sort(np.linalg.norm(found["PCA"], axis=0))[::-1], lengths[:4], rtol=1e-3
    )


def test_the_report():
    def way(value: float) -> dict[str, float]:
        return {"20-way 1-shot": value, "5-way 1-shot": value, "P@1": value / 2}

    rounds = [
        {"Lao": {"pixels": way(0.25 + seed), "ours": way(0.5 + seed)}} for seed in (0, 0.125, 0.25)
    ]
    result = {
        "machine": MACHINE, "seeds": 3, "steps": {"letters": 9, "digits": 5},
        "trained on": {"classes": 3, "images": 1200}, "classes": {"Lao": 30},
        "images": {"Lao": 240}, "letters": unseen.over_seeds(rounds),
        "digits": {"0": {"pixels": 0.5, "ours": 0.75}, "1": {"pixels": 0.25, "ours": 0.5}},
    }  # fmt: skip
    text = unseen.render(result)
    assert "never seen: 0.625 for Lao (pixels 0.375)." in text
    assert "| Lao | 0.375 (0.250 to 0.500) | 0.625 (0.500 to 0.750) |" in text
    assert "| mean | 0.375 | 0.625 |" in text
    assert "Trained on 1,200 images of 3 Latin and Greek letters, 9 steps, in which each" in text
    assert "Judged by images: 240 of 30 Lao letters." in text


def test_letters_are_judged_by_every_way(monkeypatch):
    rival = {"a rival": lambda images: images[:, 9, :4, 0]}
    monkeypatch.setattr(trained_rivals, "trained", lambda *_: rival)
    monkeypatch.setattr(sl.metrics, "few_shot", lambda *_, **__: sl.metrics.FewShot(
        0.5, (0, 1), np.zeros(2), 2, 1, 1
    ))  # fmt: skip
    monkeypatch.setattr(unseen, "JUDGED_BY", ("Cyrillic", "Hebrew"))
    rows = unseen.judge_letters(unseen.split_letters(made()), 0, 1)
    assert {script: [*ways] for script, ways in rows.items()} == {
        script: ["pixels", "PCA", "untrained tower", "ours", "a rival"]
        for script in ("Cyrillic", "Hebrew")
    }
    assert all(0 <= way["P@1"] <= 1 for ways in rows.values() for way in ways.values())
