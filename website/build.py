"""Put the site together: the front page, the chapters, and what all pages share."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from plotly.offline import get_plotlyjs
from sphinx.application import Sphinx

import siamese_lib as sl
from siamese_lib.export.export_run import page_data
from siamese_lib.export.page import json_in_html
from siamese_lib.figures.style import SHEET
from siamese_lib.views.script import Script
from website.chapters import ROOT, Chapter
from website.frames import frame_page
from website.outputs import Outputs, frame

_HERE = Path(__file__).parent
_PAGE = _HERE / "page"
_EXPORT = re.compile(r"^export (?:default )?", re.MULTILINE)
# A row of the README's list of chapters, which names a chapter's file once or several times.
_ROW = re.compile(r"^\| .*\(notebooks/.*\|$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(notebooks/([\w-]+)\.ipynb\)")
_FRONT_IMAGES, _FRONT_GALLERY = 2_000, 5_000


class Site:
    """A site in the making.

    Args:
        folder: for the parts of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._source, self._static, self._extra = (
            folder.resolve() / name for name in ("source", "static", "extra")
        )
        self._doctrees = folder / "doctrees"
        for part in (self._source, self._static, self._extra, self._doctrees):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)

    def write(self, chapters: Sequence[Chapter], pages: Path, *, partial: bool = False) -> None:
        """Write the pages of some chapters, and the front page.

        Args:
            chapters: in their order.
            pages: folder to write to.
            partial: whether there are other chapters, to which links may lead nowhere.

        Raises:
            SystemExit: Sphinx warned, such as of a link that leads nowhere.
        """
        outputs = Outputs(self._extra)
        for chapter in chapters:
            notebook = outputs.live(chapter)
            _say_how_to_run(notebook, chapter.name)
            nbformat.write(notebook, self._source / f"{chapter.name}.ipynb")
        self._write_front([chapter.name for chapter in chapters])
        self._write_shared(outputs.kinds - {"NeighbourStrip"})
        settings = {
            "suppress_warnings": ["myst.xref_missing"] if partial else [],
            "html_static_path": [str(self._static)],
            "html_extra_path": [str(self._extra)],
        }
        sphinx = Sphinx(
            str(self._source), str(_HERE), str(pages), str(self._doctrees), "html", settings,
            warningiserror=True, status=None, keep_going=True,
        )  # fmt: skip
        sphinx.build()
        if sphinx.statuscode:
            raise SystemExit("Sphinx warned; see above.")

    def _write_front(self, names: Sequence[str]) -> None:
        """Write the front page: a film that plays, a pad to draw on, and the chapters."""
        run, digits = sl.shipped_run(), sl.load_dataset("mnist")
        data, still = page_data(run, digits, images=_FRONT_IMAGES, gallery=_FRONT_GALLERY, k=5)
        page = frame_page(data, still, "A training as a film", _PAGE / "front.css")
        (self._extra / "film.html").write_bytes(page)
        text = (_HERE / "front.md").read_text(encoding="utf-8")
        title = "A training as a film, and a pad to draw on"
        parts = {
            "{film}": frame("film.html", title),
            "{chapters}": _chapter_table(names),
            "{names}": "\n".join(names),
        }
        for name, part in parts.items():
            text = text.replace(name, part)
        (self._source / "index.md").write_text(text, encoding="utf-8")

    def _write_shared(self, kinds: set[str]) -> None:
        """Write what the pages share: scripts, sheets, and plotly's script."""
        (self._static / "site.js").write_text(_wrapped(str(Script(_PAGE / "site.js"))))
        sheet = (_PAGE / "site.css").read_text()
        (self._static / "site.css").write_text(f"{sheet}\n{SHEET}\n")
        (self._static / "plotly.min.js").write_text(get_plotlyjs())
        for kind in kinds:
            view: Any = getattr(sl, kind)
            (self._static / f"kind-{kind}.js").write_text(_kind_script(kind, view), "utf-8")


def _say_how_to_run(notebook: nbformat.NotebookNode, name: str) -> None:
    """Say under the title how to run the chapter."""
    first = notebook.cells[0]
    title, _, rest = first.source.partition("\n")
    words = (
        "This page shows the chapter as it ran. Its views work here, without Python. To run and "
        f"change the code, open <code>notebooks/{name}.ipynb</code> with <code>make lab</code>."
    )
    line = f'```{{raw}} html\n<p class="site-run">{words}</p>\n```'
    first.source = f"{title}\n\n{line}\n{rest}"


def _chapter_table(names: Sequence[str]) -> str:
    """Return the README's list of chapters, with links to those that the site has."""

    def linked(match: re.Match[str]) -> str:
        words, name = match.groups()
        return f"[{words}]({name}.ipynb)" if name in names else words

    rows = _ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    head = ["| chapter | what you do |", "| --- | --- |"]
    return "\n".join([*head, *(_LINK.sub(linked, row) for row in rows)])


def _kind_script(kind: str, view: Any) -> str:
    """Write a view's module so that a page from disk can run it: as a script, not as a module."""
    module = _EXPORT.sub("", str(view._esm))
    return (
        f"siameseSite.kinds[{json.dumps(kind)}] = {{ css: {json_in_html(str(view._css))}, "
        f"mount: (() => {{\n{module}\nreturn mount;\n}})() }};\n"
    )


def _wrapped(module: str) -> str:
    """Keep a script's names to itself."""
    return f"(() => {{\n{_EXPORT.sub('', module)}\n}})();\n"
