"""The benchmark of pairs: each way draws what it claims, and the text fits the figures."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from benchmarks.parts import pairs
from benchmarks.recipes.original import random_pairs

LABELS = np.arange(600) % 10
MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_every_way_counts_the_pairs_of_a_batch():
    drawn = {way: make(LABELS, 0)() for way, make in pairs.ways().items()}
    assert [*drawn.values()] == [128, 128, 512, 512, 128 * 127 // 2, 512]


def test_the_loop_draws_batches_of_any_size():
    whole, parts = random_pairs(LABELS, 3, 512), random_pairs(LABELS, 3, 128)
    left, right, same = next(whole)
    four = [next(parts) for _ in range(4)]
    assert left == [*chain.from_iterable(part[0] for part in four)]
    assert right == [*chain.from_iterable(part[1] for part in four)]
    np.testing.assert_array_equal(same, np.concatenate([part[2] for part in four]))


def test_a_round_has_a_turn_for_every_way():
    turn = pairs.one_round(LABELS, 0.01, seed=1)
    assert [*turn] == [*pairs.ways()]
    for way in turn.values():
        assert way["pairs/s"] * way["batch ms"] / 1e3 == pytest.approx(way["pairs"])


def test_ratios_are_taken_within_a_round():
    turns = [
        {
            way: {"pairs": 1, "pairs/s": 1e3 * rate * factor, "batch ms": 1.0, "made ms": 2.0}
            for way, rate in zip(pairs.ways(), (40, 10, 90, 30, 500, 99), strict=True)
        }
        for factor in (1, 2, 8)
    ]
    result = pairs.summary(turns)
    assert result["times the loop"]["128"] == {"median": 4, "least": 4, "most": 4}
    assert result["times the loop"]["512"]["median"] == 3
    assert result["the same twice"]["median"] == 1.1
    text = pairs.render({"machine": MACHINE, "images": 600, "rounds": 3, **result})
    assert "`PairSampler` draws 4 in batches of 128 and 3 in batches of 512." in text
    assert "| Python loop, 512 | 1 | 60 (30 to 240) | 1 | 2 |" in text
    assert text.endswith("Measured on 2026-01-31: Abacus, 2 cores; Python 3.")
