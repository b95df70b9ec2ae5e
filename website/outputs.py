"""Turn the outputs of a chapter into HTML that works without a kernel.

A view becomes an element with its still picture. `static/site.js` puts the view in its place when
the reader comes near: its module and its data are scripts of their own, as a page that was opened
from disk can read no other files. A plotly figure becomes an element with its numbers. An explorer
becomes a frame with the page that `export_html` writes. All else stays as the chapter has it.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat

from siamese_lib.export.export_view import TITLES
from siamese_lib.export.page import json_in_html
from website.chapters import VIEW, Chapter
from website.frames import frame_page

FIGURE = "application/vnd.plotly.v1+json"
_SHEETS = ('class="siamese-still"', 'class="siamese-sheet"')  # they serve Jupyter's pages only
_LINK = re.compile(r"\[([^\]]+)\]\((exports/[\w./-]+\.html)\)")
_PARTS = {"NeighbourStrip": "Nearest neighbours on the map"}  # views that belong to the one below
_EXPLORER = (
    "This explorer runs in the page: click a point, choose a test image by its number, or draw. "
    "In the notebook it also goes back to earlier steps, takes uploads, and keeps pins."
)


class Outputs:
    """Writes the outputs of chapters, and the files that they need.

    Args:
        folder: for the files, which the site's pages find under their relative paths.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds: set[str] = set()
        self.pages: list[tuple[Path, str]] = []  # pages that chapters write, and where they go

    def live(self, chapter: Chapter) -> nbformat.NotebookNode:
        """Return a chapter whose outputs need no kernel."""
        notebook = chapter.notebook
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                name = f"{chapter.name}-{number}"
                views = chapter.views(number)
                cell.outputs = list(self._written(cell.outputs, views, name))
                self._keep_pages(cell.outputs, chapter)
        return notebook

    def _written(
        self, outputs: Iterable[Any], views: list[dict[str, Any]], name: str
    ) -> Iterator[Any]:
        """Write the outputs of one cell."""
        pages = iter([self._view(view, f"{name}-{i}", views) for i, view in enumerate(views)])
        held = None  # a picture, until it is known whether it is the still of a view
        for output in outputs:
            data = output.get("data", {})
            if VIEW in data:
                if data[VIEW]["model_id"]:
                    yield from map(_html_output, pages)
                    held = None
                continue
            if held is not None:
                yield held
                held = None
            if any(sign in "".join(data.get("text/html", "")) for sign in _SHEETS):
                continue
            if FIGURE in data:
                yield _html_output(_figure(data[FIGURE]))
            elif "text/markdown" in data:
                words = "".join(data["text/markdown"])
                yield _html_output(_LINK.sub(r'<a href="\2">\1</a>', words))
            elif output.output_type == "execute_result" and views and views[-1]["kind"] == "Reveal":
                yield from map(_html_output, pages)
            elif set(data) == {"image/png"} and views:
                held = output
            else:
                yield output

    def _view(self, view: dict[str, Any], name: str, among: list[dict[str, Any]]) -> str:
        """Write the files of a view, and the element where it will be."""
        kind = view["kind"]
        picture = view["still"]["base64"]
        still = f'src="data:image/png;base64,{picture}"'
        if kind == "Reveal":
            return _revealed(view, still)
        if kind == "RetrievalExplorer":
            page = frame_page(view["payload"], base64.b64decode(picture), "Retrieval explorer")
            path = self._write(f"explorers/{name}.html", page) + _moment(view)
            return f'{frame(path, "Retrieval explorer")}<p class="site-note">{_EXPLORER}</p>'
        title = {**TITLES, **_PARTS}.get(kind, kind)
        self.kinds.add(kind)
        data = {part: view[part] for part in ("payload", "state") if part in view}
        text = json.dumps(json.dumps(data, separators=(",", ":"), allow_nan=False))
        script = f"siameseSite.data[{json.dumps(name)}] = {text};\n"
        path = self._write(f"views/{name}.js", script.encode())
        follows = f' data-follows="{name[:-1]}{len(among) - 1}"' if kind in _PARTS else ""
        return (
            f'<div class="site-view" id="view-{name}" data-kind="{kind}" data-name="{name}" '
            f'data-src="{path}"{follows}><img alt="{title}, as a still picture" {still}></div>'
        )

    def _write(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name

    def _keep_pages(self, outputs: list[Any], chapter: Chapter) -> None:
        """Keep the pages that a chapter writes and links to."""
        for output in outputs:
            for link in re.findall(r'href="(exports/[^"]+)"', _text(output)):
                self._write(link, (chapter.folder / "run" / link).read_bytes())


def frame(path: str, title: str) -> str:
    """Return the element that holds a page in a page."""
    return (
        f'<iframe class="site-frame" src="{path}" title="{title}" loading="lazy" '
        "allowfullscreen></iframe>"
    )


def _moment(view: dict[str, Any]) -> str:
    """Return the part of an address that chooses the explorer's query, where it is in the page."""
    data, state = view["payload"], view["state"]
    asked = state.get("selected", [len(data["queries"]["base64"])])[0]
    first = data["rows"] is None and asked < data["view"]["film"]["count"]
    return f"#{quote(json.dumps(state))}" if first else ""


def _revealed(view: dict[str, Any], still: str) -> str:
    """Hide an answer until the reader asks for it."""
    question = html.escape(view["payload"]["question"], quote=True)
    words = html.escape(view["words"], quote=True)
    return (
        f'<details class="site-answer" data-question="{question}">'
        "<summary>Show what was measured</summary>"
        f'<p class="site-said"></p><img alt="{words}" {still}></details>'
    )


def _figure(figure: dict[str, Any]) -> str:
    height = figure["layout"].get("height", 450)
    parts = {name: figure.get(name, {}) for name in ("data", "layout", "config")}
    return (
        f'<div class="site-figure" style="height:{height}px">'
        f'<script type="application/json">{json_in_html(parts)}</script>'
        "<noscript>This figure needs JavaScript.</noscript></div>"
    )


def _html_output(markup: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": markup})


def _text(output: Any) -> str:
    return "".join(output.get("data", {}).get("text/html", ""))
