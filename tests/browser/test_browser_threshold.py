"""The threshold explorer in a real JupyterLab: a drag changes counts and pairs, here and there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Lab, NotebookOnPage
from there import there

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]
PATHS = [str(TESTS), str(TESTS / "views")]
SETUP = f"""import sys; sys.path[:0] = {json.dumps(PATHS)}
from test_threshold import explorer
view = explorer()
view"""
ASK = "print(view.threshold, view.at.false_accepts, view.at.false_rejects, view.order)"
CELLS = [SETUP, ASK, "view.threshold = 0.5", ASK, ASK, ASK, ASK, ASK]
SETTLED = "!document.querySelector('.siamese-threshold').hasAttribute('data-waiting')"


class ExplorerOnPage:
    """What a reader sees of the explorer, and does to it."""

    def __init__(self, notebook: NotebookOnPage) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.root = notebook.cell(0).locator(".siamese-threshold")
        self.root.wait_for()
        self.asked = iter((1, 3, 4, 5, 6, 7))

    def settle(self) -> None:
        self.page.wait_for_function(SETTLED)

    def counts(self) -> list[int]:
        heads = self.root.locator(".st-head b").all_inner_texts()
        return [int(words.replace(",", "")) for words in heads]

    def pictures(self) -> list[str]:
        return self.root.locator(".st-card:not(.st-empty) img").evaluate_all(
            "images => images.map((image) => image.src)"
        )

    def kernel(self) -> tuple[float, list[int], str]:
        threshold, accepts, rejects, order = self.notebook.run(next(self.asked)).split()
        return float(threshold), [int(accepts), int(rejects)], order

    def drag(self, chart: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag across a chart, from one share of its width and height to another."""
        self.root.scroll_into_view_if_needed()
        box = there(self.root.locator(chart).bounding_box())
        places = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)
        ]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        self.page.mouse.move(*places[1], steps=12)
        self.page.mouse.up()
        self.settle()

    def value(self) -> str:
        return self.root.locator(".st-value").inner_text()


@pytest.fixture
def view(lab: Lab) -> Iterator[ExplorerOnPage]:
    with lab.notebook("threshold", CELLS, 1100, 1000) as notebook:
        notebook.run(0)
        yield ExplorerOnPage(notebook)


def test_dragging_the_line_changes_counts_and_pairs(view):
    before, shown = view.counts(), view.pictures()
    view.drag(".st-shares", (0.4, 0.4), (0.15, 0.4))
    strict, fewer = view.counts(), view.pictures()
    assert strict[0] < before[0]
    assert strict[1] > before[1]
    assert fewer != shown
    threshold, counts, _ = view.kernel()
    assert counts == strict
    assert view.value() == f"{threshold:.2f}"

    view.drag(".st-shares", (0.15, 0.4), (0.9, 0.4))
    assert view.counts()[0] > before[0]
    assert view.kernel()[1] == view.counts()


def test_the_point_of_the_curve_is_a_handle_too(view):
    before = view.value(), view.counts()
    view.drag(".st-roc", (0.5, 0.2), (0.9, 0.1))
    assert (view.value(), view.counts()) != before
    assert view.counts()[0] > before[1][0]
    assert view.kernel()[1] == view.counts()


def test_keys_buttons_and_python_move_it(view):
    line = view.root.locator(".st-line")
    best = view.value()
    cells = view.page.locator(".jp-Notebook .jp-Cell").count()
    line.focus()
    for key in ("a", "b", "ArrowRight", "Shift+ArrowRight"):
        view.page.keyboard.press(key)
    view.settle()
    assert float(view.value()) > float(best)
    view.page.keyboard.press("Home")
    view.settle()
    assert view.counts()[0] == view.kernel()[1][0]
    assert float(view.value()) == 0
    assert view.page.locator(".jp-Notebook .jp-Cell").count() == cells
    view.root.get_by_role("button", name="best accuracy").click()
    view.settle()
    assert view.value() == best

    view.notebook.run(2)
    view.page.wait_for_function(
        "document.querySelector('.siamese-threshold .st-value').textContent === '0.50'"
    )
    view.settle()
    threshold, counts, order = view.kernel()
    assert (threshold, counts, order) == (0.5, view.counts(), "nearest")


def test_the_order_of_the_mistakes_can_be_chosen(view):
    view.drag(".st-shares", (0.4, 0.4), (0.6, 0.4))
    nearest = view.pictures()
    view.root.get_by_role("button", name=re.compile("worst")).click()
    view.page.wait_for_function(
        "document.querySelector('.st-orders [aria-pressed=true]').textContent.includes('worst')"
    )
    view.page.wait_for_timeout(300)
    assert view.pictures() != nearest
    assert view.kernel()[2] == "worst"
    assert view.root.evaluate("root => root.scrollWidth <= root.clientWidth")
