"""A page around a single view: what is in the file, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from every_view import VIEWS

import siamese_lib as sl
from siamese_lib.export.export_view import TITLES


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


def test_what_cannot_be_a_page_is_refused_with_what_to_use_instead(tmp_path: Path):
    for wrong in (view().film, object()):
        with pytest.raises(ValueError, match="expected one of EmbeddingView") as caught:
            sl.export_view(wrong, tmp_path / "page.html")  # type: ignore[arg-type]
        for way in ("export_html", "EmbeddingView.of", "write_html"):
            assert way in str(caught.value)
        assert "payload" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_is_called_by_words(tmp_path: Path, name: str):
    path = sl.export_view(VIEWS[name](), tmp_path / "page.html")
    title = re.search("<h1>(.*?)</h1>", path.read_text(encoding="utf-8"))
    assert title is not None
    assert title[1] in TITLES.values()


def test_an_address_holds_the_state_as_the_page_reads_it(tmp_path: Path):
    shown = view()
    path = sl.export_view(shown, tmp_path / "map.html")
    address, _, state = sl.page_address(shown, path, {"frame": -1, "selected": 7}).partition("#")
    assert (address, json.loads(unquote(state))) == (path.as_uri(), {"frame": 2, "selected": [7]})
    assert shown.state["selected"] == []  # the view stays as it is
    web = "https://example.org/map.html"
    address, _, state = sl.page_address(shown, f"{web}#old").partition("#")
    assert (address, json.loads(unquote(state))) == (web, shown.state)


def test_an_address_holds_what_changes_with_what_is_given(tmp_path: Path):
    shown = VIEWS["side_by_side"]()
    shown.state = {"cameras": [0, 0, 1]}
    path = sl.export_view(shown, tmp_path / "films.html")
    _, _, state = sl.page_address(shown, path, {"scale": "own"}).partition("#")
    assert json.loads(unquote(state)) == {"scale": "own", "cameras": [None, None]}


def test_an_address_is_of_a_state_that_the_view_can_have(tmp_path: Path):
    path = sl.export_view(view(), tmp_path / "map.html")
    for state, words in (
        ({"frame": 9}, "frame is 9; expected"),
        ({"hidden": ["9"]}, "hidden holds '9'"),
        ({"zoom": 2}, "expected some of"),
    ):
        with pytest.raises(ValueError, match=words):
            sl.page_address(view(), path, state)
    with pytest.raises(ValueError, match="no file; expected a page"):
        sl.page_address(view(), tmp_path / "other.html")
    with pytest.raises(ValueError, match="cannot be a page"):
        sl.page_address(view().film, path)  # type: ignore[arg-type]
