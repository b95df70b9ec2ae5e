"""Every view in JupyterLab, light and dark: accessibility, contrast, and four windows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from accessibility import pale, violations
from browser import Lab
from every_view import LIVE, VIEWS
from laid_out import SIZES, layout_faults

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
