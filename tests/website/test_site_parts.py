"""The parts of the site that need no browser."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from website import check
from website.chapters import run


def write(path: Path, code: str) -> Path:
    cells = [nbformat.v4.new_markdown_cell("# A"), nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_chapter_runs_again_only_when_it_has_changed(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    code = f"with open({str(lines)!r}, 'a') as file:\n    print('ran', file=file)"
    path = write(tmp_path / "01_a.ipynb", code)
    for _ in range(2):
        chapter = run(path, tmp_path / "kept")
    assert lines.read_text() == "ran\n"
    run(write(path, f"{code}\nprint('more')"), tmp_path / "kept")
    assert lines.read_text() == "ran\nran\n"
    assert chapter.notebook.cells[1].outputs[0].text == "more\n"


def test_a_chapter_that_fails_stops_the_site(tmp_path: Path) -> None:
    path = write(tmp_path / "01_a.ipynb", "raise ValueError('no digits')")
    for _ in range(2):
        with pytest.raises(CellExecutionError, match="no digits"):
            run(path, tmp_path / "kept")


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ('<script src="https://cdn.example.org/a.js"></script>', True),
        ("<img alt='' src='//example.org/a.png'>", True),
        ('<link rel="stylesheet" href="http://example.org/a.css">', True),
        ("<style>@import 'https://example.org/a.css';</style>", True),
        ("<style>a { background: url(https://example.org/a.png) }</style>", True),
        ('<a href="https://example.org">a link is not followed</a>', False),
        (
            '<script src="site.js"></script><img alt="" src="data:image/png;base64,A">',
            False,
        ),
    ],
)
def test_what_a_page_loads_from_a_network_is_seen(tmp_path: Path, page: str, found: bool) -> None:
    (tmp_path / "a.html").write_text(page)
    assert bool(check.complaints(tmp_path)) == found


def test_a_site_that_is_too_large_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.html").write_text("12345")
    monkeypatch.setattr(check, "LARGEST", 5)
    assert check.complaints(tmp_path) == []
    (tmp_path / "b.html").write_text("6")
    (complaint,) = check.complaints(tmp_path)
    assert "0.0 MB" in complaint
