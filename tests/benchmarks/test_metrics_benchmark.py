"""The benchmark of metrics: that all ways judge alike, and that the text fits the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.parts import metrics
from benchmarks.tools import fresh

LABELS = np.arange(40) % 10, np.repeat(np.arange(10), 30)[:290]
MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_embeddings_are_drawn_with_a_seed_and_overlap_a_little():
    queries, labels, gallery, gallery_labels = task = metrics.embeddings(*LABELS)
    assert (queries.shape, gallery.shape, gallery.dtype) == ((40, 16), (290, 16), np.float32)
    for one, other in zip(task, metrics.embeddings(*LABELS), strict=True):
        np.testing.assert_array_equal(one, other)
    assert 0.7 < metrics.ours(queries, labels, gallery, gallery_labels)[1] < 1


@pytest.mark.parametrize("way", [metrics.by_lists, metrics.scikit])
def test_all_ways_find_the_same(way):
    task = metrics.embeddings(*LABELS)
    assert way(*task) == pytest.approx(metrics.ours(*task), abs=1e-6)


def test_so_does_pytorch_metric_learning():
    pytest.importorskip("pytorch_metric_learning")
    task = metrics.embeddings(*LABELS)
    assert metrics.pytorch(*task) == pytest.approx(metrics.ours(*task), abs=1e-6)


def test_the_peak_is_that_of_the_job():
    np.ones(64 << 20, np.uint8)  # an earlier peak, which must not count

    def job() -> int:
        return int(np.ones(32 << 20, np.uint8)[-1])

    result, cost = fresh.measured(job)
    assert result == 1
    assert 31 < cost["MiB"] < 40
    assert cost["seconds"] > 0


def test_a_fresh_process_that_fails_says_why():
    assert fresh.python("-c", "print('a word'); print('[1, 2]')") == [1, 2]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        fresh.python("-c", "1 / 0")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (6.0, "is the fastest; the next, scikit-learn, takes 3 times as long"),
        (1.0, "is not the fastest: scikit-learn takes 0.5 times as long"),
    ],
)
def test_the_text_says_who_is_ahead(seconds, words):
    def turn(value: float, took: float) -> dict[str, Any]:
        return {"values": [0.5, 0.25, value], "seconds": took, "MiB": 10 * took}

    turns = [
        {
            metrics.OURS: turn(0.125, 2.0 * factor),
            metrics.SCIKIT: turn(0.126, seconds * factor),
            metrics.AGAIN: turn(0.125, 2.2 * factor),
        }
        for factor in (1, 3, 4)
    ]
    result = metrics.summary(turns)
    assert result["largest difference"] == pytest.approx(0.001)
    sizes = {"queries": 40, "images": 290, "dim": 16, "rounds": 3}
    absent = [metrics.PYTORCH]
    text = metrics.render({"machine": MACHINE, **sizes, "not installed": absent, **result})
    assert words in text
    assert "| `sl.metrics.retrieval` | 6 (2 to 8) | 60 (20 to 80) | 1 |" in text
    assert "by more than 0.001." in text
    assert "Not installed, so left out: pytorch-metric-learning." in text
