"""Two of each view in one notebook: each draws itself, and keeps its keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Lab, NotebookOnPage

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]
PATHS = [str(TESTS), str(TESTS / "views"), str(TESTS / "browser")]
IMPORTS = f"import sys; sys.path[:0] = {json.dumps(PATHS)}\n"
VIEWS = {
    "film": "from test_browser_view import example\nexample(height=200, frame=0)",
    "threshold": "from test_threshold import explorer\nexplorer()",
    "prediction": "import siamese_lib as sl\nsl.Prediction('?', choices='a b c d'.split())",
    "explorer": "from tiny_explorer import tiny_explorer\ntiny_explorer()",
}
CELLS = [IMPORTS + cell for cell in VIEWS.values() for _ in range(2)]

# Ids that two elements have, names of radio buttons in two views, and references that leave
# their view.
SHARED = """() => {
  const outputs = [...document.querySelectorAll(".jp-OutputArea-output.lm-Panel")];
  const ids = outputs.flatMap((output) => [...output.querySelectorAll("[id]")].map(({ id }) => id));
  const shared = ids.filter((id) => ids.indexOf(id) !== ids.lastIndexOf(id));
  const groups = outputs.flatMap((output) =>
    [...new Set([...output.querySelectorAll("[type=radio]")].map(({ name }) => name))]);
  shared.push(...groups.filter((name) => groups.indexOf(name) !== groups.lastIndexOf(name)));
  const named = ["clip-path", "aria-describedby", "aria-labelledby", "aria-controls", "for"];
  for (const output of outputs)
    for (const name of named)
      for (const element of output.querySelectorAll(`[${name}]`))
        for (const id of element.getAttribute(name).replace(/^url[(]#|[)]$/g, "").split(" "))
          if (!output.contains(document.getElementById(id))) shared.push(`${name} ${id}`);
  return shared;
}"""
CONTROLS = """output => [...output.querySelectorAll(
    "button, input, select, a[href], [tabindex]:not([tabindex='-1'])")]
  .filter((e) => !e.disabled && e.type !== "file" && e.checkVisibility())"""


@pytest.fixture(scope="module")
def notebook(lab: Lab) -> Iterator[NotebookOnPage]:
    with lab.notebook("controls", CELLS, 1100, 900) as notebook:
        for number in range(len(CELLS)):
            notebook.run(number)
        notebook.cell(len(CELLS) - 1).locator(".sx-thumb").first.wait_for()
        yield notebook


def test_no_two_views_share_an_id(notebook):
    assert notebook.page.evaluate(SHARED) == []


@pytest.mark.parametrize("name", VIEWS)
def test_no_control_gives_its_keys_to_the_notebook(notebook, name):
    page = notebook.page
    output = notebook.cell(2 * list(VIEWS).index(name)).locator(".jp-OutputArea-output.lm-Panel")
    controls = output.evaluate_handle(CONTROLS)
    count = controls.evaluate("all => all.length")
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    assert count >= 4
    for number in range(count):
        controls.evaluate("(all, number) => all[number].focus()", number)
        page.keyboard.press("a")
        assert page.locator(".jp-Notebook .jp-Cell").count() == cells, controls.evaluate(
            "(all, number) => all[number].outerHTML", number
        )
