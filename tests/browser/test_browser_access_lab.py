"""Every view in JupyterLab, light and dark: accessibility, contrast, and four windows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from accessibility import TEXT, pale, violations
from browser import Lab
from every_view import LIVE, VIEWS
from laid_out import SIZES, layout_faults

from siamese_lib.colors import contrast

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]
SETUP = f"""import sys; sys.path[:0] = [{json.dumps(str(TESTS))}]
from every_view import LIVE, VIEWS"""
ROOT = ".siamese:not(.siamese *)"


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_notebook_can_be_used_and_read_in_every_window(lab: Lab, theme: str) -> None:
    lab.theme(f"JupyterLab {theme}")
    names = [*LIVE, *VIEWS]
    cells = [SETUP, *(f"{{**LIVE, **VIEWS}}[{name!r}]()" for name in names)]
    with lab.notebook("access", cells, 1400, 4000) as notebook:
        notebook.run(0)
        page, faults, heights = notebook.page, [], {}
        for cell, name in enumerate(names, 1):
            notebook.run(cell)
            notebook.cell(cell).locator(ROOT).first.wait_for()
            here = f".jp-Notebook .jp-Cell:nth-of-type({cell + 1})"
            assert page.locator(f"{here} {ROOT}").count() == 1
            faults += [f"{name}: {words}" for words in violations(page, f"{here} {ROOT}")]
        faults += pale(page)
        for width, height in SIZES:
            faults += layout_faults(page, ROOT, width, height)
            stages = notebook.cell(1).locator(".sv-stage")
            heights[width] = stages.evaluate_all("all => all.map((each) => each.clientHeight)")
        assert not faults, "\n".join(faults)
        assert all(large > small for large, small in zip(heights[1920], heights[1280], strict=True))


# The colours of a chart's words, and of the page under it.
CHART = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const code = (color) => { pen.fillStyle = color; return pen.fillStyle; };
  const words = [...document.querySelectorAll(".js-plotly-plot text")].filter((each) =>
    each.textContent.trim());
  const ground = getComputedStyle(document.querySelector(".jp-Notebook")).backgroundColor;
  return [words.map((each) => code(getComputedStyle(each).fill)), code(ground)];
}"""


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_words_of_a_chart_can_be_read_in_a_notebook_without_a_view(lab: Lab, theme: str) -> None:
    lab.theme(f"JupyterLab {theme}")
    cells = ["import siamese_lib as sl", "sl.figures.loss_curve()"]
    with lab.notebook("chart", cells, 1280, 900) as notebook:
        notebook.run(0)
        notebook.run(1)
        page, cell = notebook.page, notebook.cell(1)
        cell.locator(".js-plotly-plot .infolayer").first.wait_for(state="attached")
        words, ground = page.evaluate(CHART)
        assert words
        assert min(contrast(color, ground) for color in words) >= TEXT
        outputs = cell.locator(".jp-OutputArea-child")
        shown = outputs.evaluate_all("all => all.map((each) => each.checkVisibility())")
        assert shown == [False, True], "the sheet takes no room"
