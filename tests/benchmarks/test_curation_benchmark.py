"""The benchmark of planted faults: that they are planted as it says, and that ways find them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from benchmarks.parts.curation import curation, faults, rivals

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}
ALL = (
    curation.MILD, curation.STRONG, curation.IN_STAMPS, curation.IN_LARGE, curation.IN_GLYPHS,
    curation.STRANGE,
)  # fmt: skip


@pytest.fixture
def pictures(tmp_path, monkeypatch) -> faults.Pictures:
    """Make a folder of 3 classes of 10 pictures each, of soft blobs."""
    rng = np.random.default_rng(0)
    for number in range(30):
        folder = tmp_path / f"class {number % 3}"
        folder.mkdir(exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
        coarse.resize((90, 80), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    monkeypatch.setattr(faults, "STAMPS", tmp_path)
    return faults.stamps()


@pytest.mark.parametrize("strong", [False, True])
def test_planted_copies_are_found(pictures, strong):
    assert pictures.images.shape == (30, 64, 64, 3)
    assert np.bincount(pictures.labels).tolist() == [10, 10, 10]
    images, planted = faults.with_copies(pictures, 1, 6, strong=strong)
    assert len(planted) == 6
    assert {later for _, later in planted} == set(range(30, 36))
    again, _ = faults.with_copies(pictures, 1, 6, strong=strong)
    np.testing.assert_array_equal(images, again)
    for find in (rivals.ours, rivals.by_pixels, rivals.by_difference_hash):
        assert len(planted & set(find(images, np.empty(0))[:6])) >= 5


def test_planted_labels_are_wrong_and_found():
    images, true = faults.cyrillic(1)
    assert images.shape[1:] == (28, 28, 1)
    assert len(np.unique(true)) == 38
    labels, wrong = faults.with_wrong_labels(true, 0, 10)
    assert (np.flatnonzero(labels != true) == np.sort(wrong)).all()
    features, embeddings = sl.curation.looks(images), np.eye(38)[labels]
    for way, find in rivals.SUSPECTS.items():
        if way != "cleanlab":
            found = find(features, embeddings, labels)
            assert len(set(found[:100].tolist())) > 50
    assert np.isin(rivals.our_suspects(features, embeddings, labels)[:20], wrong).sum() > 5


def test_wrong_labels_of_large_classes():
    true = np.repeat([0, 1, 2], [10, 90, 900])
    labels, wrong = faults.with_wrong_labels(true, 0, 100, by_size=True)
    assert (labels[wrong] != true[wrong]).all()
    moved = labels[wrong][true[wrong] != 2]
    assert (moved == 2).sum() > 0.8 * len(moved)
    even, chosen = faults.with_wrong_labels(true, 0, 100)
    assert 0.3 < (even[chosen][true[chosen] == 2] == 0).mean() < 0.7


def test_strange_images_are_found():
    vectors = np.random.default_rng(0).normal(size=(300, 4))
    vectors[:3] *= 20
    for find in rivals.OUTLIERS.values():
        assert set(find(vectors)[:3].tolist()) == {0, 1, 2}


def test_the_text_has_a_row_for_each_way():
    turns = [{fault: {"ours": 18 + seed, "pixels": 9} for fault in ALL} for seed in range(3)]
    result = {
        "status": "measured",
        "seeds": 3,
        "not installed": ["cleanlab"],
        "machine": MACHINE,
        **curation.summary({"all": turns}),
    }
    text = curation.render(result)
    assert "| ours | 19 (18 to 20) | 19 (18 to 20) |" in text
    assert "| pixels | 9 |" in text
    assert "left out: cleanlab" in text
    assert "install tux" in curation.render({"status": "not measured", "why": "install tux"})
