"""A notebook that was saved shows a still for each widget, wherever it is read later."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from browser import Lab
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]
PATHS = [str(TESTS), str(TESTS / "views"), str(TESTS / "browser")]
CELLS = [
    f"""import sys; sys.path[:0] = {json.dumps(PATHS)}
import siamese_lib as sl
from test_browser_view import clouds, example
example(frame=0, height=200)""",
    """from ipywidgets import VBox
view = example(height=200, selected=4)
VBox([view, sl.NeighbourStrip(view)])""",
    """from test_threshold import explorer
explorer()""",
    """from siamese_lib.views.showing import picture, show
live = example(height=200)
still = show(live)
print("as a fit prints")
still.update(picture(live.still()), raw=True)""",
    """from tiny_explorer import tiny_explorer
tiny_explorer()""",
]
SEEN = ".jp-RenderedImage img:visible"


def seen(page: Page) -> list[tuple[int, int]]:
    """Count the live views and the stills that are visible, for each cell of `CELLS`."""
    return [
        (cell.locator('[class*="siamese-"]:visible').count(), cell.locator(SEEN).count())
        for cell in page.locator(".jp-Notebook .jp-Cell").all()[: len(CELLS)]
    ]


def expect_stills(page: Page) -> None:
    """Wait until each cell shows one still and no view, and reports no error."""
    expect(page.locator(SEEN)).to_have_count(len(CELLS), timeout=60_000)
    expect(page.get_by_text("Loading widget")).to_have_count(0, timeout=60_000)
    assert seen(page) == [(0, 1)] * len(CELLS)
    words = page.locator(".jp-OutputArea-output:visible").all_inner_texts()
    assert list(filter(None, map(str.strip, words))) == ["as a fit prints"]


def stop_kernels(page: Page) -> None:
    page.evaluate(
        """async () => {
          const headers = { "X-XSRFToken": /_xsrf=([^;]*)/.exec(document.cookie)[1] };
          for (const { id } of await (await fetch("/api/sessions")).json()) {
            await fetch(`/api/sessions/${id}`, { method: "DELETE", headers });
          }
          const left = await (await fetch("/api/sessions")).json();
          if (left.length) throw new Error("a kernel still runs");
        }"""
    )


@pytest.fixture(scope="module")
def saved(lab: Lab) -> Path:
    """Run a notebook, save it, and stop its kernel."""
    with lab.notebook("saved", CELLS, 1100, 900) as notebook:
        for number in range(len(CELLS)):
            notebook.run(number)
        notebook.cell(4).locator(".sx-thumb").first.wait_for()
        notebook.page.wait_for_timeout(1000)
        assert all(views and not stills for views, stills in seen(notebook.page))
        notebook.save()
        stop_kernels(notebook.page)
    return notebook.path


def test_in_the_same_jupyterlab(lab, saved):
    page = lab.browser.new_page(viewport={"width": 1100, "height": 900})
    lab.reopen(page, saved)
    expect_stills(page)
    page.close()


def test_in_a_clone_that_is_not_trusted(lab, saved):
    notebook = nbformat.read(saved, as_version=4)
    notebook.cells[0].source += "\n"  # another signature
    copy = saved.with_name("clone.ipynb")
    nbformat.write(notebook, copy)
    page = lab.browser.new_page(viewport={"width": 1100, "height": 900})
    lab.reopen(page, copy)
    expect_stills(page)
    page.close()


def test_as_a_page(saved):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--stdout", str(saved)]
    result = subprocess.run(command, capture_output=True, check=True, text=True)
    assert result.stdout.count("<img") == len(CELLS)
    assert not re.search(r"children=|EmbeddingView\(|ThresholdExplorer\(", result.stdout)
