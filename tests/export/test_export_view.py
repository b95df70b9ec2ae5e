"""A page around a single view: what is in the file, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl


def view(**more) -> sl.EmbeddingView:
    frames = np.random.default_rng(0).normal(size=(3, 20, 2))
    return sl.EmbeddingView(frames, np.arange(20) % 4, **more)


def test_the_file_holds_the_view_and_its_state(tmp_path: Path):
    shown = view(note="</script>")
    shown.state = {"frame": 1, "hidden": ["2"], "selected": [3, 4]}
    path = sl.export_view(shown, tmp_path / "new" / "map.html", title="A <map>")
    text = path.read_text(encoding="utf-8")
    assert "<title>A &lt;map&gt;</title>" in text
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert block is not None
    data = json.loads(block[1])
    assert data["state"] == shown.state
    assert data["payload"]["about"]["note"] == "</script>"
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    assert text.count("<script") == 2


@pytest.mark.parametrize("name", ["map.txt", "map"])
def test_the_name_says_what_the_file_is(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match=r"ends in \.html or \.htm"):
        sl.export_view(view(), tmp_path / name)


def test_a_view_that_needs_a_kernel_is_refused(tmp_path: Path):
    pairs = np.array([0, 1]), np.array([1, 2])
    threshold = sl.ThresholdExplorer(
        np.array([0.1, 0.9]), np.array([1, 0]), *pairs, np.zeros((3, 4, 4), np.uint8)
    )
    with pytest.raises(ValueError, match="ThresholdExplorer, which has no payload"):
        sl.export_view(threshold, tmp_path / "page.html")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
