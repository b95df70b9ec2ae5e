"""Tables: text stays text, and links lead to files wherever the page is moved with them."""

from __future__ import annotations

import html.parser
from pathlib import Path

import numpy as np
import pytest

from siamese_lib.reports.tables import Interval, Picture, Table, link_to, list_html, table_html

BAD = '<script>alert("1")</script>&amp;\n'


class Texts(html.parser.HTMLParser):
    """All texts and tags of some markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.feed(markup)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))


def test_no_text_becomes_markup() -> None:
    picture = Picture(np.zeros((8, 8, 3), np.uint8), BAD, '"><b>')
    table = Table(BAD, [BAD, "picture"], [[BAD, picture], [None, 3]], BAD)
    found = Texts(table_html(table) + list_html(BAD, [BAD], BAD))
    shown = BAD.replace("\n", "\\n")
    assert found.texts.count(shown) == 7
    assert not {"script", "b"} & {tag for tag, _ in found.tags}
    (link,) = [attributes for tag, attributes in found.tags if tag == "a"]
    assert link["href"] == '"><b>'
    (image,) = [attributes for tag, attributes in found.tags if tag == "img"]
    assert image["alt"] == shown
    assert image["src"].startswith("data:image/png;base64,")


def test_numbers_can_be_sorted() -> None:
    rows = [[0.25, 12_345, Interval(0.5, 0.25, 0.625)]]
    found = Texts(table_html(Table("", ["a", "b", "c"], rows)))
    values = [attributes["data-value"] for tag, attributes in found.tags if tag == "td"]
    assert [float(value) for value in values] == [0.25, 12345, 0.5]
    assert found.texts[-4:] == ["0.250", "12,345", "50.0 % ", "(25.0 to 62.5)"]


@pytest.mark.parametrize("name", ["a b.png", "ü#?.png", "100%.png", "\udce9.png"])
def test_links(tmp_path: Path, name: str) -> None:
    from urllib.parse import unquote_to_bytes

    page, file = tmp_path / "page.html", tmp_path / "photos" / name
    link = link_to(file, page)
    assert not link.startswith(("/", "file:"))
    assert unquote_to_bytes(link) == b"photos/" + bytes(Path(name))
    assert link_to(file, tmp_path / "other" / "page.html") == file.resolve().as_uri()
    assert link_to(None, page) == ""


def test_a_folded_table_shows_its_title() -> None:
    found = Texts(table_html(Table("Less alike", ["a"], [[1]], "A note.", folded=True)))
    tags = [tag for tag, _ in found.tags]
    assert tags[:3] == ["details", "summary", "h2"]
    assert "table" in tags
    assert "details" not in [tag for tag, _ in Texts(table_html(Table("", ["a"], []))).tags]


def test_a_line_of_code_is_set_as_code():
    made = list_html("Verdict", ["In Python, all near: `[x for x in f('a<b')]`.", "Not code: a `b"])
    assert "<li>In Python, all near: <code>[x for x in f(&#x27;a&lt;b&#x27;)]</code>.</li>" in made
    assert "<li>Not code: a `b</li>" in made
