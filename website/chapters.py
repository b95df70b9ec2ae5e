"""Run chapters as a reader does, and keep what each cell has shown with the views in it.

A chapter that was run is kept in ``build/site``, until the chapter or the library changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
VIEW = "application/vnd.jupyter.widget-view+json"
_CELL_SECONDS = 900
_NAME = "chapter.ipynb"


class Chapter:
    """A chapter that was run.

    Attributes:
        name: such as "03_train".
        folder: where its files are.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder.resolve()  # a kernel runs elsewhere

    @property
    def notebook(self) -> nbformat.NotebookNode:
        """The chapter with its outputs."""
        return nbformat.read(self.folder / _NAME, as_version=4)

    def views(self, cell: int) -> list[dict[str, Any]]:
        """Return what `capture` saved after a cell."""
        files = self.folder.glob(f"cell-{cell}-*.json")
        ordered = sorted(files, key=lambda path: int(path.stem.rpartition("-")[2]))
        return [json.loads(file.read_text()) for file in ordered]


def run(path: Path, kept: Path) -> Chapter:
    """Run a chapter, unless it was run before and nothing has changed since.

    Args:
        path: of the notebook.
        kept: folder for chapters that were run.
    """
    chapter = Chapter(path.stem, kept / path.stem)
    stamp = chapter.folder / "stamp"
    digest = _digest(path)
    if stamp.is_file() and stamp.read_text() == digest:
        return chapter
    shutil.rmtree(chapter.folder, ignore_errors=True)
    (chapter.folder / "run").mkdir(parents=True)
    started = time.monotonic()
    print(f"{path.stem}: running", flush=True)
    notebook = nbformat.read(path, as_version=4)
    _Recording(notebook, chapter.folder).execute(
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *_pythonpath()])}
    )
    nbformat.write(notebook, chapter.folder / _NAME)
    stamp.write_text(digest)
    print(f"{path.stem}: {time.monotonic() - started:.0f} s", flush=True)
    return chapter


class _Recording(NotebookClient):
    """Runs a notebook, and has the kernel save the views of each cell."""

    def __init__(self, notebook: nbformat.NotebookNode, folder: Path) -> None:
        super().__init__(
            notebook,
            timeout=_CELL_SECONDS,
            store_widget_state=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder / "run")}},
        )
        self._folder = folder

    async def async_execute_cell(
        self, cell: nbformat.NotebookNode, cell_index: int, *args: Any, **options: Any
    ) -> nbformat.NotebookNode:
        done = await super().async_execute_cell(cell, cell_index, *args, **options)
        shown = [output.get("data", {}) for output in cell.get("outputs", ())]
        ids = [data[VIEW]["model_id"] for data in shown if data.get(VIEW, {}).get("model_id")]
        has_value = any(o.output_type == "execute_result" for o in cell.get("outputs", ()))
        if ids or has_value:
            place = str(self._folder / f"cell-{cell_index}")
            value = f"Out.get({cell.execution_count})"
            await self._silently(
                "from website.capture import save_views as _save_views\n"
                f"_save_views({ids!r}, {value}, {place!r})\n"
                "del _save_views"
            )
        return done

    async def _silently(self, code: str) -> None:
        """Run code that no cell shows; raise RuntimeError if it fails."""
        client: Any = self.kc
        reply = await client.execute_interactive(
            code, silent=True, store_history=False, output_hook=lambda message: None,
            timeout=_CELL_SECONDS,
        )  # fmt: skip
        content = reply["content"]
        if content["status"] != "ok":
            raise RuntimeError("\n".join(content.get("traceback", [str(content)])))


def _digest(path: Path) -> str:
    """Return a digest of all that a chapter's outputs come from, except the data."""
    digest = hashlib.sha256(os.environ.get("SIAMESE_DATA", "").encode())
    cells = [[cell.cell_type, cell.source] for cell in nbformat.read(path, as_version=4).cells]
    digest.update(json.dumps(cells).encode())
    library = sorted((ROOT / "siamese_lib").rglob("*.py"))
    for file in (Path(__file__).with_name("capture.py"), *library):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _pythonpath() -> list[str]:
    return [path for path in [os.environ.get("PYTHONPATH", "")] if path]
