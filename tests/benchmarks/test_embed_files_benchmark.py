"""The benchmark of embedding files: where Ray pays is computed right, and a result is written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from benchmarks.parts.embed_files import embed_files
from benchmarks.parts.embed_files.embed_files import MEMORY, ONE, RAY

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def result(ray_rate: float) -> dict[str, Any]:
    """One process starts in 5 s and embeds 100 images a second; Ray starts in 20 s."""
    ways = {MEMORY: (4, 100), ONE: (5, 100), RAY: (20, ray_rate)}

    def spread(value: float) -> dict[str, float]:
        return {"median": value, "least": value, "most": value}

    sizes = [
        {
            "images": size,
            "kB": 20,
            "rows": [
                {"way": way, "seconds": spread(start + size / rate), "MiB": spread(size / 10)}
                for way, (start, rate) in ways.items()
            ],
        }
        for size in (1_000, 4_000, 16_000)
    ]
    return {"machine": MACHINE, "rounds": 1, "kinds": [{"kind": "photos", "sizes": sizes}]}


def test_a_line_gives_back_the_start_and_the_rate():
    sizes = result(50)["kinds"][0]["sizes"]
    assert embed_files.line(sizes, RAY) == pytest.approx((20, 50))


@pytest.mark.parametrize(
    ("rate", "machines", "expected"), [(100, 1, None), (200, 1, 3_000), (100, 2, 3_000)]
)
def test_ray_pays_where_the_lines_cross(rate, machines, expected):
    found = embed_files.pays_from((5, 100), (20, rate), machines)
    assert found == pytest.approx(expected)
    if expected is not None:
        assert 5 + expected / 100 == pytest.approx(20 + expected / (machines * rate))


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (100, "alone Ray never pays, .* doubles Ray's rate, it would pay from 3,000 images on"),
        (200, "alone Ray pays from 3,000 images on"),
        (40, "never pays, .*; nor does it with a second one like it"),
        (-9, "The start-up hides the rate"),
    ],
)
def test_the_verdict(rate, words):
    text = embed_files.render(result(rate)).replace("\n", " ")
    assert re.search(words, text)
    assert "| embed_files | 15 | 45 | 165 | 5 | 100 | 100 | 1,600 |" in text
